/** Of the room that other guests leave. */
const GUEST_PART = 2 / 3;

/**
 * The bytes of a queue. Each configured upstream has a share that the others cannot fill, so that one whose tracker is
 * down fills the queue for itself only: with n upstreams, each is sure of 1/2n of the whole.
 *
 * All others are guests (DSNs in annotations, upstreams that the configuration had once). As soon as there is one, they
 * have a share together, as if they were one upstream more. A guest may take two thirds of what the other guests leave of
 * their room, so that there is some for the next one, and none that is stuck can ever take more when others come.
 */
export class Budget {
  readonly maxBytes: number;
  readonly #configured: readonly string[];
  readonly #used: Map<string, number>;
  #total = 0;
  /** Bytes of all guests. */
  #guests = 0;
  /** Whether there was ever a guest. */
  #hosts = false;

  constructor(maxBytes: number, upstreams: readonly string[]) {
    this.maxBytes = maxBytes;
    this.#configured = upstreams;
    this.#used = new Map(upstreams.map((name) => [name, 0]));
  }

  get total(): number {
    return this.#total;
  }

  /** What an upstream may hold at most, and so its largest parcel that can ever get in. */
  maxBytesOf(upstream: string): number {
    if (this.isGuest(upstream)) return Math.floor(this.#guestRoom * GUEST_PART);
    return this.maxBytes - this.#reserve * (this.#configured.length + (this.#hosts ? 1 : 0) - 1);
  }

  fits(upstream: string, bytes: number): boolean {
    if (this.#total + bytes > this.maxBytes || this.isGreedy(upstream, bytes)) return false;
    const isGuest = this.isGuest(upstream);
    const reserve = isGuest ? this.#reserveWithGuests : this.#reserve;
    if (reserve === 0) return true;
    let spokenFor = isGuest || !this.#hosts ? this.#guests : Math.max(this.#guests, reserve);
    for (const name of this.#configured) {
      const used = this.#used.get(name) ?? 0;
      spokenFor += name === upstream ? used : Math.max(used, reserve);
    }
    return spokenFor + bytes <= this.maxBytes;
  }

  /** Whether an upstream is a guest that would have more than the other guests can spare. */
  isGreedy(upstream: string, bytes: number): boolean {
    if (!this.isGuest(upstream)) return false;
    const used = this.#used.get(upstream) ?? 0;
    return used + bytes > (this.#guestRoom - (this.#guests - used)) * GUEST_PART;
  }

  /** Whether an upstream holds more than its share, so that what it holds may go to make room for another. */
  isOver(upstream: string): boolean {
    const used = this.#used.get(upstream) ?? 0;
    return this.isGuest(upstream) ? used > 0 && this.#guests > this.#reserve : used > this.#reserve;
  }

  add(upstream: string, bytes: number): void {
    const used = (this.#used.get(upstream) ?? 0) + bytes;
    this.#total += bytes;
    if (!this.isGuest(upstream)) {
      this.#used.set(upstream, used);
      return;
    }
    this.#hosts = true;
    this.#guests += bytes;
    // There is no end of names that guests may have had.
    if (used === 0) this.#used.delete(upstream);
    else this.#used.set(upstream, used);
  }

  remove(upstream: string, bytes: number): void {
    this.add(upstream, -bytes);
  }

  /** Whether an upstream is none of the configuration. */
  isGuest(upstream: string): boolean {
    return !this.#configured.includes(upstream);
  }

  /** What each configured upstream is sure of, and all guests together. */
  get #reserve(): number {
    if (this.#hosts) return this.#reserveWithGuests;
    const { length } = this.#configured;
    return length > 1 ? Math.floor(this.maxBytes / (2 * length)) : 0;
  }

  get #reserveWithGuests(): number {
    return Math.floor(this.maxBytes / (2 * (this.#configured.length + 1)));
  }

  /** What guests may hold at most, all together. */
  get #guestRoom(): number {
    return this.maxBytes - this.#reserveWithGuests * this.#configured.length;
  }
}

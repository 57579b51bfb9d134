/**
 * The bytes of a queue. Each configured upstream has a share that the others cannot fill, so that one whose tracker is
 * down fills the queue for itself only: with n upstreams, each is sure of 1/2n of the whole.
 */
export class Budget {
  readonly maxBytes: number;
  /** What one upstream may hold at most, and so the largest parcel that can ever get in. */
  readonly maxBytesOfOne: number;
  readonly #reserve: number;
  readonly #used: Map<string, number>;
  #total = 0;

  constructor(maxBytes: number, upstreams: readonly string[]) {
    this.maxBytes = maxBytes;
    this.#reserve = upstreams.length > 1 ? Math.floor(maxBytes / (2 * upstreams.length)) : 0;
    this.maxBytesOfOne = maxBytes - this.#reserve * Math.max(0, upstreams.length - 1);
    this.#used = new Map(upstreams.map((name) => [name, 0]));
  }

  get total(): number {
    return this.#total;
  }

  fits(upstream: string, bytes: number): boolean {
    if (this.#total + bytes > this.maxBytes) return false;
    if (this.#reserve === 0) return true;
    let spokenFor = 0;
    for (const [name, used] of this.#used) spokenFor += name === upstream ? used : Math.max(used, this.#reserve);
    return spokenFor + bytes <= this.maxBytes;
  }

  /** Whether an upstream holds more than its share, so that what it holds may go to make room for another. */
  isOver(upstream: string): boolean {
    return (this.#used.get(upstream) ?? 0) > this.#reserve;
  }

  add(upstream: string, bytes: number): void {
    this.#used.set(upstream, (this.#used.get(upstream) ?? 0) + bytes);
    this.#total += bytes;
  }

  remove(upstream: string, bytes: number): void {
    this.add(upstream, -bytes);
  }
}

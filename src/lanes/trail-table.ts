import { doubled } from "./columns.ts";
import type { TrailKey } from "./trail-key.ts";

/** No trail, where one may be. */
export const NONE = -1;

const FIRST_ROWS = 1_024;
/** Room for a key beside its neighbours; a longer one has a buffer of its own. */
const KEY_BYTES = 64;

/**
 * Trails by key, and their order of last use. A trail is a number, and what is known of it stands in columns: where keys
 * come and go with every record (a request id each), objects would feed the garbage collector, and a `Map` would be
 * rebuilt all the time.
 */
export class TrailTable {
  /** When a trail was last used, Unix milliseconds. */
  lastMs = new Float64Array(FIRST_ROWS);
  /** Goes up when a trail changes its key, so that who held it for that key sees it. */
  uses = new Int32Array(FIRST_ROWS);
  /** The trail next in use, towards the newest and towards the oldest. */
  newer = new Int32Array(FIRST_ROWS);
  older = new Int32Array(FIRST_ROWS);
  newest = NONE;
  oldest = NONE;
  #hashes = new Int32Array(FIRST_ROWS);
  #keyLengths = new Int32Array(FIRST_ROWS);
  #keys = new DataView(new ArrayBuffer(FIRST_ROWS * KEY_BYTES));
  readonly #longKeys = new Map<number, Buffer>();
  /** By hash, with linear probing: pairs of one more than a trail's number (0: free) and its hash. */
  #slots = new Int32Array(FIRST_ROWS * 4);
  readonly #spare: number[] = [];
  #rows = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The trail of a key; {@link NONE} when there is none. */
  get(key: TrailKey): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const { hash } = key;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const trail = (slots[at] as number) - 1;
      if (trail < 0 || (slots[at + 1] === hash && this.#is(trail, key))) return trail;
    }
  }

  /** A trail for a key that has none, which is now the last used. */
  add(key: TrailKey): number {
    const trail = this.#spare.pop() ?? this.#row();
    this.#write(trail, key);
    this.#hashes[trail] = key.hash;
    this.uses[trail] = (this.uses[trail] as number) + 1;
    this.#size += 1;
    this.#place(trail);
    this.#pushNewest(trail);
    return trail;
  }

  /** Takes a trail out; its number serves another key. */
  remove(trail: number): void {
    this.#unlink(trail);
    this.#displace(trail);
    this.uses[trail] = (this.uses[trail] as number) + 1;
    if ((this.#keyLengths[trail] as number) > KEY_BYTES) this.#longKeys.delete(trail);
    this.#size -= 1;
    this.#spare.push(trail);
  }

  /** Makes a trail the last used. */
  touch(trail: number): void {
    if (trail === this.newest) return;
    this.#unlink(trail);
    this.#pushNewest(trail);
  }

  /** The key of a trail as text. */
  keyOf(trail: number): string {
    const length = this.#keyLengths[trail] as number;
    const key = this.#longKeys.get(trail) ?? Buffer.from(this.#keys.buffer, trail * KEY_BYTES, length);
    return key.toString("utf8", 0, length);
  }

  #is(trail: number, { view, length }: TrailKey): boolean {
    if (this.#keyLengths[trail] !== length) return false;
    if (length > KEY_BYTES) return this.#longKeys.get(trail)?.equals(bytesOf(view, length)) === true;
    const keys = this.#keys;
    const from = trail * KEY_BYTES;
    for (let at = 0; at < length; at += 4) if (keys.getInt32(from + at, true) !== view.getInt32(at, true)) return false;
    return true;
  }

  #write(trail: number, { view, length }: TrailKey): void {
    this.#keyLengths[trail] = length;
    if (length > KEY_BYTES) {
      this.#longKeys.set(trail, Buffer.from(bytesOf(view, length)));
      return;
    }
    const keys = this.#keys;
    const to = trail * KEY_BYTES;
    for (let at = 0; at < length; at += 4) keys.setInt32(to + at, view.getInt32(at, true), true);
  }

  #row(): number {
    if (this.#rows === this.#hashes.length) this.#grow();
    this.#rows += 1;
    return this.#rows - 1;
  }

  #grow(): void {
    this.lastMs = doubled(this.lastMs);
    this.uses = doubled(this.uses);
    this.newer = doubled(this.newer);
    this.older = doubled(this.older);
    this.#hashes = doubled(this.#hashes);
    this.#keyLengths = doubled(this.#keyLengths);
    this.#keys = new DataView(doubled(new Uint8Array(this.#keys.buffer)).buffer);
    const held = this.#slots;
    this.#slots = new Int32Array(held.length * 2);
    for (let at = 0; at < held.length; at += 2) if (held[at] !== 0) this.#place((held[at] as number) - 1);
  }

  #place(trail: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = this.#hashes[trail] as number;
    let at = (hash << 1) & mask;
    while (slots[at] !== 0) at = (at + 2) & mask;
    slots[at] = trail + 1;
    slots[at + 1] = hash;
  }

  #displace(trail: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let gap = ((this.#hashes[trail] as number) << 1) & mask;
    while (slots[gap] !== trail + 1) gap = (gap + 2) & mask;
    // What follows moves up where it may, so that no search ends too early.
    for (let at = (gap + 2) & mask; slots[at] !== 0; at = (at + 2) & mask) {
      const hash = slots[at + 1] as number;
      const fromHome = (at - (hash << 1)) & mask;
      if (fromHome < ((at - gap) & mask)) continue;
      slots[gap] = slots[at] as number;
      slots[gap + 1] = hash;
      gap = at;
    }
    slots[gap] = 0;
  }

  #pushNewest(trail: number): void {
    this.newer[trail] = NONE;
    this.older[trail] = this.newest;
    if (this.newest === NONE) this.oldest = trail;
    else this.newer[this.newest] = trail;
    this.newest = trail;
  }

  #unlink(trail: number): void {
    const newer = this.newer[trail] as number;
    const older = this.older[trail] as number;
    if (newer === NONE) this.newest = older;
    else this.older[newer] = older;
    if (older === NONE) this.oldest = newer;
    else this.newer[older] = newer;
  }
}

function bytesOf(view: DataView, length: number): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, length);
}

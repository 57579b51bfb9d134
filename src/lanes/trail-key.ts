/**
 * The key of a trail as UTF-8 bytes, in a buffer that serves one key after another: where every record has a key of its
 * own (a request id each), strings would feed the garbage collector. Keys of one name keep that name in front.
 */
export class TrailKey {
  /** The key is `bytes[0 .. length)`. */
  bytes: Buffer;
  length = 0;
  /** Of the key; non-negative, below 2^31. */
  hash = 0;
  readonly #prefix: number;

  constructor(prefix = "") {
    this.#prefix = Buffer.byteLength(prefix);
    this.bytes = Buffer.alloc(this.#prefix + 512);
    this.bytes.write(prefix);
  }

  /** The prefix and a text of at most 512 bytes, `bytes[start .. end)`. */
  take(bytes: Buffer, start: number, end: number): this {
    const own = this.bytes;
    let at = this.#prefix;
    for (let from = start; from < end; from += 1, at += 1) own[at] = bytes[from] as number;
    this.length = at;
    this.hash = hashOf(own, at);
    return this;
  }

  /** A whole key, prefix included. */
  write(key: string): this {
    if (key.length * 3 > this.bytes.length) this.bytes = Buffer.alloc(key.length * 3);
    this.length = this.bytes.write(key);
    this.hash = hashOf(this.bytes, this.length);
    return this;
  }
}

/** Differs with each start, so that nobody can choose keys that all fall into one slot. */
const SEED = Math.floor(Math.random() * 0x7fffffff);

/** Murmur's mixing, four bytes at a time. */
function hashOf(bytes: Buffer, length: number): number {
  let hash = SEED ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    hash = Math.imul(hash ^ word, 0x1b873593);
    hash ^= hash >>> 15;
  }
  for (; at < length; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 16_777_619);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 12)) & 0x7fffffff;
}

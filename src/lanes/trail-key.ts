/** Differs with each start, so that nobody can choose keys that all fall into one slot. */
const SEED = Math.floor(Math.random() * 0x7fffffff);

/**
 * The key of a trail as UTF-8 bytes, in a buffer that serves one key after another: where every record has a key of its
 * own (a request id each), strings would feed the garbage collector. Keys of one name keep that name in front.
 */
export class TrailKey {
  /** The key is the first `length` bytes, and zeros up to a whole word of four. */
  view: DataView;
  length = 0;
  /** Of the key; non-negative, below 2^31. */
  hash = 0;
  #bytes: Buffer;
  readonly #prefix: number;
  /** The whole words that the prefix fills, and the hash so far behind them. */
  readonly #fixed: number;
  readonly #fixedHash: number;

  constructor(prefix = "") {
    this.#prefix = Buffer.byteLength(prefix);
    this.#bytes = Buffer.alloc(this.#prefix + 520);
    this.#bytes.write(prefix);
    this.view = viewOf(this.#bytes);
    this.#fixed = this.#prefix & ~3;
    this.#fixedHash = mixed(this.view, 0, this.#fixed, SEED);
  }

  /** The prefix and a text of at most 512 bytes, `bytes[start .. end)` of a view. */
  take(bytes: DataView, start: number, end: number): this {
    const own = this.view;
    let at = this.#prefix;
    let from = start;
    for (; from + 4 <= end; from += 4, at += 4) own.setInt32(at, bytes.getInt32(from, true), true);
    for (; from < end; from += 1, at += 1) own.setUint8(at, bytes.getUint8(from));
    return this.#end(at, this.#fixed, this.#fixedHash);
  }

  /** A whole key, prefix included. */
  write(key: string): this {
    if (key.length * 3 + 8 > this.#bytes.length) {
      this.#bytes = Buffer.alloc(key.length * 3 + 8);
      this.view = viewOf(this.#bytes);
    }
    return this.#end(this.#bytes.write(key), 0, SEED);
  }

  #end(length: number, from: number, hash: number): this {
    this.view.setInt32(length, 0);
    this.length = length;
    this.hash = finished(mixed(this.view, from, length, hash) ^ length);
    return this;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Murmur's mixing, four bytes at a time; the last ones are padded with zeros. */
function mixed(bytes: DataView, start: number, end: number, seed: number): number {
  let hash = seed;
  for (let at = start; at < end; at += 4) {
    hash = Math.imul(hash ^ bytes.getInt32(at, true), 0x1b873593);
    hash ^= hash >>> 15;
  }
  return hash;
}

function finished(mix: number): number {
  let hash = mix ^ (mix >>> 16);
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 12)) & 0x7fffffff;
}

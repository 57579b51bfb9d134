/** Bytes that one turn of a file reads at most. */
const CHUNK_BYTES = 256 << 10;
/** Buffers that may be on their way through the relay at once. */
const MAX_BUFFERS = 32;
/** Beyond them there are small ones: files whose lines wait for room in the queue must not keep the others from reading. */
const SMALL_CHUNK_BYTES = 16 << 10;
const MAX_SMALL_BUFFERS = 1_024;

/** The buffers that all files of an input read into, so that what they take does not depend on the number of files. */
export class Buffers {
  readonly #free: Buffer[] = [];
  readonly #waiting: ((buffer: Buffer) => void)[] = [];
  #made = 0;
  #smallMade = 0;

  /** A buffer as soon as there is one: of 256 KiB, or of 16 KiB while many are on their way. */
  take(): Promise<Buffer> {
    const free = this.#free.pop();
    if (free !== undefined) return Promise.resolve(free);
    if (this.#made < MAX_BUFFERS) {
      this.#made += 1;
      return Promise.resolve(Buffer.allocUnsafeSlow(CHUNK_BYTES));
    }
    if (this.#smallMade < MAX_SMALL_BUFFERS) {
      this.#smallMade += 1;
      return Promise.resolve(Buffer.allocUnsafeSlow(SMALL_CHUNK_BYTES));
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Nothing reads from it any more. */
  give(buffer: Buffer): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting(buffer);
    else if (buffer.length === CHUNK_BYTES) this.#free.push(buffer);
    else this.#smallMade -= 1;
  }
}

/** The first bytes of a buffer, by themselves: not in Node's pool, where what others keep for long would keep these too. */
export function copyOf(bytes: Buffer, end: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(end);
  bytes.copy(copy, 0, 0, end);
  return copy;
}

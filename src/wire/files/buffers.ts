/** Bytes that one turn of a file reads at most. */
export const CHUNK_BYTES = 256 << 10;
/** Buffers that may be on their way through the relay at once. */
const MAX_BUFFERS = 32;

/** The buffers that all files of an input read into, so that what they take does not depend on the number of files. */
export class Buffers {
  readonly #free: Buffer[] = [];
  readonly #waiting: ((buffer: Buffer) => void)[] = [];
  #made = 0;

  /** A buffer of {@link CHUNK_BYTES} as soon as there is one. */
  take(): Promise<Buffer> {
    const free = this.#free.pop();
    if (free !== undefined) return Promise.resolve(free);
    if (this.#made >= MAX_BUFFERS) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#made += 1;
    return Promise.resolve(Buffer.allocUnsafeSlow(CHUNK_BYTES));
  }

  /** Nothing reads from it any more. */
  give(buffer: Buffer): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#free.push(buffer);
    else waiting(buffer);
  }
}

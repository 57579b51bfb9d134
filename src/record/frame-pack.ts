import type { Frames } from "./batch.ts";

const MIN_BYTES = 4_096;

/**
 * Frames that come one by one in buffers of their own, copied side by side as they come: their buffers are free at once,
 * which is much less work for the garbage collector than a thousand that are held until they are joined. A frame that
 * stays alone is not copied. Takes at most twice the bytes of its frames, but for what it was told to expect.
 */
export class FramePack {
  #bytes: Buffer | undefined;
  #used = 0;
  readonly #bounds: number[] = [];
  readonly #expectedBytes: number;
  #first: Buffer | undefined;

  /** `expectedBytes` of frames are likely to come. */
  constructor(expectedBytes = 0) {
    this.#expectedBytes = expectedBytes;
  }

  /** Bytes of all frames. */
  get bytes(): number {
    return this.#used;
  }

  /** Adds a frame. */
  add(frame: Buffer): void {
    const start = this.#used;
    const end = start + frame.length;
    this.#used = end;
    this.#bounds.push(start, end);
    if (this.#bounds.length === 2) {
      this.#first = frame;
      return;
    }
    let bytes = this.#bytes;
    if (bytes === undefined || end > bytes.length) bytes = this.#grow(end);
    bytes.set(frame, start);
  }

  /** The frames; nothing may be added after. */
  frames(): Frames {
    const bytes = this.#bytes === undefined ? (this.#first ?? NO_BYTES) : this.#bytes.subarray(0, this.#used);
    return { bytes, bounds: this.#bounds };
  }

  #grow(bytes: number): Buffer {
    const before = this.#bytes ?? this.#first ?? NO_BYTES;
    const grown = Buffer.allocUnsafeSlow(Math.max(bytes, before.length * 2, this.#expectedBytes, MIN_BYTES));
    grown.set(before);
    this.#bytes = grown;
    this.#first = undefined;
    return grown;
  }
}

const NO_BYTES = Buffer.alloc(0);

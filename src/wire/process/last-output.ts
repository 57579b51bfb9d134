/** As much is kept. */
const MAX_BYTES = 4_096;

/** What a process printed last, on all its outputs. */
export class LastOutput {
  readonly #bytes = Buffer.alloc(2 * MAX_BYTES);
  #length = 0;
  #printed = 0;

  add(chunk: Uint8Array): void {
    this.#printed += chunk.length;
    const kept = chunk.length > MAX_BYTES ? chunk.subarray(chunk.length - MAX_BYTES) : chunk;
    if (this.#length + kept.length > this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#length - MAX_BYTES, this.#length);
      this.#length = MAX_BYTES;
    }
    this.#bytes.set(kept, this.#length);
    this.#length += kept.length;
  }

  /** Its lines, without blank ones, and without the first where that may be half of one. */
  lines(): readonly string[] {
    const from = Math.max(0, this.#length - MAX_BYTES);
    const lines = this.#bytes.toString("utf8", from, this.#length).split("\n");
    if (this.#printed > MAX_BYTES && lines.length > 1) lines.shift();
    return lines.map((line) => line.replace(/\r$/, "")).filter((line) => line !== "");
  }
}

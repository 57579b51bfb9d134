import type { Literal } from "./literal.ts";

/** Puts a short text together from bytes, in a buffer that is used again and again. Whoever writes knows that there is room. */
export class ByteWriter {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #at = 0;

  constructor(maxBytes: number) {
    this.#bytes = Buffer.alloc(maxBytes);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, maxBytes);
  }

  /** Begins another text. */
  begin(): void {
    this.#at = 0;
  }

  literal(literal: Literal): void {
    this.#at = literal.write(this.#view, this.#at);
  }

  /** Copies `from[start .. end)`. */
  copy(from: DataView, start: number, end: number): void {
    const view = this.#view;
    let to = this.#at;
    let at = start;
    for (; at + 4 <= end; at += 4, to += 4) view.setInt32(to, from.getInt32(at, true), true);
    for (; at < end; at += 1, to += 1) view.setUint8(to, from.getUint8(at));
    this.#at = to;
  }

  /** Writes a text of printable ASCII. */
  ascii(text: string): void {
    for (let i = 0; i < text.length; i += 1) this.#view.setUint8(this.#at + i, text.charCodeAt(i));
    this.#at += text.length;
  }

  /** What was written since it began. */
  text(encoding: "latin1" | "utf8"): string {
    return this.#bytes.toString(encoding, 0, this.#at);
  }
}

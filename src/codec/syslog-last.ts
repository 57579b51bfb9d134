import { COLON, isDigit } from "./syslog-words.ts";

/** Longer headers are read each time. */
const MAX_BYTES = 256;
/** `08:30:12` at the end of a time. */
const CLOCK_BYTES = 8;

/**
 * The header of the message before, `<190>Nov 20 08:30:12 web1 nginx: ` with the blank before the message: a sender's are
 * mostly the same but for the clock, and comparing bytes is cheaper than finding the parts again. Which digits a clock shows
 * says nothing about where the parts lie.
 */
export class LastHeader {
  /** Where it stood. */
  start = 0;
  /** Negative: there is none. */
  length = -1;
  readonly #bytes = Buffer.alloc(MAX_BYTES);
  /** Where digits may be others, from its beginning. */
  #clockStart = 0;
  #clockEnd = 0;

  forget(): void {
    this.length = -1;
  }

  /** Remembers `bytes[start .. end)`, whose time ends at `stampEnd`. */
  keep(bytes: Buffer, start: number, end: number, stampEnd: number): void {
    this.start = start;
    this.length = end - start > MAX_BYTES ? -1 : bytes.copy(this.#bytes, 0, start, end);
    // A fraction, a year or a zone may stand behind the clock; then all of it has to be the same.
    const isLast = bytes[stampEnd - 3] === COLON && bytes[stampEnd - 6] === COLON;
    this.#clockEnd = isLast ? stampEnd - start : 0;
    this.#clockStart = this.#clockEnd - CLOCK_BYTES;
  }

  /** Whether the same header stands here, and a message behind it. */
  isAt(bytes: Buffer, start: number, end: number): boolean {
    const { length } = this;
    if (length < 0 || start + length >= end) return false;
    const known = this.#bytes;
    for (let i = 0; i < length; i += 1) {
      const byte = bytes[start + i] as number;
      if (byte !== known[i] && !(i >= this.#clockStart && i < this.#clockEnd && isDigit(byte) && isDigit(known[i] as number)))
        return false;
    }
    return true;
  }
}

import type { Frames } from "../record/batch.ts";

const NUL = 0x00;
const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Cuts a GELF TCP stream into frames. NUL always ends a frame (GELF 1.1); LF does only where the bytes so far are a
 * complete JSON object or no object at all, because pretty-printed JSON holds LF between its tokens. The last frame
 * counts without a delimiter. Empty frames are skipped. A frame over the limit is skipped to its delimiter.
 */
export class GelfFrames {
  readonly #maxBytes: number;
  readonly #tooLarge: () => void;
  /** Bytes of an unfinished frame, at the front of a buffer that grows by doubling. */
  #carry: Buffer | undefined;
  #carried = 0;
  #skipping = false;
  readonly #shape = new JsonShape();

  constructor(maxBytes: number, tooLarge: () => void) {
    this.#maxBytes = maxBytes;
    this.#tooLarge = tooLarge;
  }

  /** The frames that these bytes complete; undefined when there are none. The bytes belong to the result. */
  push(chunk: Buffer): Frames | undefined {
    if (this.#carry === undefined) return this.#cut(chunk, chunk.length, 0);
    const from = this.#carried;
    const joined = this.#append(chunk);
    return this.#cut(joined, this.#carried, from);
  }

  /** The last frame, which no delimiter ended. */
  end(): Frames | undefined {
    const bytes = this.#carry?.subarray(0, this.#carried);
    this.#forget();
    if (bytes === undefined || this.#skipping || isBlank(bytes, 0, bytes.length)) return undefined;
    return { bytes, bounds: [0, bytes.length] };
  }

  #append(chunk: Buffer): Buffer {
    const needed = this.#carried + chunk.length;
    let carry = this.#carry ?? Buffer.allocUnsafe(needed);
    if (carry.length < needed) {
      const larger = Buffer.allocUnsafe(Math.max(needed, carry.length * 2));
      carry.copy(larger, 0, 0, this.#carried);
      carry = larger;
    }
    chunk.copy(carry, this.#carried);
    this.#carry = carry;
    this.#carried = needed;
    return carry;
  }

  /** Cuts `bytes[0 .. end)`; everything before `fresh` has been searched already. */
  #cut(bytes: Buffer, end: number, fresh: number): Frames | undefined {
    const bounds: number[] = [];
    let start = 0;
    let nul = indexOf(bytes, NUL, fresh, end);
    let lf = indexOf(bytes, LF, fresh, end);
    while (nul < end || lf < end) {
      const at = Math.min(nul, lf);
      if (at === nul) nul = indexOf(bytes, NUL, at + 1, end);
      else {
        lf = indexOf(bytes, LF, at + 1, end);
        if (!this.#skipping && !this.#shape.endsAt(bytes, start, at, end)) continue;
      }
      this.#frame(bytes, start, at, bounds);
      start = at + 1;
      this.#shape.reset();
    }
    this.#keep(bytes, start, end);
    return bounds.length === 0 ? undefined : { bytes, bounds };
  }

  #frame(bytes: Buffer, start: number, end: number, bounds: number[]): void {
    if (this.#skipping) this.#skipping = false;
    else if (end - start > this.#maxBytes) this.#tooLarge();
    else if (bytes[start] === OPEN || !isBlank(bytes, start, end)) bounds.push(start, end);
  }

  /** Remembers what is left over, in a buffer of its own unless nothing was cut off its front. */
  #keep(bytes: Buffer, start: number, end: number): void {
    if (this.#skipping || end - start > this.#maxBytes) {
      if (!this.#skipping) this.#tooLarge();
      this.#skipping = true;
      this.#forget();
    } else if (start === end) {
      this.#forget();
    } else if (start > 0 || bytes !== this.#carry) {
      this.#carry = Buffer.allocUnsafe(Math.max(end - start, FIRST_CARRY_BYTES));
      bytes.copy(this.#carry, 0, start, end);
      this.#carried = end - start;
      this.#shape.moved(start);
    }
  }

  #forget(): void {
    this.#carry = undefined;
    this.#carried = 0;
    this.#shape.reset();
  }
}

/** Room for the left-over and the next read of a busy socket, so that it is copied once. */
const FIRST_CARRY_BYTES = 72 * 1024;

/** Tells whether a JSON object that began at a frame's start is complete. Walks each byte once, and only up to an LF. */
class JsonShape {
  #at = -1;
  #depth = 0;
  #inString = false;
  #isObject = false;

  reset(): void {
    this.#at = -1;
  }

  moved(by: number): void {
    if (this.#at >= 0) this.#at -= by;
  }

  /** Whether the LF at `lf` ends the frame that began at `start`. */
  endsAt(bytes: Buffer, start: number, lf: number, end: number): boolean {
    if (this.#at < 0) {
      let first = start;
      while (first < lf && isSpace(bytes[first])) first += 1;
      this.#isObject = bytes[first] === OPEN;
      this.#at = start;
      this.#depth = 0;
      this.#inString = false;
    }
    if (!this.#isObject) return true;
    this.#walk(bytes, lf);
    if (this.#inString) return startsRecord(bytes, lf + 1, end);
    return this.#depth === 0;
  }

  #walk(bytes: Buffer, to: number): void {
    let at = this.#at;
    for (; at < to; at += 1) {
      const byte = bytes[at];
      if (this.#inString) {
        if (byte === BACKSLASH) at += 1;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN) this.#depth += 1;
      else if (byte === CLOSE) this.#depth -= 1;
    }
    this.#at = at;
  }
}

/** `{"` right after an LF inside a string: the line before lost its closing quote, and a new record begins here. */
function startsRecord(bytes: Buffer, at: number, end: number): boolean {
  return at + 1 < end && bytes[at] === OPEN && bytes[at + 1] === QUOTE;
}

function indexOf(bytes: Buffer, byte: number, from: number, end: number): number {
  const at = bytes.indexOf(byte, from);
  return at < 0 || at >= end ? end : at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09;
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (!isSpace(bytes[at])) return false;
  return true;
}

import type { Frames } from "../record/batch.ts";

const NUL = 0x00;
const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

/**
 * Cuts a GELF TCP stream into frames. NUL always ends a frame (GELF 1.1); LF does only where the bytes so far are a
 * complete JSON object or no object at all, because pretty-printed JSON holds LF between its tokens, or where a line
 * begins like a record though JSON could not go on like that, so that a line which was cut off costs no other. Complete
 * objects back to back, as old Log4j 2 sends them, are frames too. The last frame counts without a delimiter. Empty frames
 * are skipped. A frame over the limit is skipped to its delimiter.
 */
export class GelfFrames {
  readonly #maxBytes: number;
  readonly #tooLarge: () => void;
  /** Bytes of an unfinished frame, at the front of a buffer that grows by doubling. */
  #carry: Buffer | undefined;
  #carried = 0;
  #skipping = false;
  /** Where the LF lies that only the bytes behind it can judge, as a place in what is carried; -1: none. */
  #undecided = -1;
  readonly #shape = new JsonShape();

  constructor(maxBytes: number, tooLarge: () => void) {
    this.#maxBytes = maxBytes;
    this.#tooLarge = tooLarge;
  }

  /** The frames that these bytes complete; undefined when there are none. The bytes belong to the result. */
  push(chunk: Buffer): Frames | undefined {
    if (this.#carry === undefined) return this.#cut(chunk, chunk.length, 0);
    const from = this.#undecided < 0 ? this.#carried : this.#undecided;
    const joined = this.#append(chunk);
    return this.#cut(joined, this.#carried, from);
  }

  /** Bytes kept of a frame that has not come in whole. */
  get heldBytes(): number {
    return this.#carry?.length ?? 0;
  }

  /** Forgets that frame, and skips what is still to come of it. */
  forget(): void {
    this.#skipping = true;
    this.#forget();
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
    this.#undecided = -1;
    let start = 0;
    let nul = indexOf(bytes, NUL, fresh, end);
    let lf = indexOf(bytes, LF, fresh, end);
    // Its first byte may have been the last one of what has been searched.
    let seam = seamAt(bytes, Math.max(0, fresh - SEAM.length + 1), end);
    while (nul < end || lf < end || seam < end) {
      if (seam < nul && seam < lf) {
        const next = seam + 1;
        seam = seamAt(bytes, next, end);
        if (this.#skipping || !this.#shape.isComplete(bytes, start, next)) continue;
        this.#frame(bytes, start, next, bounds);
        start = next;
        this.#undecided = -1;
        this.#shape.reset();
        continue;
      }
      const at = Math.min(nul, lf);
      if (at === nul) nul = indexOf(bytes, NUL, at + 1, end);
      else {
        lf = indexOf(bytes, LF, at + 1, end);
        if (!this.#skipping && !this.#shape.endsAt(bytes, start, at, end)) {
          if (at + START.length >= end && this.#undecided < 0) this.#undecided = at;
          continue;
        }
      }
      this.#frame(bytes, start, at, bounds);
      start = at + 1;
      this.#undecided = -1;
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
      this.#carry = Buffer.allocUnsafe(end - start);
      bytes.copy(this.#carry, 0, start, end);
      this.#carried = end - start;
      this.#shape.moved(start);
      if (this.#undecided >= 0) this.#undecided -= start;
    }
  }

  #forget(): void {
    this.#carry = undefined;
    this.#carried = 0;
    this.#undecided = -1;
    this.#shape.reset();
  }
}

/** Tells whether a JSON object that began at a frame's start is complete. Walks each byte once, and only up to an LF. */
class JsonShape {
  #at = -1;
  #depth = 0;
  /** For each open list the depth of objects it is in. */
  readonly #lists: number[] = [];
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
    this.#begin(bytes, start, lf);
    if (!this.#isObject) return true;
    this.#walk(bytes, lf);
    if (!this.#inString && this.#depth <= 0) return true;
    return startsRecord(bytes, lf + 1, end) && (this.#inString || !this.#takesObject(bytes, lf));
  }

  /** Whether `bytes[start .. to)` is one whole object. */
  isComplete(bytes: Buffer, start: number, to: number): boolean {
    this.#begin(bytes, start, to);
    if (!this.#isObject) return false;
    this.#walk(bytes, to);
    return !this.#inString && this.#depth === 0;
  }

  #begin(bytes: Buffer, start: number, end: number): void {
    if (this.#at >= 0) return;
    let first = start;
    while (first < end && isSpace(bytes[first])) first += 1;
    this.#isObject = bytes[first] === OPEN;
    this.#at = start;
    this.#depth = 0;
    this.#lists.length = 0;
    this.#inString = false;
  }

  /** Whether an object may stand at the LF: as the value of a member, or in a list. */
  #takesObject(bytes: Buffer, lf: number): boolean {
    let at = lf - 1;
    while (isSpace(bytes[at])) at -= 1;
    const last = bytes[at];
    return last === COLON || ((last === COMMA || last === OPEN_LIST) && this.#lists.at(-1) === this.#depth);
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
      else if (byte === CLOSE) this.#close();
      else if (byte === OPEN_LIST) this.#lists.push(this.#depth);
      else if (byte === CLOSE_LIST && this.#lists.at(-1) === this.#depth) this.#lists.pop();
    }
    this.#at = at;
  }

  #close(): void {
    this.#depth -= 1;
    while ((this.#lists.at(-1) ?? -Infinity) > this.#depth) this.#lists.pop();
  }
}

/** The end of a record and the beginning of the next one with nothing in between. */
const SEAM = Buffer.from('}{"');

function seamAt(bytes: Buffer, from: number, end: number): number {
  const at = bytes.indexOf(SEAM, from);
  return at < 0 || at + SEAM.length > end ? end : at;
}

/** How a record begins. */
const START = '{"';

/** {@link START} right after an LF where JSON cannot go on like that: the line before was cut off, a new record begins. */
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

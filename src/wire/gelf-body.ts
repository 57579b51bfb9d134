import type { Frames } from "../record/batch.ts";
import { skipBrackets, skipLooseString, skipValue } from "../scan/json.ts";

const NUL = 0x00;
const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const NEXT_RECORD = Buffer.from("\n{");
const BYTE_ORDER_MARK = Buffer.from("\uFEFF");

/**
 * The messages in the body of a GELF HTTP request: one object, pretty-printed or not; an array of them; one to a line;
 * several with nothing in between. What is no message is a frame too, for the codec to say so. A broken message ends at
 * its line, or where the next line begins with `{`, so that it costs itself and none of its neighbours. The whole walk is
 * linear in the length of the body.
 */
export class GelfBody {
  readonly #body: Buffer;
  readonly #maxMessageBytes: number;
  readonly #inArray: boolean;
  #at: number;
  #tooLarge = 0;
  /** Bytes that may still be walked a second time. Honest bodies need none. */
  #secondLooks: number;

  constructor(body: Buffer, maxMessageBytes: number) {
    this.#body = body;
    this.#maxMessageBytes = maxMessageBytes;
    this.#secondLooks = body.length * 2;
    const first = skipFiller(body, body.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0, false);
    this.#inArray = body[first] === OPEN_ARRAY;
    this.#at = this.#inArray ? first + 1 : first;
  }

  /** Messages over the limit so far. They are in no frame. */
  get tooLarge(): number {
    return this.#tooLarge;
  }

  /** The next messages, `most` of them at most; undefined when there are no more. */
  next(most: number): Frames | undefined {
    const body = this.#body;
    const bounds: number[] = [];
    let first = -1;
    while (bounds.length < most * 2) {
      const start = skipFiller(body, this.#at, this.#inArray);
      this.#at = start;
      if (start >= body.length) break;
      const end = body[start] === OPEN_OBJECT ? this.#objectEnd(start) : this.#otherEnd(start);
      this.#at = end;
      if (end - start > this.#maxMessageBytes) {
        this.#tooLarge += 1;
        continue;
      }
      if (first < 0) first = start;
      bounds.push(start - first, end - first);
    }
    return first < 0 ? undefined : { bytes: body.subarray(first, this.#at), bounds };
  }

  #objectEnd(start: number): number {
    const body = this.#body;
    const next = body.indexOf(NEXT_RECORD, start);
    const border = next < 0 ? body.length : next;
    const end = skipBrackets(body, start, border);
    if (end >= 0) return end;
    // Valid JSON may hold a `{` at the beginning of a line; then, and only then, the border was none.
    if (next >= 0 && this.#secondLooks > 0) {
      const whole = skipValue(body, start, body.length);
      this.#secondLooks -= whole < 0 ? body.length - start : whole - start;
      if (whole >= 0) return whole;
    }
    return withoutBlanks(body, start, border);
  }

  /** The end of something that is no object: that of its line, or of its array element. */
  #otherEnd(start: number): number {
    const body = this.#body;
    const lf = body.indexOf(LF, start);
    const border = lf < 0 ? body.length : lf;
    if (!this.#inArray) return withoutBlanks(body, start, border);
    if (body[start] === OPEN_ARRAY || body[start] === QUOTE) {
      const end = body[start] === QUOTE ? skipLooseString(body, start, border) : skipBrackets(body, start, border);
      return end < 0 ? withoutBlanks(body, start, border) : end;
    }
    let end = start + 1;
    while (end < border && body[end] !== COMMA && body[end] !== CLOSE_ARRAY && body[end] !== OPEN_OBJECT) end += 1;
    return withoutBlanks(body, start, end);
  }
}

/** Over what stands between messages: blanks, commas, NULs, and the end of the array. */
function skipFiller(body: Buffer, pos: number, inArray: boolean): number {
  let at = pos;
  while (at < body.length) {
    const byte = body[at];
    if (!isBlank(byte) && byte !== COMMA && byte !== NUL && !(inArray && byte === CLOSE_ARRAY)) break;
    at += 1;
  }
  return at;
}

/** `end`, moved before the blanks that precede it. */
function withoutBlanks(body: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start + 1 && isBlank(body[at - 1])) at -= 1;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09;
}

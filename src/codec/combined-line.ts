import { plainEnd } from "../scan/plain.ts";
import type { RequestPlace } from "./syslog-access.ts";
import { begins, isDigit } from "./syslog-words.ts";

// Access lines in the combined format, in bytes: `ADDRESS - USER [TIME] "REQUEST" STATUS BYTES "REFERRER" "AGENT"`.

const QUOTE = 0x22;
const SPACE = 0x20;
const ZERO = 0x30;
const METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"].map((name) => {
  const bytes = Buffer.from(`${name} `);
  return { name, bytes, word: bytes.readInt32LE(0) };
});
/** `02/Jan/2026:03:04:05 +0000`. */
const TIME_BYTES = 26;
const MAX_USER_BYTES = 100;
/** More of a request's target is cut off. */
const MAX_TARGET_BYTES = 4_096;
const MAX_ADDRESS_BYTES = 45;
/** What is counted exactly. */
const MAX_DIGITS = 15;
const BEHIND_ADDRESS = Buffer.from(" - ");
const BEHIND_USER = Buffer.from(" [");
const BEHIND_TIME = Buffer.from('] "');
const PROTOCOL = Buffer.from(" HTTP/");
const BEHIND_REQUEST = Buffer.from('" ');
const BEFORE_REFERRER = Buffer.from(' "');
const BETWEEN = Buffer.from('" "');

const SLASH = 0x2f;
const QUESTION = 0x3f;
const HIGH_BITS = 0x80808080;
const NO_VIEW = new DataView(new ArrayBuffer(0));

/**
 * Takes an access line in the combined format apart, as most are: from an IP address, with a usual method, without escapes.
 * Overwritten by each read, so that nothing is allocated.
 */
export class CombinedLine {
  method = "";
  status = 0;
  /** Bytes sent as the body of the answer. */
  sent = 0;
  /** `GET /orders/7`: how the record's message begins. */
  readonly asked: RequestPlace = { start: 0, end: 0 };
  /** What was asked for, without its query. */
  readonly url: RequestPlace = { start: 0, end: 0 };
  readonly time: RequestPlace = { start: 0, end: 0 };

  #viewOf: Buffer | undefined;
  #view: DataView = NO_VIEW;

  /** False when it is none of those: then only a full read can tell what it is. */
  read(bytes: Buffer, start: number, end: number): boolean {
    if (this.#viewOf !== bytes) {
      this.#viewOf = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    let at = behind(bytes, addressEnd(bytes, start, end), end, BEHIND_ADDRESS);
    at = behind(bytes, userEnd(bytes, at, end), end, BEHIND_USER);
    at = behind(bytes, this.#time(bytes, at, end), end, BEHIND_TIME);
    at = behind(bytes, this.#request(bytes, at, end), end, BEHIND_REQUEST);
    at = behind(bytes, this.#answer(bytes, at, end), end, BEFORE_REFERRER);
    at = behind(bytes, this.#plainEnd(at, end), end, BETWEEN);
    at = this.#plainEnd(at, end);
    return at >= 0 && at === end - 1 && bytes[at] === QUOTE;
  }

  #plainEnd(start: number, end: number): number {
    return start < 0 ? -1 : plainEnd(this.#view, start, end);
  }

  #time(bytes: Buffer, start: number, end: number): number {
    const stop = start + TIME_BYTES;
    if (start < 0 || stop > end || bytes[start + 2] !== SLASH || bytes[start + 6] !== SLASH || bytes[start + 20] !== SPACE)
      return -1;
    this.time.start = start;
    this.time.end = stop;
    return plainEnd(this.#view, start, stop) === stop ? stop : -1;
  }

  /** `GET /orders/7?a=1 HTTP/1.1`. */
  #request(bytes: Buffer, start: number, end: number): number {
    const requestEnd = this.#plainEnd(start, end);
    const target = this.#method(bytes, start, requestEnd);
    if (target < 0 || target >= requestEnd || bytes[target] !== SLASH) return -1;
    const urlEnd = partEnd(this.#view, target, requestEnd);
    let at = urlEnd;
    while (at < requestEnd && bytes[at] === QUESTION) at = partEnd(this.#view, at + 1, requestEnd);
    if (at - target > MAX_TARGET_BYTES) return -1;
    this.url.start = target;
    this.url.end = urlEnd;
    this.asked.start = start;
    this.asked.end = urlEnd;
    at = behind(bytes, at, requestEnd, PROTOCOL);
    while (at >= 0 && at < requestEnd && (isDigit(bytes[at] as number) || bytes[at] === 0x2e)) at += 1;
    return at === requestEnd ? at : -1;
  }

  /** Behind one of the usual methods, and its blank. */
  #method(bytes: Buffer, start: number, end: number): number {
    if (start + 4 > end) return -1;
    const word = this.#view.getInt32(start, true);
    for (let i = 0; i < METHODS.length; i += 1) {
      const method = METHODS[i] as (typeof METHODS)[number];
      if (method.word !== word || !begins(bytes, start, end, method.bytes)) continue;
      this.method = method.name;
      return start + method.bytes.length;
    }
    return -1;
  }

  /** `200 512`. */
  #answer(bytes: Buffer, start: number, end: number): number {
    if (start < 0 || bytes[start + 3] !== SPACE) return -1;
    let at = start;
    this.status = 0;
    for (; at < start + 3; at += 1) {
      if (at >= end || !isDigit(bytes[at] as number)) return -1;
      this.status = this.status * 10 + (bytes[at] as number) - ZERO;
    }
    const first = at + 1;
    this.sent = 0;
    for (at = first; at < end && isDigit(bytes[at] as number); at += 1) this.sent = this.sent * 10 + (bytes[at] as number) - ZERO;
    return this.status < 100 || at === first || at - first > MAX_DIGITS ? -1 : at;
  }
}

/** The place behind a text that stands here; -1 when another one does, or the place is none. */
function behind(bytes: Buffer, at: number, end: number, text: Buffer): number {
  return at >= 0 && begins(bytes, at, end, text) ? at + text.length : -1;
}

/** Over plain text to the first blank or question mark, four bytes at a time. */
function partEnd(view: DataView, pos: number, end: number): number {
  let at = pos;
  for (const last = end - 4; at <= last; at += 4) {
    const word = view.getInt32(at, true);
    // The high bit of a byte that is one of them; a borrow may reach the bytes behind it, so only the first is exact.
    const found = (((word ^ 0x20202020) - 0x01010101) | ((word ^ 0x3f3f3f3f) - 0x01010101)) & HIGH_BITS;
    if (found !== 0) return at + ((31 - Math.clz32(found & -found)) >> 3);
  }
  while (at < end && view.getUint8(at) !== SPACE && view.getUint8(at) !== QUESTION) at += 1;
  return at;
}

/** Behind `-`, or a name without blanks. */
function userEnd(bytes: Buffer, start: number, end: number): number {
  if (start < 0) return -1;
  const limit = Math.min(end, start + MAX_USER_BYTES);
  let at = start;
  while (at < limit && isWordByte(bytes[at] as number)) at += 1;
  return at > start ? at : -1;
}

/** Printable ASCII but the blank, the quote and the backslash. */
function isWordByte(byte: number): boolean {
  return byte > SPACE && byte < 0x7f && byte !== QUOTE && byte !== 0x5c;
}

/** Behind an IP address; -1 when there is none, or one in an uncommon way of writing. */
function addressEnd(bytes: Buffer, start: number, end: number): number {
  let at = start;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte === 0x2e) {
      if (digits === 0) return -1;
      dots += 1;
      digits = 0;
      part = 0;
      continue;
    }
    if (!isDigit(byte)) break;
    part = part * 10 + byte - ZERO;
    digits += 1;
    if (digits > 3 || part > 255) return dots === 0 ? longAddressEnd(bytes, start, end) : -1;
  }
  return dots === 3 && digits > 0 ? at : dots === 0 ? longAddressEnd(bytes, start, end) : -1;
}

/** Behind an IPv6 address. */
function longAddressEnd(bytes: Buffer, start: number, end: number): number {
  let at = start;
  let colons = 0;
  for (; at < end && at <= start + MAX_ADDRESS_BYTES; at += 1) {
    const byte = bytes[at] as number;
    const lower = byte | 0x20;
    if (byte === 0x3a) colons += 1;
    else if (!isDigit(byte) && (lower < 0x61 || lower > 0x66)) break;
  }
  return colons > 1 && at <= start + MAX_ADDRESS_BYTES ? at : -1;
}

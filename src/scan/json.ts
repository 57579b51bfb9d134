// Walks over JSON bytes (RFC 8259) without building anything. Every function takes the place to start and the place to
// stop, and returns the place after what it walked over, or one of the sentinels below, which are all negative.
// Always pass a `Buffer`: one kind of array keeps these loops fast.

/** The bytes are no JSON. */
export const INVALID = -1;
/** The bytes end before the value does. */
export const INCOMPLETE = -2;
/** More containers inside each other than allowed. */
export const TOO_DEEP = -3;

/** The most that `maxDepth` can be. */
const DEPTH_LIMIT = 512;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");
const NULL = Buffer.from("null");

/** What may follow a backslash: 1 one of `"\/bfnrt`, 2 a `u` with four hex digits, 0 anything else. */
const ESCAPES = new Uint8Array(256);
for (const character of '"\\/bfnrt') ESCAPES[character.charCodeAt(0)] = 1;
ESCAPES["u".charCodeAt(0)] = 2;

/** The closing byte of each container the walk is in. One walk runs at a time, so one array serves them all. */
const closers = new Uint8Array(DEPTH_LIMIT);

/** Over white space: the first byte that is none, or `end`. */
export function skipSpace(bytes: Buffer, pos: number, end: number): number {
  let at = pos;
  while (at < end) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== LF && byte !== CR && byte !== TAB) break;
    at += 1;
  }
  return at;
}

/** Over a string whose opening quote is at `pos`. Control characters and unknown escapes are invalid. */
export function skipString(bytes: Buffer, pos: number, end: number): number {
  let at = pos + 1;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) {
      at = skipEscape(bytes, at, end);
      if (at < 0) return at;
    } else if (byte < SPACE) return INVALID;
    else at += 1;
  }
  return INCOMPLETE;
}

function skipEscape(bytes: Buffer, pos: number, end: number): number {
  if (pos + 1 >= end) return INCOMPLETE;
  const kind = ESCAPES[bytes[pos + 1] ?? 0];
  if (kind === 1) return pos + 2;
  if (kind !== 2) return INVALID;
  for (let at = pos + 2; at < pos + 6; at += 1) {
    if (at >= end) return INCOMPLETE;
    if (!isHex(bytes[at] ?? 0)) return INVALID;
  }
  return pos + 6;
}

/**
 * Over one value of any type, white space before it included. Exactly what `JSON.parse` takes is valid, up to `maxDepth`
 * (at most 512) containers inside each other. Iterative, so hostile nesting costs nothing.
 */
export function skipValue(bytes: Buffer, pos: number, end: number, maxDepth = 64): number {
  const deepest = Math.min(maxDepth, DEPTH_LIMIT);
  let depth = 0;
  let at = skipSpace(bytes, pos, end);
  for (;;) {
    if (at >= end) return INCOMPLETE;
    const byte = bytes[at];
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (depth >= deepest) return TOO_DEEP;
      // In ASCII the closing bracket of both kinds is two after the opening one.
      const closer = byte + 2;
      at = skipSpace(bytes, at + 1, end);
      if (at >= end) return INCOMPLETE;
      if (bytes[at] === closer) at += 1;
      else {
        closers[depth] = closer;
        depth += 1;
        if (closer === CLOSE_OBJECT) at = skipKey(bytes, at, end);
        if (at < 0) return at;
        continue;
      }
    } else at = byte === QUOTE ? skipString(bytes, at, end) : skipScalar(bytes, at, end);
    if (at < 0) return at;
    for (;;) {
      if (depth === 0) return at;
      at = skipSpace(bytes, at, end);
      if (at >= end) return INCOMPLETE;
      const closer = closers[depth - 1];
      if (bytes[at] === COMMA) {
        at = skipSpace(bytes, at + 1, end);
        if (closer === CLOSE_OBJECT) at = skipKey(bytes, at, end);
        if (at < 0) return at;
        break;
      }
      if (bytes[at] !== closer) return INVALID;
      at += 1;
      depth -= 1;
    }
  }
}

/** Over `"key" :` and the white space behind it. */
function skipKey(bytes: Buffer, pos: number, end: number): number {
  if (pos >= end) return INCOMPLETE;
  if (bytes[pos] !== QUOTE) return INVALID;
  let at = skipString(bytes, pos, end);
  if (at < 0) return at;
  at = skipSpace(bytes, at, end);
  if (at >= end) return INCOMPLETE;
  return bytes[at] === COLON ? skipSpace(bytes, at + 1, end) : INVALID;
}

function skipScalar(bytes: Buffer, pos: number, end: number): number {
  const byte = bytes[pos] ?? 0;
  if (byte === MINUS || isDigit(byte)) return skipNumber(bytes, pos, end);
  if (byte === TRUE[0]) return skipWord(bytes, pos, end, TRUE);
  if (byte === FALSE[0]) return skipWord(bytes, pos, end, FALSE);
  return byte === NULL[0] ? skipWord(bytes, pos, end, NULL) : INVALID;
}

function skipWord(bytes: Buffer, pos: number, end: number, word: Buffer): number {
  for (let i = 1; i < word.length; i += 1) {
    if (pos + i >= end) return INCOMPLETE;
    if (bytes[pos + i] !== word[i]) return INVALID;
  }
  return pos + word.length;
}

function skipNumber(bytes: Buffer, pos: number, end: number): number {
  let at = bytes[pos] === MINUS ? pos + 1 : pos;
  at = at < end && bytes[at] === ZERO ? at + 1 : skipDigits(bytes, at, end);
  if (at >= 0 && at < end && bytes[at] === DOT) at = skipDigits(bytes, at + 1, end);
  // 0x20 is what tells "E" from "e".
  if (at >= 0 && at < end && ((bytes[at] ?? 0) | 0x20) === 0x65) {
    const sign = at + 1 < end ? bytes[at + 1] : undefined;
    at = skipDigits(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1, end);
  }
  return at;
}

/** Over at least one digit. */
function skipDigits(bytes: Buffer, pos: number, end: number): number {
  let at = pos;
  while (at < end && isDigit(bytes[at] ?? 0)) at += 1;
  if (at > pos) return at;
  return at >= end ? INCOMPLETE : INVALID;
}

/**
 * Over an object or array whose opening bracket is at `pos`, by counting brackets outside strings and nothing else: it
 * finds the end of what was meant as one value where a sender's JSON is slightly broken. Never INVALID, never TOO_DEEP.
 */
export function skipBrackets(bytes: Buffer, pos: number, end: number): number {
  let depth = 0;
  let at = pos;
  while (at < end) {
    const byte = bytes[at];
    at += 1;
    if (byte === QUOTE) {
      at = skipLooseString(bytes, at - 1, end);
      if (at < 0) return at;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
      if (depth <= 0) return at;
    }
  }
  return INCOMPLETE;
}

/** Over a string whose opening quote is at `pos`; anything but an unescaped quote is part of it. */
export function skipLooseString(bytes: Buffer, pos: number, end: number): number {
  let at = pos + 1;
  while (at < end) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  return INCOMPLETE;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}

function isHex(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

import type { Glancer, Sighting } from "../component/codec.ts";
import { skipSpace, skipString, skipValue } from "../scan/json.ts";
import { MemberGlance } from "./glance.ts";
import { startsWith, type Sight } from "./glance-names.ts";
import type { Dialect } from "./spellings.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A glance over one JSON object's bytes: walks them once, builds nothing. */
export class JsonGlance implements Glancer {
  readonly #members: MemberGlance;
  /** Whether the string walked last held neither escapes nor bytes beyond ASCII. */
  #plain = false;

  /** `unsureOf` names members that make every look unsure. */
  constructor(dialect: Dialect, wanted: readonly string[], unsureOf: readonly string[] = []) {
    this.#members = new MemberGlance(dialect, wanted, unsureOf);
  }

  get seen(): Sighting {
    return this.#members.seen;
  }

  look(bytes: Buffer, start: number, end: number): boolean {
    this.#members.begin();
    if (bytes[start] !== 0x7b) return false;
    const at = this.#object(bytes, start, end);
    return at > 0 && this.#members.end() && isBlank(bytes, at, end);
  }

  /** The members of an object; the place after it, or negative when unsure. */
  #object(bytes: Buffer, start: number, end: number): number {
    let at = start + 1;
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) at = skipSpace(bytes, at, end);
      at = this.#member(bytes, at, end);
      if (at < 0) return -1;
      let byte = bytes[at] as number;
      if (at < end && byte !== 0x2c && byte !== 0x7d) {
        at = skipSpace(bytes, at, end);
        byte = bytes[at] as number;
      }
      if (at >= end) return -1;
      at += 1;
      if (byte === 0x2c) continue;
      return byte === 0x7d ? at : -1;
    }
  }

  /** One `"name": value`; the place after it, or negative when unsure. */
  #member(bytes: Buffer, pos: number, end: number): number {
    if (pos >= end || bytes[pos] !== QUOTE) return -1;
    const { names } = this.#members;
    const { expected } = names;
    let sight: Sight;
    let at = expected === undefined ? end : pos + 2 + expected.key.length;
    if (expected !== undefined && at < end && bytes[at - 1] === QUOTE && startsWith(bytes, pos + 1, expected.key)) {
      names.came();
      ({ sight } = expected);
    } else {
      at = this.#string(bytes, pos, end);
      if (at < 0 || !this.#plain || at === pos + 2) return -1;
      sight = names.get(bytes, pos + 1, at - 1);
    }
    if (bytes[at] !== 0x3a) at = skipSpace(bytes, at, end);
    if (at >= end || bytes[at] !== 0x3a) return -1;
    at += 1;
    if (bytes[at] === 0x20) at = skipSpace(bytes, at, end);
    const byte = bytes[at] as number;
    if (at < end && byte === QUOTE) {
      const after = this.#string(bytes, at, end);
      if (sight.kind === "skip") return after;
      if (after < 0 || (!this.#plain && sight.kind !== "message")) return -1;
      return this.#members.text(sight, bytes, at + 1, after - 1) ? after : -1;
    }
    return this.#other(bytes, at, end, sight);
  }

  /** A value that is no text. */
  #other(bytes: Buffer, at: number, end: number, sight: Sight): number {
    const byte = bytes[at] as number;
    if (byte === 0x7b && sight.inside !== undefined) {
      const outer = this.#members.enter(sight);
      if (outer === undefined) return -1;
      const inner = this.#object(bytes, at, end);
      this.#members.leave(outer);
      return inner;
    }
    const after = skipNumber(bytes, at, end);
    if (after < 0) return -1;
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return this.#number(bytes, at, after, sight) ? after : -1;
    if (byte === 0x7b || byte === 0x5b) return this.#members.container(sight, byte === 0x7b) ? after : -1;
    return this.#members.other(sight) ? after : -1;
  }

  #number(bytes: Buffer, start: number, end: number, sight: Sight): boolean {
    if (sight.kind === "skip") return true;
    const digits = end - start;
    const value = digits === 1 ? (bytes[start] as number) - 0x30 : Number(bytes.toString("latin1", start, end));
    return this.#members.number(sight, value);
  }

  /** Over a string, as `skipString`, and notes whether it is plain. */
  #string(bytes: Buffer, pos: number, end: number): number {
    let at = pos + 1;
    // Four at a time, since this loop is most of a glance.
    while (at + 3 < end && arePlain(bytes, at)) at += 4;
    while (at < end && IS_PLAIN[bytes[at] as number] === 1) at += 1;
    this.#plain = at < end && bytes[at] === QUOTE;
    return this.#plain ? at + 1 : skipString(bytes, pos, end);
  }
}

/** Over a value; a number as senders mostly write it, digits with perhaps a fraction, without the general walk. */
function skipNumber(bytes: Buffer, start: number, end: number): number {
  let at = start;
  const first = bytes[at] as number;
  if (first < 0x31 || first > 0x39) return skipValue(bytes, start, end);
  do at += 1;
  while (at < end && isDigit(bytes[at] as number));
  if (at + 1 < end && bytes[at] === 0x2e && isDigit(bytes[at + 1] as number)) {
    do at += 1;
    while (at < end && isDigit(bytes[at] as number));
  }
  const next = bytes[at] as number;
  return at < end && (next === 0x2c || next === 0x7d) ? at : skipValue(bytes, start, end);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Bytes of a string that stand for themselves: printable ASCII but the quote and the backslash. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte <= 0x7e && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

function arePlain(bytes: Buffer, at: number): boolean {
  const first = (IS_PLAIN[bytes[at] as number] as number) & (IS_PLAIN[bytes[at + 1] as number] as number);
  return (first & (IS_PLAIN[bytes[at + 2] as number] as number) & (IS_PLAIN[bytes[at + 3] as number] as number)) === 1;
}

/** Only white space and the NULs that some senders add. */
function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && byte !== 0x00) return false;
  }
  return true;
}

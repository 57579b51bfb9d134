import type { Glancer, Sighting } from "../component/codec.ts";
import { skipSpace, skipString, skipValue } from "../scan/json.ts";
import { MemberGlance } from "./glance.ts";
import type { Dialect } from "./spellings.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A glance over one JSON object's bytes: walks them once, builds nothing. */
export class JsonGlance implements Glancer {
  readonly #members: MemberGlance;
  /** Whether the string walked last held neither escapes nor bytes beyond ASCII. */
  #plain = false;

  /** `unsureOf` names a member that makes every look unsure. */
  constructor(dialect: Dialect, wanted: readonly string[], unsureOf?: string) {
    this.#members = new MemberGlance(dialect, wanted, unsureOf);
  }

  get seen(): Sighting {
    return this.#members.seen;
  }

  look(bytes: Buffer, start: number, end: number): boolean {
    this.#members.begin();
    if (bytes[start] !== 0x7b) return false;
    let at = start + 1;
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) at = skipSpace(bytes, at, end);
      at = this.#member(bytes, at, end);
      if (at < 0) return false;
      let byte = bytes[at] as number;
      if (at < end && byte !== 0x2c && byte !== 0x7d) {
        at = skipSpace(bytes, at, end);
        byte = bytes[at] as number;
      }
      if (at >= end) return false;
      at += 1;
      if (byte === 0x2c) continue;
      return byte === 0x7d && this.#members.sure && isBlank(bytes, at, end);
    }
  }

  /** One `"name": value`; the place after it, or negative when unsure. */
  #member(bytes: Buffer, pos: number, end: number): number {
    if (pos >= end || bytes[pos] !== QUOTE) return -1;
    let at = this.#string(bytes, pos, end);
    if (at < 0 || !this.#plain || at === pos + 2) return -1;
    const sight = this.#members.sightOf(bytes, pos + 1, at - 1);
    if (bytes[at] !== 0x3a) at = skipSpace(bytes, at, end);
    if (at >= end || bytes[at] !== 0x3a) return -1;
    at += 1;
    if (bytes[at] === 0x20) at = skipSpace(bytes, at, end);
    const byte = bytes[at] as number;
    if (at < end && byte === QUOTE) {
      const after = this.#string(bytes, at, end);
      return after > 0 && this.#members.text(sight, bytes, at + 1, after - 1, this.#plain) ? after : -1;
    }
    const after = skipValue(bytes, at, end);
    if (after < 0) return -1;
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return this.#number(bytes, at, after, sight) ? after : -1;
    if (byte === 0x7b || byte === 0x5b) return this.#members.container(sight, byte === 0x7b) ? after : -1;
    return this.#members.other(sight) ? after : -1;
  }

  #number(bytes: Buffer, start: number, end: number, sight: Parameters<MemberGlance["number"]>[0]): boolean {
    if (sight.kind === "skip") return true;
    const digits = end - start;
    const value = digits === 1 ? (bytes[start] as number) - 0x30 : Number(bytes.toString("latin1", start, end));
    return this.#members.number(sight, value);
  }

  /** Over a string, as `skipString`, and notes whether it is plain. */
  #string(bytes: Buffer, pos: number, end: number): number {
    let at = pos + 1;
    for (; at < end; at += 1) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.#plain = true;
        return at + 1;
      }
      if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) break;
    }
    this.#plain = false;
    return skipString(bytes, pos, end);
  }
}

/** Only white space and the NULs that some senders add. */
function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if ((bytes[at] as number) > 0x20) return false;
  return true;
}

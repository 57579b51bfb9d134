import { bitsAt, CHAR } from "./chars.ts";
import type { Findings } from "./findings.ts";
import type { NameKind, SecretNames } from "./names.ts";
import { NameHints, nameStart } from "./name-hints.ts";
import { isProse, isSecret } from "./secrecy.ts";
import { findUrlCredentials } from "./url.ts";
import { startsOther, valueAt, type Extent } from "./value.ts";

const COLON = 0x3a;
const EQUALS = 0x3d;
const SLASH = 0x2f;
const GREATER = 0x3e;
const SPACE = 0x20;
const TAB = 0x09;
const QUOTE = 0x22;
const PERCENT = 0x25;
/** The "D" of "%5D", a closing bracket in a query string. */
const LAST_OF_ENCODED = 0x44;
const LOWER_D = 0x64;
/** "密码"; none of ASCII is that short. */
const MIN_NAME_CHARS = 2;
const BACKSLASH = 0x5c;
/** Quotes and backslashes between a name and its separator. */
const MAX_CLOSING_CHARS = 20;
/** Longest word before a name that may make a phrase of it: "verification code", "continuation token". */
const MAX_BEFORE_CHARS = 14;

/**
 * Finds values that stand after a secret's name and "=" or ":" in running text, logfmt, JSON, query strings, HTTP headers
 * and printed objects.
 */
export class KeyedValues {
  readonly #names: SecretNames;
  readonly #hints: NameHints;

  constructor(names: SecretNames) {
    this.#names = names;
    this.#hints = new NameHints(names.extra);
  }

  find(text: string, findings: Findings): void {
    for (let at = text.indexOf("="); at >= 0;) at = text.indexOf("=", this.#equals(text, at, findings));
    for (let at = text.indexOf(":"); at >= 0;) at = text.indexOf(":", this.#colon(text, at, findings));
    for (let at = text.indexOf("%3"); at >= 0;) at = text.indexOf("%3", this.#encoded(text, at, findings));
  }

  /** "next=%2Fcb%3Ftoken%3Dabc%26x%3D1": an address inside an address. Returns where to look on. */
  #encoded(text: string, at: number, findings: Findings): number {
    const from = at + 3;
    if ((text.charCodeAt(at + 2) | 0x20) !== LOWER_D || !this.#hints.canBeSecret(text, at)) return at + 2;
    const found = nameStart(text, at);
    const start = text.charCodeAt(found - 1) === PERCENT ? found + 2 : found;
    const kind = this.#names.kindOf(text.slice(start, at));
    if (!kind.secret) return from;
    ENCODED_VALUE.lastIndex = from;
    const value = ENCODED_VALUE.exec(text)?.[0] ?? "";
    if (isSecret(kind, value)) findings.add("key", from, from + value.length);
    return from + value.length;
  }

  /** Returns where to look on. */
  #equals(text: string, at: number, findings: Findings): number {
    if (this.#isInnocent(text, at)) return at + 1;
    const next = text.charCodeAt(at + 1);
    if (next === EQUALS) return at + 2;
    const before = text.charCodeAt(at - 1);
    // "a := b" has its name before the colon; "!=", "<=", ">=" and the second "=" of "==" compare.
    if (before === 0x21 || before === 0x3c || before === 0x3e || before === EQUALS) return at + 1;
    const separator = before === COLON ? at - 1 : at;
    return this.#keyed(text, separator, next === 0x3e ? at + 2 : at + 1, findings);
  }

  /** Returns where to look on. */
  #colon(text: string, at: number, findings: Findings): number {
    const next = text.charCodeAt(at + 1);
    if (next === SLASH && text.charCodeAt(at + 2) === SLASH) return findUrlCredentials(text, at + 3, findings);
    if (isDigit(next) && isDigit(text.charCodeAt(at - 1))) return at + 1; // a time
    if (this.#isInnocent(text, at)) return at + 1;
    if (next === COLON) return at + 2;
    return next === EQUALS ? at + 1 : this.#keyed(text, at, at + 1, findings);
  }

  /** The short way out for nearly every separator: a name right before it, with or without a quote, that is no secret's. */
  #isInnocent(text: string, at: number): boolean {
    const code = text.charCodeAt(at - 1);
    const end = code === QUOTE ? at - 1 : at;
    if ((bitsAt(text, end - 1) & CHAR.name) === 0 || (code === LAST_OF_ENCODED && text.charCodeAt(at - 3) === PERCENT))
      return false;
    return !this.#hints.canBeSecret(text, end);
  }

  /** The value from `from` on, when what ends at the separator is a secret's name. */
  #keyed(text: string, separator: number, from: number, findings: Findings): number {
    const end = nameEnd(text, separator);
    const start = nameStart(text, end);
    if (end - start < MIN_NAME_CHARS || !this.#hints.canBeSecret(text, end)) return from;
    const kind = this.#kind(text, start, end);
    if (!kind.secret) return from;
    let at = behindType(text, from);
    while (text.charCodeAt(at) === SPACE || text.charCodeAt(at) === TAB) at += 1;
    const byColon = text.charCodeAt(separator) === COLON;
    if (at > from && !byColon && text.charCodeAt(separator - 1) !== SPACE && startsOther(text, at)) return from;
    const value = valueAt(text, at, kind.cookie);
    const isApart = end === separator || text.charCodeAt(separator - 1) === SPACE;
    const mayBeProse = isApart && at > from && !value.quoted && byColon;
    if (isSecretHere(text, value, kind, mayBeProse)) findings.add("key", value.start, value.end, quoteFor(text, end, value));
    return Math.max(from, value.end);
  }

  /** Looks at the word before where that can change the meaning: "api key: ...", "Unexpected token: ...". */
  #kind(text: string, start: number, end: number): NameKind {
    const name = text.slice(start, end);
    const kind = this.#names.kindOf(name);
    if (VALUE.test(name)) {
      const listed = LISTED.exec(text.slice(Math.max(0, start - MAX_LISTED_CHARS), start))?.[1];
      return listed === undefined ? kind : this.#names.kindOf(listed);
    }
    if (!kind.ending || text.charCodeAt(start - 1) !== SPACE) return kind;
    let first = start - 1;
    while (first > start - MAX_BEFORE_CHARS && (bitsAt(text, first - 1) & CHAR.word) !== 0) first -= 1;
    return this.#names.kindAfter(text.slice(first, start - 1), name);
  }
}

const VALUE = /^values?$/i;
/** `{"name":"password","value":`, `<add key="password" value=`. */
const LISTED =
  /(?:name|key|header)\\{0,7}["']?\s{0,3}(?:=>?|:)\s{0,3}\\{0,7}["']([\w.-]{2,64})\\{0,7}["'][\s,]{1,8}:?\\{0,7}["']?$/i;
const MAX_LISTED_CHARS = 120;
const ENCODED_VALUE = /(?:[^%&\s"'<>]|%(?!2[36]))*/y;
/** PHP's var_dump says `string(7) "..."`. */
const TYPE = /\s{0,8}string\(\d{1,9}\) (?=")/y;

function behindType(text: string, from: number): number {
  if (text.charCodeAt(from - 1) !== GREATER) return from;
  TYPE.lastIndex = from;
  return TYPE.test(text) ? TYPE.lastIndex : from;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isSecretHere(text: string, value: Extent, kind: NameKind, prose: boolean): boolean {
  if (value.end <= value.start) return false;
  const written = text.slice(value.start, value.end);
  return isSecret(kind, written) && !(prose && isProse(kind, written));
}

/** Steps back over what may stand between a name and its separator: spaces, quotes, a closing bracket. */
function nameEnd(text: string, separator: number): number {
  let end = separator;
  while (end > separator - 4 && text.charCodeAt(end - 1) === SPACE) end -= 1;
  const last = text.charCodeAt(end - 1);
  if (last === 0x5d) end -= 1;
  else if (last === LAST_OF_ENCODED && text.startsWith("%5", end - 3)) end -= 3;
  while (
    separator - end < MAX_CLOSING_CHARS &&
    ((bitsAt(text, end - 1) & CHAR.quote) !== 0 || text.charCodeAt(end - 1) === BACKSLASH)
  ) {
    end -= 1;
  }
  return end;
}

/** A bare number or list in JSON text becomes a string, with the quotes (escaped or not) that its name has. */
function quoteFor(text: string, nameEnd: number, value: Extent): string {
  if (value.quoted) return "";
  const quote = /^\\{0,15}"/.exec(text.slice(nameEnd, nameEnd + 16))?.[0];
  return quote ?? "";
}

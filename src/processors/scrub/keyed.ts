import { bitsAt, CHAR } from "./chars.ts";
import type { Findings } from "./findings.ts";
import type { NameKind, SecretNames } from "./names.ts";
import { NameHints } from "./name-hints.ts";
import { isProse, isSecret } from "./secrecy.ts";
import { findUrlCredentials } from "./url.ts";
import { valueAt, type Extent } from "./value.ts";

const COLON = 0x3a;
const EQUALS = 0x3d;
const SLASH = 0x2f;
const SPACE = 0x20;
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
  }

  /** Returns where to look on. */
  #equals(text: string, at: number, findings: Findings): number {
    const next = text.charCodeAt(at + 1);
    if (next === EQUALS) return at + 2;
    const before = text.charCodeAt(at - 1);
    // "a := b" has its name before the colon; "!=", "<=", ">=" and the second "=" of "==" compare.
    if (before === 0x21 || before === 0x3c || before === 0x3e || before === EQUALS) return at + 1;
    const nameEnd = before === COLON ? at - 1 : at;
    return this.#keyed(text, { nameEnd, from: next === 0x3e ? at + 2 : at + 1, prose: false }, findings);
  }

  /** Returns where to look on. */
  #colon(text: string, at: number, findings: Findings): number {
    const next = text.charCodeAt(at + 1);
    if (next === COLON) return at + 2;
    if (next === SLASH && text.charCodeAt(at + 2) === SLASH) return findUrlCredentials(text, at + 3, findings);
    if (next === EQUALS) return at + 1;
    return this.#keyed(text, { nameEnd: at, from: at + 1, prose: next === SPACE }, findings);
  }

  #keyed(text: string, place: { nameEnd: number; from: number; prose: boolean }, findings: Findings): number {
    const end = nameEnd(text, place.nameEnd);
    const start = this.#hints.nameStart(text, end);
    if (start < 0) return place.from;
    const kind = this.#kind(text, start, end);
    if (!kind.secret) return place.from;
    let from = place.from;
    while (text.charCodeAt(from) === SPACE || text.charCodeAt(from) === 0x09) from += 1;
    const value = valueAt(text, from, kind.cookie);
    const bare = end === place.nameEnd;
    if (isSecretHere(text, value, kind, place.prose && bare && !value.quoted)) {
      findings.add("key", value.start, value.end, quoteFor(text, end, value));
    }
    return Math.max(place.from, value.end);
  }

  /** Looks at the word before where that can change the meaning: "api key: ...", "Unexpected token: ...". */
  #kind(text: string, start: number, end: number): NameKind {
    const name = text.slice(start, end);
    const kind = this.#names.kindOf(name);
    if (!kind.ending || text.charCodeAt(start - 1) !== SPACE) return kind;
    let first = start - 1;
    while (first > start - MAX_BEFORE_CHARS && (bitsAt(text, first - 1) & CHAR.word) !== 0) first -= 1;
    return this.#names.kindAfter(text.slice(first, start - 1), name);
  }
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
  else if (last === 0x44 && text.startsWith("%5", end - 3)) end -= 3;
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

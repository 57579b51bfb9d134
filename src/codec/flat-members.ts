/** One member of an object, as its bytes show it. */
export interface FlatMember {
  /** Printable ASCII without escapes. */
  readonly name: string;
  /** "text": a string. "word": a number, true or false. "other": null, an object, a list. */
  readonly kind: "text" | "word" | "other";
  /** Where the value lies: of a JSON text what stands between the quotes. */
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;

/** Numbers as names come first in an object, whatever their place in the text. */
const NUMBER = /^\d/;
const NAME = /^[ !#-[\]-~]{1,200}$/;

/**
 * The members of the object that a text is, `undefined` where it is none, or has names that are not plain or come twice.
 * It tells where things lie and checks no values: whoever asks knows that the text parses.
 */
export function flatMembers(text: string, most: number): readonly FlatMember[] | undefined {
  const members: FlatMember[] = [];
  const names = new Set<string>();
  if (text.charCodeAt(0) !== OPEN) return undefined;
  for (let at = spaceEnd(text, 1); members.length < most;) {
    if (text.charCodeAt(at) !== QUOTE) return undefined;
    const nameEnd = stringEnd(text, at);
    const name = text.slice(at + 1, nameEnd - 1);
    if (!isPlainName(name) || names.has(name)) return undefined;
    names.add(name);
    at = spaceEnd(text, nameEnd);
    if (text.charCodeAt(at) !== COLON) return undefined;
    const start = spaceEnd(text, at + 1);
    const member = memberAt(text, start, name);
    if (member === undefined) return undefined;
    members.push(member);
    at = spaceEnd(text, member.kind === "text" ? member.end + 1 : member.end);
    const next = text.charCodeAt(at);
    if (next === CLOSE) return isBlank(text, at + 1) ? members : undefined;
    if (next !== COMMA) return undefined;
    at = spaceEnd(text, at + 1);
  }
  return undefined;
}

/** Whether a name is printable ASCII without escapes, and stands in its own place among an object's members. */
export function isPlainName(name: string): boolean {
  return NAME.test(name) && !NUMBER.test(name) && name !== "__proto__";
}

function memberAt(text: string, start: number, name: string): FlatMember | undefined {
  const first = text.charCodeAt(start);
  if (first === QUOTE) {
    const end = stringEnd(text, start);
    return { name, kind: "text", start: start + 1, end: end - 1 };
  }
  if (first === OPEN || first === OPEN_LIST) {
    const end = containerEnd(text, start);
    return end < 0 ? undefined : { name, kind: "other", start, end };
  }
  const end = wordEnd(text, start);
  if (end === start) return undefined;
  return { name, kind: first === 0x6e ? "other" : "word", start, end };
}

/** Behind the quote that closes the string at `at`; the end of the text where none does. */
function stringEnd(text: string, at: number): number {
  let end = at + 1;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === BACKSLASH) end += 1;
    else if (code === QUOTE) return end + 1;
  }
  return text.length;
}

function containerEnd(text: string, at: number): number {
  let depth = 0;
  for (let end = at; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === QUOTE) end = stringEnd(text, end) - 1;
    else if (code === OPEN || code === OPEN_LIST) depth += 1;
    else if (code === CLOSE || code === CLOSE_LIST) depth -= 1;
    if (depth === 0) return end + 1;
  }
  return -1;
}

/** Behind the letters, digits and signs of a number, `true`, `false` or `null`. */
function wordEnd(text: string, at: number): number {
  let end = at;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    const isWord = (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
    if (!isWord && code !== MINUS && code !== 0x2e && code !== 0x2b) break;
  }
  return end;
}

function spaceEnd(text: string, at: number): number {
  let end = at;
  while (isSpace(text.charCodeAt(end))) end += 1;
  return end;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function isBlank(text: string, from: number): boolean {
  for (let at = from; at < text.length; at += 1) if (!isSpace(text.charCodeAt(at)) && text.charCodeAt(at) !== 0) return false;
  return true;
}

import { bitsAt, CHAR } from "./chars.ts";
import { markEnd } from "./mark.ts";
import { LONG_SCHEMES, SCHEMES } from "./vocabulary.ts";

/** Where the value after a name lies in a text. */
export interface Extent {
  readonly start: number;
  /** `start` when there is no value. */
  readonly end: number;
  readonly quoted: boolean;
}

/** Characters of a bracketed value that are looked at for its end. */
const MAX_BRACKETED_CHARS = 4_096;
const BACKSLASH = 0x5c;

/** The value that starts at `at`: quoted (escaped quotes too), bracketed, a list of cookies, "Bearer ..." or a plain word. */
export function valueAt(text: string, at: number, cookie = false): Extent {
  let open = at;
  while (text.charCodeAt(open) === BACKSLASH) open += 1;
  if ((bitsAt(text, open) & CHAR.quote) !== 0) return quoted(text, open, open - at);
  const marked = markEnd(text, at);
  if (marked === at) {
    const first = text.charCodeAt(at);
    if (first === 0x5b || first === 0x7b || (first === 0x28 && (bitsAt(text, at + 1) & CHAR.quote) !== 0))
      return bracketed(text, at);
  }
  const end = cookie ? cookiesEnd(text, marked) : schemeEnd(text, at, wordEnd(text, marked));
  return { start: at, end, quoted: false };
}

/** From behind a quote with `slashes` backslashes before it to the one that closes it, or to the end of the line. */
function quoted(text: string, open: number, slashes: number): Extent {
  const quote = text.charCodeAt(open);
  const start = open + 1;
  let run = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a) return { start, end: at, quoted: true };
    if (code === BACKSLASH) {
      run += 1;
      continue;
    }
    if (code === quote && closes(run, slashes)) return { start, end: at - Math.min(run, slashes), quoted: true };
    run = 0;
  }
  return { start, end: text.length, quoted: true };
}

/**
 * Text inside JSON inside JSON: a quote opened as `\"` is closed by `\"`, and `\\\"` is one inside the value. Each level of
 * nesting turns n backslashes before a quote into 2n + 1.
 */
function closes(run: number, slashes: number): boolean {
  let before = run;
  for (let level = slashes; level > 0; level = (level - 1) >> 1) {
    if (before % 2 === 0) return true;
    before = (before - 1) >> 1;
  }
  return before % 2 === 0;
}

/** From a bracket to the one that closes it, quotes respected; when none does, everything that was looked at. */
function bracketed(text: string, start: number): Extent {
  const limit = Math.min(text.length, start + MAX_BRACKETED_CHARS);
  let depth = 0;
  let inQuotes = false;
  for (let at = start; at < limit; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === 0x22) inQuotes = !inQuotes;
    else if (inQuotes) continue;
    else if (code === 0x28 || code === 0x5b || code === 0x7b) depth += 1;
    else if ((bitsAt(text, at) & CHAR.closer) !== 0) depth -= 1;
    if (depth === 0) return { start, end: at + 1, quoted: false };
  }
  return { start, end: limit, quoted: false };
}

/** The end of a plain word. Passwords hold punctuation, so that it ends a value only where something else clearly follows. */
function wordEnd(text: string, from: number): number {
  let open = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const bits = bitsAt(text, at);
    if ((bits & (CHAR.word | CHAR.name)) !== 0) continue;
    if ((bits & CHAR.space) !== 0 || code === 0x3c || code === 0x3e) return at;
    if (code === 0x28 || code === 0x5b || code === 0x7b) open += 1;
    else if ((bits & CHAR.closer) !== 0 && open > 0) open -= 1;
    else if ((bits & (CHAR.closer | CHAR.quote)) !== 0 && endsThing(text, at + 1)) return at;
    else if ((bits & CHAR.separator) !== 0 && (endsThing(text, at + 1) || nameFollows(text, at + 1))) return at;
    else if (code === BACKSLASH && "\"'nrtu\\".includes(text.charAt(at + 1))) return at;
  }
  return text.length;
}

function endsThing(text: string, at: number): boolean {
  if (at >= text.length) return true;
  const bits = bitsAt(text, at);
  if ((bits & (CHAR.space | CHAR.closer | CHAR.quote | CHAR.separator)) !== 0) return true;
  const code = text.charCodeAt(at);
  return code === 0x2e || code === 0x3a || code === 0x3c || code === 0x3e || code === BACKSLASH;
}

/** "secret= user=bob": what stands behind the space is another name with its value. */
export function startsOther(text: string, at: number): boolean {
  OTHER.lastIndex = at;
  return OTHER.test(text);
}

const OTHER = /[\w.-]{1,40}=[^=\s]/y;
const NAME_FOLLOWS = /[\w.%[\]-]{1,40}[=:]/y;

function nameFollows(text: string, at: number): boolean {
  NAME_FOLLOWS.lastIndex = at;
  return NAME_FOLLOWS.test(text);
}

/** "sid=abc; lang=en" goes on after "; " and ends at any other space. */
function cookiesEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const bits = bitsAt(text, at);
    if ((bits & CHAR.quote) !== 0) return at;
    if ((bits & CHAR.space) !== 0 && (text.charCodeAt(at) !== 0x20 || text.charCodeAt(at - 1) !== 0x3b)) return at;
  }
  return text.length;
}

/** "Bearer abc" and "Digest a=b, c=d" are one value. */
function schemeEnd(text: string, start: number, end: number): number {
  if (text.charCodeAt(end) !== 0x20 || end - start > 20) return end;
  const scheme = text.slice(start, end).toLowerCase();
  if (!SCHEMES.has(scheme)) return end;
  let next = end;
  while (text.charCodeAt(next) === 0x20) next += 1;
  return LONG_SCHEMES.has(scheme) ? parametersEnd(text, next) : wordEnd(text, markEnd(text, next));
}

/** `a="b", c=d` to the end of the line, or to a quote that opened before it. */
function parametersEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text.charCodeAt(at) === 0x0a) return at;
    if ((bitsAt(text, at) & CHAR.quote) === 0) continue;
    if (text.charCodeAt(at - 1) !== 0x3d) return at;
    const close = text.indexOf(text.charAt(at), at + 1);
    if (close < 0) return text.length;
    at = close;
  }
  return text.length;
}

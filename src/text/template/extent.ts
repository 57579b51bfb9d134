import { DELIMITER, isDigit, isWord, isWordOrMask, kindOf, QUOTE, SPACE, TOKEN } from "./characters.ts";

// How far things reach that are more than one token. A line is at most some 2000 characters, so is each search.

/** A quoted string that runs on for longer is none. */
const MAX_QUOTED_CHARS = 2_000;

/** Behind the quote that closes the one at `at`: the first that no word follows and no backslash precedes; -1 when there is none. */
export function endOfQuoted(text: string, at: number): number {
  const quote = text.charAt(at);
  for (let i = text.indexOf(quote, at + 1); i >= 0 && i - at <= MAX_QUOTED_CHARS; i = text.indexOf(quote, i + 1)) {
    if (text.charCodeAt(i - 1) !== 0x5c && !goesOnBehind(text, i + 1)) return i + 1;
  }
  return -1;
}

/** Whether a word, a placeholder or a path stands at `at`. */
function goesOnBehind(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return isWordOrMask(unit) || (unit === 0x2f && isWordOrMask(text.charCodeAt(at + 1)));
}

/** Behind the object literal (or the array of some) that begins at `at`, the end of the text when it was cut; -1 when none begins. */
export function endOfJson(text: string, at: number): number {
  const brace = text.charCodeAt(at) === 0x5b ? at + 1 : at;
  if (text.charCodeAt(brace) !== 0x7b) return -1;
  const quote = text.charCodeAt(brace + 1);
  if (quote !== 0x22 && quote !== 0x27) return -1;
  let depth = 0;
  let inString = false;
  for (let i = at; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === 0x5c) i += 1;
    else if (unit === quote) inString = !inString;
    else if (inString) continue;
    else if (unit === 0x7b || unit === 0x5b) depth += 1;
    else if (unit === 0x7d || unit === 0x5d) {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return text.length;
}

const MAP = /\{(?: ?[\w.$-]{1,64}[=:]|\})/y;

const NETWORK = /\d[\da-f:]*::$/i;
const MAX_NETWORK_CHARS = 39;

/** Whether the colons at the end of `text[at .. end)` belong to an address: "2001:db8::". */
export function endsInNetwork(text: string, at: number, end: number): boolean {
  return text.startsWith("::", end - 2) && end - at <= MAX_NETWORK_CHARS && NETWORK.test(text.slice(at, end));
}

/** Behind the map that begins at `at`, as in "{a=1, b=2}" and "Name{Key:1,}"; -1 when none does or it does not end. */
export function endOfMap(text: string, at: number): number {
  MAP.lastIndex = at;
  return (MAP.test(text) && endOfBrackets(text, at, 0x7d)) || -1;
}

/** Behind the string in escaped quotes that begins at `at`, as in `\\"text\\"` and `\\042text\\042`; -1 when none does. */
export function endOfEscapedQuoted(text: string, at: number): number {
  const quote = ESCAPED_QUOTES.find((form) => text.startsWith(form, at));
  if (quote === undefined || isWordOrMask(text.charCodeAt(at - 1))) return -1;
  const close = text.indexOf(quote, at + quote.length);
  const end = close + quote.length;
  return close < 0 || isWordOrMask(text.charCodeAt(end)) ? -1 : end;
}

const ESCAPED_QUOTES = ['\\"', "\\'", "\\042", "\\x22"];

/**
 * Behind an unquoted value: white space, quotes and all delimiters but the equal sign, pipes between words and whole
 * brackets end it, and so do braces and parentheses unless it is an `object`, as in `Name{...}`; full stops at its end do not count.
 */
export function endOfValue(text: string, at: number, object: boolean): number {
  let end = at;
  for (; end < text.length; end += 1) {
    const unit = text.charCodeAt(end);
    const kind = kindOf(unit);
    if (kind === SPACE || kind === QUOTE) break;
    if (unit === 0x5b) {
      const closed = endOfBrackets(text, end, 0x5d);
      if (closed === 0) break;
      end = closed - 1;
      continue;
    }
    if (object && (unit === 0x7b || unit === 0x28) && isWord(text.charCodeAt(end - 1))) {
      const closed = endOfBrackets(text, end, unit === 0x7b ? 0x7d : 0x29);
      if (closed === 0) break;
      end = closed - 1;
      continue;
    }
    if (kind === DELIMITER && unit !== 0x3d && !((unit === 0x2c || unit === 0x7c) && goesOn(text, end + 1))) break;
  }
  while (end > at + 1 && ".:!?".includes(text.charAt(end - 1))) end -= 1;
  // A backslash belongs to the quote behind it.
  while (end > at && text.charCodeAt(end - 1) === 0x5c) end -= 1;
  return end;
}

/** Behind the bracket `close` that closes the one at `at`, square brackets between them taken as a whole; 0 when none does. */
function endOfBrackets(text: string, at: number, close: number): number {
  const open = text.charCodeAt(at);
  let depth = 0;
  let square = 0;
  for (let i = at; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === open && square === 0) depth += 1;
    else if (unit === close && square === 0 && (depth -= 1) === 0) return i + 1;
    else if (open !== 0x5b && unit === 0x5b) square += 1;
    else if (open !== 0x5b && unit === 0x5d && square > 0) square -= 1;
  }
  return 0;
}

/** Whether a comma within `a=b,c` is part of the value: a word follows at once, and it is no key itself. */
function goesOn(text: string, at: number): boolean {
  if (!isWord(text.charCodeAt(at))) return false;
  let end = at;
  while (end < text.length && kindOf(text.charCodeAt(end)) === TOKEN) end += 1;
  const after = text.charCodeAt(end);
  return after !== 0x3d && after !== 0x28 && after !== 0x7b && after !== 0x3c;
}

/** Where a token ends that began at `at`: URLs, and paths with a query, go on through delimiters. */
export function endOfUrl(text: string, at: number, tokenEnd: number): number {
  const token = text.slice(at, tokenEnd);
  const query = token.charCodeAt(0) === 0x2f && token.includes("?");
  if (!query && !isWord(token.charCodeAt(token.indexOf("://") - 1))) return tokenEnd;
  let end = tokenEnd;
  let round = 0;
  for (; end < text.length; end += 1) {
    const unit = text.charCodeAt(end);
    const kind = kindOf(unit);
    if (kind === SPACE || kind === QUOTE || unit === 0x3c || unit === 0x3e || unit === 0x7c || unit === 0x5d || unit === 0x7d)
      break;
    if (unit === 0x28) round += 1;
    if (unit === 0x29 && (round -= 1) < 0) break;
  }
  while (end > tokenEnd && ",;".includes(text.charAt(end - 1))) end -= 1;
  return end;
}

/** Behind the equal signs that fill up base64; `end` when more of a token follows them. */
export function endOfPadding(text: string, end: number): number {
  let padded = end;
  while (text.charCodeAt(padded) === 0x3d) padded += 1;
  const after = text.charCodeAt(padded);
  return isWordOrMask(after) || (padded < text.length && kindOf(after) === TOKEN) ? end : padded;
}

const LEADING = "#*@&!$^%?:~+-.\\";

/** Whether the character is punctuation before a token: not a sign, not the beginning of a path. */
export function peelsLeft(text: string, at: number, end: number): boolean {
  const char = text.charAt(at);
  if (!LEADING.includes(char)) return false;
  const next = text.charAt(at + 1);
  if ((char === "-" || char === "+" || char === ".") && isDigit(next.charCodeAt(0)) && at + 1 < end) {
    return char === "." && text.charCodeAt(at - 1) === 0x2e;
  }
  if (char === "~" || char === ".") return next !== "/" && !(next === "." && text.charAt(at + 2) === "/");
  return (
    !(char === "\\" && next === "\\") && !(char === ":" && next === ":" && at + 2 < end && /[\da-f]/i.test(text.charAt(at + 2)))
  );
}

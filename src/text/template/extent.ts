import { DELIMITER, isWord, isWordOrMask, kindOf, QUOTE, SPACE, TOKEN } from "./characters.ts";

// How far things reach that are more than one token. A line is at most some 2000 characters, so is each search.

/** A quoted string that runs on for longer is none. */
const MAX_QUOTED_CHARS = 2_000;

/** Behind the quote that closes the one at `at`: the first that no word follows and no backslash precedes; -1 when there is none. */
export function endOfQuoted(text: string, at: number): number {
  const quote = text.charAt(at);
  for (let i = text.indexOf(quote, at + 1); i >= 0 && i - at <= MAX_QUOTED_CHARS; i = text.indexOf(quote, i + 1)) {
    if (text.charCodeAt(i - 1) !== 0x5c && !isWordOrMask(text.charCodeAt(i + 1))) return i + 1;
  }
  return -1;
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

/** Behind an unquoted value: white space, quotes and all delimiters but the equal sign and whole brackets end it; full stops at its end do not count. */
export function endOfValue(text: string, at: number): number {
  let end = at;
  for (; end < text.length; end += 1) {
    const unit = text.charCodeAt(end);
    const kind = kindOf(unit);
    if (kind === SPACE || kind === QUOTE) break;
    if (unit === 0x5b) {
      const closed = endOfBrackets(text, end);
      if (closed === 0) break;
      end = closed - 1;
      continue;
    }
    if (kind === DELIMITER && unit !== 0x3d && !(unit === 0x2c && goesOn(text, end + 1))) break;
  }
  while (end > at + 1 && ".:!?".includes(text.charAt(end - 1))) end -= 1;
  return end;
}

/** Behind the bracket that closes the one at `at`; 0 when none does. */
function endOfBrackets(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === 0x5b) depth += 1;
    else if (unit === 0x5d && (depth -= 1) === 0) return i + 1;
  }
  return 0;
}

/** Whether a comma within `a=b,c` is part of the value: a word follows at once, and it is no key itself. */
function goesOn(text: string, at: number): boolean {
  if (!isWord(text.charCodeAt(at))) return false;
  let end = at;
  while (end < text.length && kindOf(text.charCodeAt(end)) === TOKEN) end += 1;
  const after = text.charCodeAt(end);
  return after !== 0x3d && after !== 0x28 && after !== 0x7b;
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

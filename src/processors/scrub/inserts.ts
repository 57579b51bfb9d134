import type { Findings } from "./findings.ts";
import { isMark } from "./mark.ts";
import type { SecretNames } from "./names.ts";
import { isSecret } from "./secrecy.ts";

/** A list of columns and what follows it: `(name, password) VALUES (`. Every part is bounded. */
const COLUMNS = /\(([\w"`[\]., ]{1,2000})\)\s{0,8}(?:OVERRIDING \w{1,10} VALUE\s{1,8})?VALUES?\s{0,8}(?=\()/gi;
const MAX_COLUMNS = 200;
const QUOTE = 0x27;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = 0x28;
const CLOSE = 0x29;

/**
 * Finds values of SQL's INSERT that stand under a secret's column: `INSERT INTO users (name, password) VALUES ('bob', '...')`,
 * any number of rows. Without a list of columns nothing says which value is which.
 */
export function findInInserts(text: string, names: SecretNames, findings: Findings): void {
  for (let found = COLUMNS.exec(text); found !== null; found = COLUMNS.exec(text)) {
    const columns = (found[1] ?? "").split(",", MAX_COLUMNS).map((column) => names.kindOf(column.trim()));
    if (!columns.some(({ secret }) => secret)) continue;
    let at = COLUMNS.lastIndex;
    while (text.charCodeAt(at) === OPEN) {
      at = row(text, at + 1, (index, start, end) => {
        const kind = columns[index];
        const value = text.slice(start, end);
        if (kind?.secret === true && !isMark(value) && isSecret(kind, value)) findings.add("key", start, end);
      });
      while (text.charCodeAt(at) === COMMA || text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x0a) at += 1;
    }
    COLUMNS.lastIndex = at;
  }
}

/** Tells of the values of one row, without their quotes; returns the place behind its bracket. */
function row(text: string, from: number, tell: (index: number, start: number, end: number) => void): number {
  let index = 0;
  let start = from;
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = quoteEnd(text, at + 1);
    else if (code === OPEN) depth += 1;
    else if (code === CLOSE && depth > 0) depth -= 1;
    else if (code === CLOSE || (code === COMMA && depth === 0)) {
      told(text, start, at, (first, last) => tell(index, first, last));
      if (code === CLOSE) return at + 1;
      index += 1;
      start = at + 1;
    }
  }
  // Cut off: what is there may be the beginning of a secret.
  told(text, start, text.length, (first, last) => tell(index, first, last));
  return text.length;
}

/** The place of the quote that closes a text; '' and \' do not. The end where none does. */
function quoteEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) {
      if (text.charCodeAt(at + 1) !== QUOTE) return at;
      at += 1;
    }
  }
  return text.length;
}

/** Without blanks and quotes around it, and what tells the type of a text before it: `N'...'`, `E'...'`. */
function told(text: string, from: number, to: number, tell: (start: number, end: number) => void): void {
  let start = from;
  let end = to;
  while (start < end && text.charCodeAt(start) <= 0x20) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end -= 1;
  if (text.charCodeAt(start + 1) === QUOTE && /[NEBX]/i.test(text.charAt(start))) start += 1;
  if (text.charCodeAt(start) === QUOTE) start += 1;
  if (end > start && text.charCodeAt(end - 1) === QUOTE) end -= 1;
  if (end > start) tell(start, end);
}

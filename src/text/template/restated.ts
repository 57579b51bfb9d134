import { isDigit, kindOf, SPACE } from "./characters.ts";
import { maskToken } from "./token.ts";
import { beforeBlanks, wordBefore } from "./user.ts";
import { ELAPSED_WORDS, SIZE_UNITS } from "./words.ts";

// What depends on the words and the brackets around a value.

const IN_PARENTHESES = /\(([^()\s]{0,253})\)/y;
const SIZES_IN_PARENTHESES = /\(\d[\d.]{0,15} ?([A-Za-z]{1,9})(?:, \d[\d.]{0,15} ?([A-Za-z]{1,9}))?\)/y;
const CLOCK = /^\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?$/;

/**
 * Behind the parenthesis at `at` when it only says again what stands before it and was masked as `mask`: the size in
 * another unit, the address of a host, the host of an address, or nothing; -1 when it says something of its own.
 */
export function endOfRestated(text: string, at: number, mask: string): number {
  if (mask === "<size>") {
    SIZES_IN_PARENTHESES.lastIndex = at;
    const sizes = SIZES_IN_PARENTHESES.exec(text);
    const known = sizes?.slice(1).every((unit?: string) => unit === undefined || SIZE_UNITS.has(unit.toLowerCase())) === true;
    return known ? SIZES_IN_PARENTHESES.lastIndex : -1;
  }
  if (mask !== "<host>") return -1;
  IN_PARENTHESES.lastIndex = at;
  const name = IN_PARENTHESES.exec(text)?.[1];
  if (name === undefined) return -1;
  const known = name === "" ? "<host>" : maskToken(name, []);
  return known === "<host>" || (known === "<id>" && name.includes(".")) ? IN_PARENTHESES.lastIndex : -1;
}

const SAID = /^[A-Za-z].* .*[\w>)\].!?]$/;
const PAIR_OR_END = / [\w./-]+=|$/y;

/** Whether the string `text[at .. end)` opens the line and at most pairs follow it: then it is what the line says. */
export function isMessage(text: string, at: number, end: number): boolean {
  if (at !== 0 || !SAID.test(text.slice(at + 1, end - 1))) return false;
  PAIR_OR_END.lastIndex = end;
  return PAIR_OR_END.test(text);
}

/** Whether the sign at `at` belongs to the number behind it, as in "took <1 s": no tag, no priority such as "<14>". */
export function isComparison(text: string, at: number): boolean {
  if (at > 0 && kindOf(text.charCodeAt(at - 1)) !== SPACE) return false;
  let end = at + 1;
  while (isDigit(text.charCodeAt(end)) || text.charCodeAt(end) === 0x2e) end += 1;
  return end > at + 1 && text.charCodeAt(end) !== 0x3e;
}

/** Whether `text[at .. end)` looks like a clock but the word before it says that it is a span of time. */
export function isElapsed(text: string, at: number, end: number): boolean {
  if (end - at > 16 || !CLOCK.test(text.slice(at, end))) return false;
  const blank = beforeBlanks(text, at);
  return ELAPSED_WORDS.has(wordBefore(text, text.charCodeAt(blank - 1) === 0x3a ? blank - 1 : blank));
}

const REQUEST_LINE = /["'](?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) (?=[^\s"']{1,2000} HTTP\/[\d<])/y;

/**
 * Where the target begins of a request in quotes as access logs print it, whose method stays; -1 when the quote at `at`
 * opens something else, or a key announces it, so that it is a detail of what the message is about.
 */
export function requestTarget(text: string, at: number): number {
  if (text.charCodeAt(beforeBlanks(text, at) - 1) === 0x3a) return -1;
  REQUEST_LINE.lastIndex = at;
  return REQUEST_LINE.test(text) ? REQUEST_LINE.lastIndex : -1;
}

import { bitsAt, CHAR, CHARS } from "./chars.ts";
import type { Findings } from "./findings.ts";
import { findCards, findIbans } from "./numbers.ts";
import { findToken } from "./tokens.ts";

/**
 * Finds card numbers, IBANs and tokens: all of them are long runs of few kinds of characters. A run of 12 or more holds at
 * least three places out of every fourth, and one of 20 or more five in a row, so that a clean text is decided by looking
 * at a quarter of it.
 */
export function findInRuns(text: string, findings: Findings): void {
  let numbers = 0;
  let before = 0;
  let before2 = 0;
  let before3 = 0;
  let before4 = 0;
  for (let at = 3; at < text.length; at += 4) {
    const bits = CHARS[text.charCodeAt(at)] ?? 0;
    const three = bits & before & before2;
    numbers |= three;
    if ((three & before3 & before4 & CHAR.word) !== 0) {
      const end = tokenAround(text, at, findings);
      // Looking on behind the run keeps the whole linear, however long it was.
      while (at + 4 < end) at += 4;
    }
    before4 = before3;
    before3 = before2;
    before2 = before;
    before = bits;
  }
  if ((numbers & CHAR.digit) !== 0) findCards(text, findings);
  if ((numbers & CHAR.capital) !== 0) findIbans(text, findings);
}

const MIN_TOKEN_CHARS = 20;

/** Returns where the run of token characters around a place ends. */
function tokenAround(text: string, at: number, findings: Findings): number {
  let start = at;
  while (start > 0 && (bitsAt(text, start - 1) & CHAR.word) !== 0) start -= 1;
  let end = at + 1;
  while (end < text.length && (bitsAt(text, end) & CHAR.word) !== 0) end += 1;
  if (end - start >= MIN_TOKEN_CHARS) findToken(text, start, end, findings);
  return end;
}

import { bitsAt, CHAR, CHARS } from "./chars.ts";
import type { Findings } from "./findings.ts";
import { findCards, findIbans } from "./numbers.ts";
import { findToken, mayStartToken } from "./tokens.ts";

const STEP = 4;
// Shorter runs hold nothing.
export const MIN_CARD_DIGITS = 13;
export const MIN_IBAN_CHARS = 15;
export const MIN_TOKEN_CHARS = 20;
/** The fifth place in a run is at least this far behind its start, and at most one step farther. */
const FIVE_PLACES = 16;

/**
 * Finds card numbers, IBANs and tokens: all of them are long runs of few kinds of characters. Every fourth character is
 * looked at: a run of 12 or more holds at least three of those in a row, and one of 20 or more five, so that most texts are
 * decided by a quarter of their characters. No run is looked at twice, so the whole is linear.
 */
export function findInRuns(text: string, findings: Findings): void {
  let nextDigits = 0;
  let nextCapitals = 0;
  let nextToken = 0;
  // The bits of the last four places, a byte each.
  let history = 0;
  for (let at = STEP - 1; at < text.length; at += STEP) {
    const bits = CHARS[text.charCodeAt(at)] ?? 0;
    const three = bits & history & (history >>> 8);
    const five = three & (history >>> 16) & (history >>> 24) & CHAR.word;
    history = (history << 8) | bits;
    if ((three & (CHAR.digit | CHAR.capital)) === 0 && five === 0) continue;
    // Most are no run: the three characters that were skipped tell.
    const between = bitsAt(text, at - 1) & bitsAt(text, at - 2) & bitsAt(text, at - 3);
    if ((five & between) !== 0 && at >= nextToken) nextToken = tokenAround(text, at, findings);
    if ((three & between & CHAR.digit) !== 0 && at >= nextDigits) nextDigits = cardsAround(text, at, findings);
    if ((three & between & CHAR.capital) !== 0 && at >= nextCapitals) nextCapitals = ibansAround(text, at, findings);
  }
}

/** Returns where the run of digits, spaces and dashes ends. */
function cardsAround(text: string, at: number, findings: Findings): number {
  const start = startOf(text, at, CHAR.digit);
  let digits = 0;
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (((CHARS[code] ?? 0) & CHAR.digit) === 0) break;
    if (code >= 0x30) digits += 1;
  }
  if (digits >= MIN_CARD_DIGITS) findCards(text, start, end, findings);
  return end;
}

/** Returns where the run of capitals, digits and spaces ends. */
function ibansAround(text: string, at: number, findings: Findings): number {
  const start = startOf(text, at, CHAR.capital);
  const end = endOf(text, at, CHAR.capital);
  if (end - start >= MIN_IBAN_CHARS) findIbans(text, start, end, findings);
  return end;
}

/**
 * Looks at the run around the fifth of five places that may be in one. Returns where it makes sense to look again: any other
 * run starts behind this place, and has its own fifth place at least {@link FIVE_PLACES} behind its start.
 */
function tokenAround(text: string, at: number, findings: Findings): number {
  const limit = at - FIVE_PLACES - STEP;
  const start = startOf(text, at, CHAR.word, limit);
  if (at - start < FIVE_PLACES) return start + FIVE_PLACES; // the five places were in several short words
  if (start > limit && mayStartToken(text, start)) {
    const end = endOf(text, at, CHAR.word);
    if (end - start >= MIN_TOKEN_CHARS) findToken(text, start, end, findings);
  }
  return at + FIVE_PLACES + 1;
}

function startOf(text: string, at: number, bit: number, limit = 0): number {
  let start = at;
  while (start > limit && start > 0 && ((CHARS[text.charCodeAt(start - 1)] ?? 0) & bit) !== 0) start -= 1;
  return start;
}

function endOf(text: string, at: number, bit: number): number {
  let end = at + 1;
  while (end < text.length && ((CHARS[text.charCodeAt(end)] ?? 0) & bit) !== 0) end += 1;
  return end;
}

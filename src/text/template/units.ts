import { isDigit, isLetter, isWord } from "./characters.ts";
import { SIZE_UNITS, TIME_UNITS } from "./words.ts";

// What stands around a number and belongs to it.

const MAX_UNIT_CHARS = 14;
const LETTER_UNIT = /^[KMGT]$/;
const NUMBER = /^[+-]?\d[\d.,]*$/;
const RANGE = /^\d{1,9}-\d{1,9}$/;

/** Behind the unit that follows the number `text[at .. end)` after a blank, as in "size=12.5 KB"; `end` when none does. */
export function endOfUnit(text: string, at: number, end: number): number {
  if (text.charCodeAt(end) !== 0x20 || !NUMBER.test(text.slice(at, end))) return end;
  const behind = endOfWord(text, end + 1);
  const known = behind > 0 && text.charCodeAt(behind) !== 0x3d && unitMask(text.slice(end + 1, behind)) !== undefined;
  return known ? behind : end;
}

/** Whether the comma at `at` is one of those in 12,345,678. */
export function groupsThousands(text: string, at: number): boolean {
  for (let i = at + 1; i <= at + 3; i += 1) if (!isDigit(text.charCodeAt(i))) return false;
  return isDigit(text.charCodeAt(at - 1)) && !isDigit(text.charCodeAt(at + 4));
}

/** Behind the word at `at` that may be a unit; -1 when it is none because it is long, goes on, or is part of a rate. */
export function endOfWord(text: string, at: number): number {
  let end = at;
  while (isLetter(text.charCodeAt(end)) || text.charCodeAt(end) > 0x7f) end += 1;
  return isWord(text.charCodeAt(end)) || text.charCodeAt(end) === 0x2f || end - at >= MAX_UNIT_CHARS ? -1 : end;
}

/** The mask of a number together with this unit; undefined when the word is none. */
export function unitMask(word: string): string | undefined {
  const unit = word.toLowerCase();
  return TIME_UNITS.has(unit) ? "<duration>" : SIZE_UNITS.has(unit) || LETTER_UNIT.test(word) ? "<size>" : undefined;
}

/** Whether `text[at .. end)` is a range in a bracketed list, which may as well hold single numbers: "[0-3,7]". */
export function isRange(text: string, at: number, end: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(end);
  return (before === 0x5b || before === 0x2c) && (after === 0x5d || after === 0x2c) && RANGE.test(text.slice(at, end));
}

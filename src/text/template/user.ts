import { isLetter, isWord, kindOf, SPACE, TOKEN } from "./characters.ts";
import { CREDENTIAL_WORDS, NO_USER_NAME, USER_WORDS } from "./words.ts";

/** Longest of the announcing words. */
const MAX_WORD_CHARS = 24;

/** How "user", "for", "login", "username", "logname" and "userid" end: a look at two letters spares most words the rest. */
const ENDINGS: ReadonlySet<number> = new Set(
  ["er", "or", "in", "me", "id"].map((end) => (end.charCodeAt(0) << 8) | end.charCodeAt(1)),
);

/** Whether the words before `text[at .. end)` announce the name of a user, and it may be one: "user bob", "password for bob". */
export function announcesUser(text: string, at: number, end: number): boolean {
  if (kindOf(text.charCodeAt(at - 1)) !== SPACE || at === 0 || !isWord(text.charCodeAt(at))) return false;
  const blank = beforeBlanks(text, at);
  if (!ENDINGS.has(((text.charCodeAt(blank - 2) | 0x20) << 8) | (text.charCodeAt(blank - 1) | 0x20))) return false;
  const before = wordBefore(text, blank);
  const announced =
    before === "for" ? CREDENTIAL_WORDS.has(wordBefore(text, beforeBlanks(text, blank - 3))) : USER_WORDS.has(before);
  if (!announced) return false;
  const name = text.slice(at, end);
  return !name.includes("/") && !NO_USER_NAME.has(name.toLowerCase());
}

/** Where the white space before `at` begins. */
export function beforeBlanks(text: string, at: number): number {
  let start = at;
  while (start > 0 && kindOf(text.charCodeAt(start - 1)) === SPACE) start -= 1;
  return start;
}

/** The word that ends at `end`, in lower case; "" when it is none or part of a longer token. */
export function wordBefore(text: string, end: number): string {
  let start = end;
  while (start > 0 && end - start <= MAX_WORD_CHARS && isNameUnit(text.charCodeAt(start - 1))) start -= 1;
  if (start > 0 && kindOf(text.charCodeAt(start - 1)) === TOKEN) return "";
  return text.slice(start, end).toLowerCase();
}

function isNameUnit(unit: number): boolean {
  return isLetter(unit) || unit === 0x2d || unit === 0x2f;
}

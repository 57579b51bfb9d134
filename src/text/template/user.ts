import { isLetter, isWord, kindOf, TOKEN } from "./characters.ts";
import { CREDENTIAL_WORDS, NO_USER_NAME, USER_WORDS } from "./words.ts";

/** Longest of the announcing words. */
const MAX_WORD_CHARS = 24;

/** Whether the words before `text[at .. end)` announce the name of a user, and it may be one: "user bob", "password for bob". */
export function announcesUser(text: string, at: number, end: number): boolean {
  if (text.charCodeAt(at - 1) !== 0x20) return false;
  const last = text.charCodeAt(at - 2) | 0x20;
  // "user", "for", "login", "username", "logname", "userid": a look at one letter spares most words the rest.
  if (last !== 0x72 && last !== 0x6e && last !== 0x65 && last !== 0x64) return false;
  if (!isWord(text.charCodeAt(at))) return false;
  const before = wordBefore(text, at - 1);
  const announced = before === "for" ? CREDENTIAL_WORDS.has(wordBefore(text, at - 5)) : USER_WORDS.has(before);
  if (!announced) return false;
  const name = text.slice(at, end);
  return !name.includes("/") && !NO_USER_NAME.has(name.toLowerCase());
}

/** The word that ends before the blank at `blank`, in lower case; "" when it is none or part of a longer token. */
function wordBefore(text: string, blank: number): string {
  if (text.charCodeAt(blank) !== 0x20) return "";
  let start = blank;
  while (start > 0 && blank - start <= MAX_WORD_CHARS && isNameUnit(text.charCodeAt(start - 1))) start -= 1;
  if (start > 0 && kindOf(text.charCodeAt(start - 1)) === TOKEN) return "";
  return text.slice(start, blank).toLowerCase();
}

function isNameUnit(unit: number): boolean {
  return isLetter(unit) || unit === 0x2d || unit === 0x2f;
}

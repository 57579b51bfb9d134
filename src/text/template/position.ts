import { isDigit, isWordOrMask } from "./characters.ts";

// Places in a line where what stands there is a value, whatever it looks like.

/** What has masks of its own, and severities, which belong to the way a line begins. */
const KNOWN =
  /\d|^(?:trace|debug|info|notice|warn|warning|err|error|crit|critical|alert|emerg|fatal|severe|fine|finer|finest|config)$/i;
const MAX_LIST_CHARS = 1_000;
const ITEM = /[^\s,;()[\]{}"'`<>|]+/y;

/**
 * Behind the bracket that closes the one at `at`, when nothing, one thing without a digit or a list of things without
 * blanks stands between them; -1 otherwise, and for a word that opens the line: it says who speaks.
 */
export function endOfList(text: string, at: number): number {
  let i = text.charCodeAt(at + 1) === 0x20 ? at + 2 : at + 1;
  if (isDigit(text.charCodeAt(i))) return -1;
  if (text.charCodeAt(i) === 0x5d) return isWordOrMask(text.charCodeAt(at - 1)) ? -1 : i + 1;
  for (let items = 1; i < text.length && i - at < MAX_LIST_CHARS; items += 1) {
    ITEM.lastIndex = i;
    if (!ITEM.test(text)) return -1;
    const end = ITEM.lastIndex;
    const after = text.charCodeAt(end);
    if (after === 0x5d) {
      return items > 1 || (at > 0 && !KNOWN.test(text.slice(i, end))) ? end + 1 : -1;
    }
    if (after !== 0x2c) return -1;
    i = text.charCodeAt(end + 1) === 0x20 ? end + 2 : end + 1;
  }
  return -1;
}

const INSTANCE = /(?:\[\d[\d,-]*\]|\{\d[\d,-]*\})(?![\w:<])/y;
const MIN_RANDOM_CHARS = 12;

/**
 * Where the value ends that begins with the word `text[at .. end)`: one beside an arrow ("state idle -> busy"), one that
 * is numbered behind it ("tunnel office[3]", but not the name that opens a line), or letters drawn at random; -1 when the
 * word is none of them.
 */
export function endOfPlaced(text: string, at: number, end: number): number {
  const after = text.charCodeAt(end);
  if (at > 0 && (after === 0x5b || after === 0x7b)) {
    INSTANCE.lastIndex = end;
    if (INSTANCE.test(text)) return INSTANCE.lastIndex;
  }
  const alone = at === 0 || text.charCodeAt(at - 1) === 0x20;
  if (alone && (isArrow(text, end + 1) || isArrow(text, at - 3))) return end;
  return isRandom(text, at, end) ? end : -1;
}

/** Whether "->" or "=>" stands at `at` between blanks. */
function isArrow(text: string, at: number): boolean {
  if (text.charCodeAt(at + 1) !== 0x3e || text.charCodeAt(at - 1) !== 0x20 || text.charCodeAt(at + 2) !== 0x20) return false;
  const shaft = text.charCodeAt(at);
  return shaft === 0x2d || shaft === 0x3d;
}

/** Whether letters are drawn at random: they change their case at every third place or more, and capitals stand together. */
export function isRandom(text: string, at: number, end: number): boolean {
  if (end - at < MIN_RANDOM_CHARS) return false;
  let changes = 0;
  let capitals = 0;
  let together = 0;
  for (let i = at; i < end; i += 1) {
    const unit = text.charCodeAt(i);
    if (i > at && isSmall(unit) !== isSmall(text.charCodeAt(i - 1))) changes += 1;
    capitals = unit >= 0x41 && unit <= 0x5a ? capitals + 1 : 0;
    if (capitals === 2) together += 1;
  }
  return together >= 2 && changes * 3 > end - at;
}

function isSmall(unit: number): boolean {
  return unit >= 0x61 && unit <= 0x7a;
}

/** Whether the quote at `at` stands behind the letter of a literal: u'text', b"bytes". */
export function isStringPrefix(text: string, at: number): boolean {
  const letter = text.charCodeAt(at - 1) | 0x20;
  return (letter === 0x75 || letter === 0x62 || letter === 0x72) && !isWordOrMask(text.charCodeAt(at - 2));
}

import { bitsAt, CHAR, CHARS } from "./chars.ts";
import { ANYWHERE, ENDINGS, ENDINGS_WEAK, LAST, LAST_LONG, LAST_WEAK, PHRASES, WRAPPING } from "./vocabulary.ts";

const MAX_NAME_CHARS = 64;
/** The shortest name with a secret's word in front of another: "pwd_a". */
const MIN_SEVERAL_WORDS = 5;
const MAX_END_DIGITS = 8;
/** How many letters at the end of a word are compared, by bits of the table. */
const THREE = 1;
const FOUR = 2;
const SIX = 4;
const TWO = 8;
const TABLE_MASK = 0x7fff;
const ASCII = /^[a-z0-9 ]*$/;

/**
 * Answers in a few nanoseconds, without cutting the name out of its text, whether a name cannot be a secret's: by its last
 * letters, and by the set of letters it is made of. A yes means only that it is worth asking {@link SecretNames}.
 */
export class NameHints {
  /** For the hash of some last letters: whether a secret's name ends in those two, three, four or six. */
  readonly #tails = new Uint8Array(TABLE_MASK + 1);
  /** Sets of letters, one bit each; a name that holds all of one set may be a secret's whatever it ends in. */
  readonly #letterSets: Int32Array;
  /** Some name of a person's own has one letter. */
  readonly #hasShort: boolean = false;

  constructor(extra: readonly string[]) {
    const vocabulary = [
      ANYWHERE,
      LAST,
      LAST_WEAK,
      LAST_LONG,
      PHRASES,
      ENDINGS,
      ENDINGS_WEAK,
      WRAPPING,

      ["pass"],
      extra,
    ];
    const anywhere: string[] = [...ANYWHERE];
    // Names beyond ASCII are all looked at, so they need no mark that an everyday word could share.
    for (const words of vocabulary.flatMap((part) => [...part]).filter((one) => ASCII.test(one))) {
      const last = words.slice(words.lastIndexOf(" ") + 1);
      const three = threeAt(last, last.length);
      if (last.length >= 6) this.#mark(sixAt(last, last.length, fourAt(last, last.length, three)), SIX);
      else if (last.length >= 4) this.#mark(fourAt(last, last.length, three), FOUR);
      else if (last.length === 3) this.#mark(three, THREE);
      else if (words.length === 2) this.#mark(twoAt(last, 2), TWO);
      else if (words.length > 2) anywhere.push(words);
      else this.#hasShort = true;
    }
    this.#letterSets = smallest(anywhere.map(lettersOf));
  }

  /** False when the name that ends at `end` cannot be a secret's. */
  canBeSecret(text: string, end: number): boolean {
    let last = end;
    // Digits at the end do not count: "password2".
    while (isDigit(text.charCodeAt(last - 1)) && end - last < MAX_END_DIGITS) last -= 1;
    if (((this.#tails[twoAt(text, last)] ?? 0) & TWO) !== 0 && startsWord(text, last - 2)) return true;
    const three = threeAt(text, last);
    if (((this.#tails[three] ?? 0) & THREE) !== 0 && startsWord(text, last - 3)) return true;
    const four = fourAt(text, last, three);
    if (((this.#tails[four] ?? 0) & FOUR) !== 0) return true;
    if (((this.#tails[sixAt(text, last, four)] ?? 0) & SIX) !== 0) return true;
    return this.#holdsSecret(text, end);
  }

  #holdsSecret(text: string, end: number): boolean {
    const limit = Math.max(0, end - MAX_NAME_CHARS);
    let letters = 0;
    let all = 0;
    let at = end - 1;
    for (; at >= limit; at--) {
      const code = text.charCodeAt(at);
      if (((CHARS[code] ?? 0) & CHAR.name) === 0) break;
      letters |= 1 << (code & 31);
      all |= code;
    }
    if (all > 0x7f) return true;
    if (end - at - 1 < MIN_SEVERAL_WORDS) return this.#hasShort;
    const sets = this.#letterSets;
    for (let index = 0; index < sets.length; index++) if (((sets[index] ?? 0) & ~letters) === 0) return true;
    return false;
  }

  #mark(tail: number, bit: number): void {
    this.#tails[tail] = (this.#tails[tail] ?? 0) | bit;
  }
}

/** Where the name that ends at `end` starts; `end` when there is none. */
export function nameStart(text: string, end: number): number {
  const limit = Math.max(0, end - MAX_NAME_CHARS);
  let start = end;
  while (start > limit && (bitsAt(text, start - 1) & CHAR.name) !== 0) start -= 1;
  return start;
}

/** "pin" ends "card_pin" and "cardPin" but not "mapping" or "Pippin". */
function startsWord(text: string, at: number): boolean {
  const first = text.charCodeAt(at);
  const before = text.charCodeAt(at - 1);
  return !isLetter(before) || (first < 0x60 && before > 0x60);
}

// Five bits a letter, in which upper and lower case are the same.

function twoAt(text: string, end: number): number {
  return ((text.charCodeAt(end - 2) & 31) << 5) | (text.charCodeAt(end - 1) & 31);
}

function threeAt(text: string, end: number): number {
  return ((text.charCodeAt(end - 3) & 31) << 10) | ((text.charCodeAt(end - 2) & 31) << 5) | (text.charCodeAt(end - 1) & 31);
}

function fourAt(text: string, end: number, three: number): number {
  return three ^ ((text.charCodeAt(end - 4) & 31) << 7);
}

function sixAt(text: string, end: number, four: number): number {
  return four ^ ((text.charCodeAt(end - 5) & 31) << 3) ^ ((text.charCodeAt(end - 6) & 31) << 9);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

function lettersOf(words: string): number {
  let letters = 0;
  for (let at = 0; at < words.length; at++) if (words.charCodeAt(at) !== 0x20) letters |= 1 << (words.charCodeAt(at) & 31);
  return letters;
}

/** Without sets that hold another set: the smaller one answers for both. */
function smallest(sets: readonly number[]): Int32Array {
  const unique = [...new Set(sets)];
  return Int32Array.from(unique.filter((set) => !unique.some((other) => other !== set && (other & set) === other)));
}

import { CHAR, CHARS } from "./chars.ts";
import { ANYWHERE, ENDINGS, ENDINGS_WEAK, LAST, LAST_LONG, LAST_WEAK, PHRASES, WRAPPING } from "./vocabulary.ts";

const MAX_NAME_CHARS = 64;

/**
 * Answers in a few nanoseconds, without cutting the name out of its text, whether a name cannot be a secret's: by its last
 * three letters, and by the set of letters it is made of. A yes means only that it is worth asking {@link SecretNames}.
 */
export class NameHints {
  /** One byte for every three last letters, five bits each (upper and lower case are the same there). */
  readonly #tails = new Uint8Array(1 << 15);
  /** Sets of letters, one bit each; a name that holds all of one set may be a secret's whatever it ends in. */
  readonly #letterSets: readonly number[];
  readonly #beyondAscii: boolean;

  constructor(extra: readonly string[]) {
    const built = [
      ...ANYWHERE,
      ...LAST,
      ...LAST_WEAK,
      ...LAST_LONG,
      ...PHRASES,
      ...ENDINGS,
      ...ENDINGS_WEAK,
      ...WRAPPING,
      "pass",
    ];
    const anywhere: string[] = [...ANYWHERE];
    for (const words of [...built, ...extra]) {
      const last = words.slice(words.lastIndexOf(" ") + 1);
      if (last.length >= 3) this.#tails[tailOf(last, last.length)] = 1;
      else anywhere.push(words);
    }
    this.#letterSets = smallest(anywhere.map(lettersOf));
    this.#beyondAscii = extra.some((name) => !/^[a-z0-9 ]*$/.test(name));
  }

  /** Where the name that ends at `end` starts; -1 when there is none or it cannot be a secret's. */
  nameStart(text: string, end: number): number {
    const limit = Math.max(0, end - MAX_NAME_CHARS);
    let start = end;
    let letters = 0;
    let foreign = 0;
    while (start > limit) {
      const code = text.charCodeAt(start - 1);
      if (((CHARS[code] ?? 0) & CHAR.name) === 0) break;
      letters |= 1 << (code & 31);
      foreign |= code;
      start -= 1;
    }
    if (end - start < 3) return -1;
    if (this.#tails[tailOf(text, letterEnd(text, start, end))] === 1) return start;
    for (const set of this.#letterSets) if ((set & letters) === set) return start;
    return this.#beyondAscii && foreign > 0x7f ? start : -1;
  }
}

/** Digits at the end do not count: "password2". */
function letterEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && text.charCodeAt(last - 1) >= 0x30 && text.charCodeAt(last - 1) <= 0x39) last -= 1;
  return last;
}

function tailOf(text: string, end: number): number {
  return ((text.charCodeAt(end - 3) & 31) << 10) | ((text.charCodeAt(end - 2) & 31) << 5) | (text.charCodeAt(end - 1) & 31);
}

function lettersOf(words: string): number {
  let letters = 0;
  for (let at = 0; at < words.length; at++) if (words.charCodeAt(at) !== 0x20) letters |= 1 << (words.charCodeAt(at) & 31);
  return letters;
}

/** Without sets that hold another set: the smaller one answers for both. */
function smallest(sets: readonly number[]): number[] {
  const unique = [...new Set(sets)];
  return unique.filter((set) => !unique.some((other) => other !== set && (other & set) === other));
}

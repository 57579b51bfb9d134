/** What a character may be part of, as bits of {@link CHARS}. */
export const CHAR = {
  /** Digits and what groups them in a card number. */
  digit: 1,
  /** Capitals, digits and the space that groups an IBAN. */
  capital: 2,
  /** What tokens are made of: letters, digits, "_" and "-". */
  word: 4,
  /** What names are made of: a word's characters, "." and letters beyond ASCII. */
  name: 8,
  space: 16,
  quote: 32,
  /** Closing brackets. */
  closer: 64,
  /** What separates one `name=value` from the next. */
  separator: 128,
} as const;

/** The bits of every UTF-16 code unit. */
export const CHARS: Uint8Array = table();

function table(): Uint8Array {
  const chars = new Uint8Array(0x1_0000);
  const mark = (text: string, bits: number): void => {
    for (let at = 0; at < text.length; at++) chars[text.charCodeAt(at)] = (chars[text.charCodeAt(at)] ?? 0) | bits;
  };
  mark("0123456789", CHAR.digit | CHAR.capital | CHAR.word | CHAR.name);
  mark("ABCDEFGHIJKLMNOPQRSTUVWXYZ", CHAR.capital | CHAR.word | CHAR.name);
  mark("abcdefghijklmnopqrstuvwxyz_", CHAR.word | CHAR.name);
  mark("-", CHAR.digit | CHAR.word | CHAR.name);
  mark(".", CHAR.name);
  mark(" ", CHAR.digit | CHAR.capital);
  mark(" \t\n\r\v\f\u00a0\u2028\u2029", CHAR.space);
  mark("\"'`", CHAR.quote);
  mark(")]}", CHAR.closer);
  mark(",;&|", CHAR.separator);
  for (let code = 0xc0; code < 0xd800; code++) {
    const punctuation = (code >= 0x2000 && code < 0x2070) || (code >= 0x3000 && code < 0x3040);
    if (!punctuation) chars[code] = (chars[code] ?? 0) | CHAR.name;
  }
  return chars;
}

/** What a text holds, as bits of {@link kindsOf}. */
export const KIND = {
  /** What stands between a name and its value: "=", ":", "%". */
  separator: 1,
  /** What every sign of a rule without a separator holds one of: a space, "<", "(", "$". */
  sign: 2,
  dash: 4,
} as const;

const ALL_KINDS = KIND.separator | KIND.sign | KIND.dash;
/** Longer texts nearly always hold all of them, and the searches for each are faster a character than this is. */
const MAX_SUMMED_CHARS = 32;

const KINDS = new Uint8Array(128);
for (const char of "=:%") KINDS[char.charCodeAt(0)] = KIND.separator;
for (const char of " <($") KINDS[char.charCodeAt(0)] = KIND.sign;
KINDS[0x2d] = KIND.dash;

/** The kinds of characters that a text may hold: none that is missing here is in it. */
export function kindsOf(text: string): number {
  if (text.length > MAX_SUMMED_CHARS) return ALL_KINDS;
  let kinds = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 128) kinds |= KINDS[code] ?? 0;
  }
  return kinds;
}

/** The bits of the character at a place; none beyond the ends of the text. */
export function bitsAt(text: string, at: number): number {
  // Beyond the ends charCodeAt is NaN, which must not reach the table: an index that is no integer makes every look-up slow.
  return at >= 0 && at < text.length ? (CHARS[text.charCodeAt(at)] ?? 0) : 0;
}

/** Whether a text holds one of a few words: on long texts many times faster than the expression that looks around them. */
export function holdsAny(text: string, words: readonly string[]): boolean {
  for (const word of words) if (text.includes(word)) return true;
  return false;
}

// What each character does to a token. White space ends it and is collapsed; quotes and delimiters end it.

export const TOKEN = 0;
export const SPACE = 1;
export const QUOTE = 2;
export const DELIMITER = 3;

const KIND = new Uint8Array(128);
for (let i = 0; i <= 0x20; i += 1) KIND[i] = SPACE;
KIND[0x7f] = SPACE;
for (const quote of "\"'`") KIND[quote.charCodeAt(0)] = QUOTE;
for (const delimiter of "()[]{}<>,;=|") KIND[delimiter.charCodeAt(0)] = DELIMITER;

/** One of the four kinds; characters beyond ASCII belong to tokens, but for the no-break space. */
export function kindOf(unit: number): number {
  return unit < 128 ? (KIND[unit] as number) : unit === 0xa0 || unit === 0xfeff ? SPACE : TOKEN;
}

export function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

export function isLetter(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);
}

/** Letters, digits, the underscore and everything beyond ASCII; false for the NaN behind either end of a text. */
export function isWord(unit: number): boolean {
  return isLetter(unit) || isDigit(unit) || unit === 0x5f || (unit > 0x7f && unit !== 0xa0 && unit !== 0xfeff);
}

/** A word character, or the edge of a placeholder that stands where a word did: quotes next to one belong to it. */
export function isWordOrMask(unit: number): boolean {
  return isWord(unit) || unit === 0x3c || unit === 0x3e;
}

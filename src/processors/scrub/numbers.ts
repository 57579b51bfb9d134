import type { Findings } from "./findings.ts";

/** Four groups, or one: 13 to 19 digits. Everything is bounded, so that a search is linear. */
const CARD =
  /(?<![0-9A-Za-z])(?<!\d[.-])[2-6]\d{3}(?:\d{9,15}|([ -])\d{4,6}\1\d{4,5}(?:\1\d{4}(?:\1\d{3})?)?)(?![0-9A-Za-z])(?![.-]\d)/g;
const CARD_SHAPE = /^(?:\d+|\d{4}(?:[ -]\d{4}){3}(?:[ -]\d{3})?|\d{4}[ -]\d{6}[ -]\d{4,5})$/;
const IBAN_START = /(?<![0-9A-Za-z])[A-Z]{2}\d{2}(?= ?[0-9A-Z]{4})/g;
const MAX_IBAN_CHARS = 34;
/** What the patterns look at beside a number. */
const MARGIN_CHARS = 2;

/** Lengths of IBANs by country, from the registry of ISO 13616. */
const IBAN_LENGTHS = ibanLengths(`
  15 NO, 16 BE, 18 DK FO FI GL NL SD, 19 MK SI, 20 AT BA EE KZ LT LU MN XK, 21 CH HR LI LV,
  22 BG BH CR DE GB GE IE ME RS VA, 23 AE GI IL IQ OM SO TL, 24 AD CZ ES MD PK RO SA SE SK TN VG, 25 LY PT ST,
  26 IS TR, 27 BI DJ FR GR IT MC MR SM, 28 AL AZ BY CY DO GT HU LB NI PL SV, 29 BR EG PS QA UA, 30 JO KW MU YE, 31 MT SC,
  32 LC, 33 RU
`);

/** Finds card numbers in `text[start .. end)`: the digits of an issuer, its length, and a valid check digit (Luhn). */
export function findCards(text: string, start: number, end: number, findings: Findings): void {
  const from = Math.max(0, start - MARGIN_CHARS);
  const part = text.slice(from, end + MARGIN_CHARS);
  for (let found = CARD.exec(part); found !== null; found = CARD.exec(part)) {
    const [written] = found;
    const at = from + found.index;
    if (CARD_SHAPE.test(written) && isCard(written.replaceAll(/[ -]/g, ""))) findings.add("card", at, at + written.length);
  }
}

/** Finds IBANs in `text[start .. end)`, compact or in groups of four, with a valid check sum. */
export function findIbans(text: string, start: number, end: number, findings: Findings): void {
  const from = Math.max(0, start - MARGIN_CHARS);
  const part = text.slice(from, end);
  for (let found = IBAN_START.exec(part); found !== null; found = IBAN_START.exec(part)) {
    const at = from + found.index;
    const length = IBAN_LENGTHS.get(found[0].slice(0, 2));
    const to = length === undefined ? -1 : endOfIban(text, at, length);
    if (to >= 0 && isIban(text.slice(at, to).replaceAll(" ", ""))) findings.add("iban", at, to);
  }
}

/** True for the digits of a payment card. */
export function isCard(digits: string): boolean {
  const length = digits.length;
  const first = Number(digits.slice(0, 4));
  const issued =
    (digits.startsWith("4") && (length === 13 || length === 16 || length === 19)) || // Visa
    (length === 16 && ((first >= 5100 && first < 5600) || (first >= 2221 && first < 2721))) || // Mastercard
    (length === 15 && (digits.startsWith("34") || digits.startsWith("37"))) || // American Express
    (length === 14 && ((first >= 3000 && first < 3060) || (first >= 3600 && first < 3700) || (first >= 3800 && first < 3900))) || // Diners
    (length >= 16 && (first === 6011 || (first >= 6440 && first < 6600) || (first >= 6200 && first < 6300))) || // Discover, UnionPay
    (length === 16 && first >= 3528 && first < 3590) || // JCB
    (length >= 13 && ((first >= 5600 && first < 5900) || (first >= 5000 && first < 5100) || (first >= 6300 && first < 6400))); // Maestro
  return issued && luhn(digits);
}

function luhn(digits: string): boolean {
  let sum = 0;
  let doubled = false;
  for (let at = digits.length - 1; at >= 0; at--) {
    const digit = digits.charCodeAt(at) - 0x30;
    const weighed = doubled ? digit * 2 : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
    doubled = !doubled;
  }
  return sum % 10 === 0 && /[1-9]/.test(digits);
}

/** Where an IBAN of so many characters that starts here ends, single spaces left out; -1 when it is cut off or goes on. */
function endOfIban(text: string, start: number, length: number): number {
  let count = 0;
  let at = start;
  for (; count < length && at - start < MAX_IBAN_CHARS + 10; at++) {
    const char = text.charAt(at);
    if (/[0-9A-Z]/.test(char)) count += 1;
    else if (char !== " " || text.charAt(at - 1) === " ") return -1;
  }
  return count === length && !/[0-9A-Za-z]/.test(text.charAt(at)) ? at : -1;
}

function isIban(compact: string): boolean {
  let rest = 0;
  for (const char of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

function ibanLengths(table: string): ReadonlyMap<string, number> {
  const rows = table
    .trim()
    .split(/\s*,\s*/)
    .filter((row) => row !== "");
  return new Map(
    rows.flatMap((row) => {
      const [length, ...countries] = row.split(/\s+/);
      return countries.map((country): [string, number] => [country, Number(length)]);
    }),
  );
}

import { NAMES_WITH_DIGITS } from "./words.ts";

// Masks within a token: of names, words and ids, whose parts are joined by dots, dashes and underscores.

/** No number has as many digits, so a run of this length is a digest even when it happens to have no letter. */
export const DIGEST_CHARS = 24;
export const HEX = /^0x[0-9a-f]+$/i;
export const DURATION = /^[+-]?\d+(?:\.\d+)?(?:ns|[uµμ]s|ms|s|secs?|m|mins?|h|hrs?|d)(?:\d+(?:\.\d+)?(?:ns|[uµμ]s|ms|s|m|h))*$/;
export const SIZE = /^\d+(?:\.\d+)?(?:[KMGTPE]i?(?:B|b|bps|bit)?|[kmgt]i?[bB]|B|bytes?)(?:\/s|ps)?$/;
export const ORDINAL = /^\d+(?:st|nd|rd|th)$/;
const HEX_FROM_DIGIT = /^\d[0-9a-f]+$/i;
/** No unit: "0000000d". */
export const ZERO_PADDED_HEX = /^00[0-9a-f]{4,}$/i;
const BARE_HEX = /^[0-9a-f]{6,}$/i;

/** Masks a piece of letters, digits, dots, dashes and underscores; a class name keeps its shape. */
export function maskDotted(piece: string, params: string[]): string {
  if (NAMES_WITH_DIGITS.has(piece.toLowerCase())) return piece;
  if (!piece.includes(".")) return maskJoined(piece, params);
  return piece
    .split(".")
    .map((part) => maskJoined(part, params))
    .join(".");
}

/** Parts joined by dashes and underscores: two or more with digits are one id, a single one is masked alone. */
function maskJoined(text: string, params: string[]): string {
  if (!/\d/.test(text) || NAMES_WITH_DIGITS.has(text.toLowerCase())) return text;
  let first = -1;
  let end = -1;
  let count = 0;
  let from = 0;
  for (let i = 0; i <= text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (i < text.length && unit !== 0x2d && unit !== 0x5f) continue;
    const part = text.slice(from, i);
    if (/\d/.test(part) ? !NAMES_WITH_DIGITS.has(part.toLowerCase()) : end === from - 1 && SUFFIX.test(part)) {
      if (first < 0) first = from;
      end = i;
      count += 1;
    }
    from = i + 1;
  }
  if (count > 1) {
    while (end < text.length) {
      const short = SHORT_PART.exec(text.slice(end, end + 4));
      if (short === null) break;
      end += short[0].length - (short[1] ?? "").length;
    }
  }
  if (count === 0 || (count === 1 && isName(text.slice(first, end)))) return text;
  // "blk_-17" beside "blk_17": a sign, not a dash.
  if (text.charCodeAt(first - 1) === 0x2d && text.charCodeAt(first - 2) === 0x5f) {
    first -= 1;
    if (count === 1) {
      params.push(text.slice(first, end));
      return `${text.slice(0, first)}<num>${text.slice(end)}`;
    }
  }
  if (count === 1 && first > 0 && LETTERED.test(text.slice(first, end))) {
    params.push(text.slice(first, end));
    return `${text.slice(0, first)}<num>${text.slice(end)}`;
  }
  if (count === 1) return text.slice(0, first) + maskWord(text.slice(first, end), params) + text.slice(end);
  params.push(text.slice(first, end));
  return `${text.slice(0, first)}<id>${text.slice(end)}`;
}

/** Five or more letters without a vowel behind a part with digits: how orchestrators make names unique. */
const SUFFIX = /^[bcdfghj-np-tv-xz]{5,10}$/;

/** One or two letters between the dashes of an id that has digits elsewhere: the "NC" of "R12-M0-NC". */
const SHORT_PART = /^[-_][A-Z][A-Za-z]?([-_]|$)/;

/** Whether the digits of a word are part of a name: "utf8", "Http2Stream". */
function isName(word: string): boolean {
  return NAMES_WITH_DIGITS.has(word.toLowerCase()) || (/^[A-Za-z]+\d{1,2}[A-Za-z]+$/.test(word) && !isHexWord(word));
}

/** Six or more hexadecimal digits, among them a letter and a digit. */
function isHexWord(word: string): boolean {
  return BARE_HEX.test(word) && /\d/.test(word) && /[a-f]/i.test(word);
}

/** Letters and digits alone. */
function maskWord(word: string, params: string[]): string {
  const mask = wordMask(word);
  if (mask !== undefined) {
    params.push(word);
    return mask;
  }
  return word.replaceAll(/\d+/g, (digits) => {
    params.push(digits);
    return "<num>";
  });
}

/** The number of a part behind a dash that a letter puts into a series: "node-D6" beside "node-79". */
const LETTERED = /^[A-UW-Za-uw-z]\d{1,4}$/;

/** Digits around a capital letter, as places in racks and forms are numbered: "0T12". */
const SLOT = /^\d+[A-Z]\d+$/;

function wordMask(word: string): string | undefined {
  const first = word.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39) {
    if (/^\d+$/.test(word)) return word.length < DIGEST_CHARS ? "<num>" : "<hex>";
    if (ORDINAL.test(word)) return "<num>";
    if (DURATION.test(word)) return "<duration>";
    if (SIZE.test(word)) return "<size>";
    if (HEX.test(word)) return "<hex>";
  }
  // Without a prefix, chance decides whether a short run of hexadecimal digits has a letter: it must not decide the group.
  if (isHexWord(word)) return word.length < DIGEST_CHARS ? "<num>" : "<hex>";
  const groups = word.match(/\d+/g)?.length ?? 0;
  if (groups >= 2 && word.length >= 4 && HEX_FROM_DIGIT.test(word)) return "<num>";
  if (groups === 2 && SLOT.test(word)) return "<id>";
  const mixed = /[a-z]/.test(word) && /[A-Z]/.test(word);
  const long = word.length >= 16 && (mixed || groups >= 2);
  return groups >= 3 || long || (groups === 2 && word.length >= 8) ? "<id>" : undefined;
}

import { NAMES_WITH_DIGITS } from "./words.ts";

// Masks of a piece of a token: letters, digits, dots, dashes and underscores.

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

/** The mask of a piece with a digit: an id, unless it is a number or its digits belong to a word. A class name keeps its shape. */
export function maskDotted(piece: string, params: string[]): string {
  if (NAMES_WITH_DIGITS.has(piece.toLowerCase())) return piece;
  if (!piece.includes(".")) return maskJoined(piece, params);
  const parts = piece.split(".");
  if (!CLASS.test(piece) && parts.some((part) => /\d/.test(part) && !keepsDigits(part))) {
    params.push(piece);
    return "<id>";
  }
  return parts.map((part) => maskJoined(part, params)).join(".");
}

/** A part that begins with a capital letter and goes on with small ones, as names of classes do. */
const CLASS = /(?:^|\.)[A-Z][A-Za-z]*[a-z][A-Za-z]*(?:\.|$)/;

function maskJoined(text: string, params: string[]): string {
  if (!/\d/.test(text) || keepsDigits(text)) return text;
  params.push(text);
  return wordMask(text) ?? "<id>";
}

const MAX_NAME_CHARS = 20;

/** Whether all digits of a part are in names: "utf8", "x86_64", "tls1-sha256", "Http2Stream". */
export function keepsDigits(text: string): boolean {
  if (isName(text)) return true;
  return (
    text.length <= MAX_NAME_CHARS &&
    /[-_]/.test(text) &&
    text.split(/[-_]/).every((part) => !/\d/.test(part) || NAMES_WITH_DIGITS.has(part.toLowerCase()))
  );
}

/** Whether the digits of a word are part of a name: "utf8", "Http2Stream". */
function isName(word: string): boolean {
  return NAMES_WITH_DIGITS.has(word.toLowerCase()) || /^[A-Za-z]+\d{1,2}[A-Z][A-Za-z]+$/.test(word);
}

/** Six or more hexadecimal digits, among them a letter and a digit. */
function isHexWord(word: string): boolean {
  return BARE_HEX.test(word) && /\d/.test(word) && /[a-f]/i.test(word);
}

function wordMask(word: string): string | undefined {
  const first = word.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39) {
    if (/^\d+$/.test(word)) return word.length < DIGEST_CHARS ? "<num>" : "<hex>";
    const short = word.length < DIGEST_CHARS;
    if (short && ORDINAL.test(word)) return "<num>";
    if (short && DURATION.test(word)) return "<duration>";
    if (short && SIZE.test(word)) return "<size>";
    if (HEX.test(word)) return "<hex>";
  }
  // Without a prefix, chance decides whether a short run of hexadecimal digits has a letter: it must not decide the group.
  if (isHexWord(word)) return word.length < DIGEST_CHARS ? "<num>" : "<hex>";
  return word.length >= 4 && HEX_FROM_DIGIT.test(word) && /\d[^\d]+\d/.test(word) ? "<num>" : undefined;
}

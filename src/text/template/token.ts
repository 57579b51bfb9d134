import { HOST_ENDINGS, NAMES_WITH_DIGITS } from "./words.ts";

// Masks of one token: a run of characters without white space, quotes, brackets, commas, semicolons and equal signs.
// Whole shapes are tried first, from the most telling to the least; what is left is cut at its punctuation and each
// piece masked alone. All expressions are anchored and have no two ways to match the same characters.

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const IPV4 = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?(?:\/\d{1,2})?$/;
const IPV6 = /^(?=[^:]*:[^:]*:)[0-9a-f:]{2,39}(?:\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})?(?:%\w{1,15})?(?:\/\d{1,3})?$/i;
const MAC = /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5,19}$/i;
const HEX = /^0x[0-9a-f]+$/i;
const HEX_FROM_DIGIT = /^\d[0-9a-f]+$/i;
const BARE_HEX = /^[0-9a-f]{6,}$/i;
const NUMBER = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d{1,4})?$/i;
const THOUSANDS = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const DURATION = /^[+-]?\d+(?:\.\d+)?(?:ns|[uµμ]s|ms|s|secs?|m|mins?|h|hrs?|d)(?:\d+(?:\.\d+)?(?:ns|[uµμ]s|ms|s|m|h))*$/;
const SIZE = /^\d+(?:\.\d+)?(?:[KMGTPE]i?(?:B|b|bps|bit)?|[kmgt]i?[bB]|B|bytes?)(?:\/s|ps)?$/;
const ORDINAL = /^\d+(?:st|nd|rd|th)$/;
const VERSION =
  /^v?(?:\d{1,3}:)?\d+\.\d+(?:\.\d+(?:[.+~_-]?[A-Za-z0-9][\w.+~-]*)?|[-+~][\w.+~-]*[A-Za-z][\w.+~-]*)$|^v\d+\.\d+$/i;
const DIGIT_GROUPS = /^\d+(?:[-.:_]\d+)+$/;
const HEX_GROUPS = /^\d[0-9a-f]{0,7}(?:[-.:][0-9a-f]{1,8})+$/i;
const EMAIL = /^[\w.+%-]{1,64}@[\w-]*[A-Za-z][\w-]*(?:\.[\w-]+)+$/;
const HOST = /^[A-Za-z0-9](?:[\w-]*)(?:\.[\w-]+)+\.?(?::\d{1,5})?$/;
const OBJECT_HASH = /^([A-Za-z_$][\w.$]*(?:\[\])?@)[0-9a-f]{4,16}$/;
const ABSOLUTE_PATH = /^(?:~|\.{1,2})?\/+[\w.@%+~:-]|^[A-Za-z]:[\\/]|^\\\\\w/;
const RELATIVE_PATH = /^[\w.@%+~-]+(?:[\\/][\w.@%+~:-]+){2,}[\\/]?$|^[\w.@%+~-]+\/[\w@%+~-]*\.[A-Za-z][A-Za-z0-9]{0,4}(?::\d+)*$/;
const HOST_AND_IP = /^[\w.-]*\/\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?$/;
const BASE64 = /^[A-Za-z0-9+/]+$/;

/**
 * The mask of a whole token, or what it becomes piece by piece; what was masked is added to `params`. A token that is
 * `glued` to a placeholder is the rest of one, so that a template stays what it is.
 */
export function maskToken(token: string, params: string[], glued = false): string {
  const bits = bitsOf(token);
  const whole = glued ? undefined : wholeMask(token, bits);
  if (whole !== undefined) {
    params.push(token);
    return whole;
  }
  if ((bits & (DIGIT | AT)) === 0) return token;
  const hash = bits & AT ? OBJECT_HASH.exec(token)?.[1] : undefined;
  if (hash !== undefined) {
    const name = maskToken(hash.slice(0, -1), params);
    params.push(token.slice(hash.length));
    return `${name}@<hex>`;
  }
  const colon = token.lastIndexOf(":");
  if (colon > 0 && isBase64(token.slice(colon + 1))) {
    const label = maskToken(token.slice(0, colon), params);
    params.push(token.slice(colon + 1));
    return `${label}:<id>`;
  }
  return bits & (COLON | SLASH | AT | PUNCTUATION) || token.includes("+") ? maskPieces(token, params) : maskDotted(token, params);
}

// What a token is made of, as bits.
const DIGIT = 1;
const HEX_LETTER = 2;
const LETTER = 4;
const DOT = 8;
const COLON = 16;
const SIGN = 32;
const SLASH = 64;
const AT = 128;
const PUNCTUATION = 256;
const OTHER = 512;

const BITS = new Uint16Array(128).fill(OTHER);
for (let i = 0x41; i <= 0x5a; i += 1) BITS[i] = BITS[i + 32] = i <= 0x46 ? HEX_LETTER : LETTER;
for (let i = 0x30; i <= 0x39; i += 1) BITS[i] = DIGIT;
for (const [char, bit] of [
  [".", DOT],
  [":", COLON],
  ["-", SIGN],
  ["+", SIGN],
  ["/", SLASH],
  ["\\", SLASH],
  ["@", AT],
] as const) {
  BITS[char.charCodeAt(0)] = bit;
}

function bitsOf(token: string): number {
  let bits = 0;
  for (let i = 0; i < token.length; i += 1) {
    const unit = token.charCodeAt(i);
    bits |= unit < 128 ? (BITS[unit] as number) : OTHER;
  }
  return bits;
}

/** The mask of a token as one thing; undefined when it is none. */
function wholeMask(token: string, bits: number): string | undefined {
  if (bits === DIGIT) return "<num>";
  if ((bits & (COLON | SLASH)) === (COLON | SLASH) && token.includes("://")) return "<url>";
  if (bits & AT && EMAIL.test(token)) return "<email>";
  const first = BITS[token.charCodeAt(0)];
  if (bits & DIGIT && (first === DIGIT || first === SIGN || first === DOT)) {
    const mask = numericMask(token, bits);
    if (mask !== undefined) return mask;
  }
  if (bits & (COLON | SIGN) && token.length >= 17 && MAC.test(token)) return "<mac>";
  if (bits & COLON && IPV6.test(token) && isIpv6(token)) return "<ip>";
  if (isBase64(token)) return "<id>";
  if (bits & SLASH) {
    if (HOST_AND_IP.test(token)) return "<ip>";
    if (ABSOLUTE_PATH.test(token) || RELATIVE_PATH.test(token)) return "<path>";
  }
  if (token.length === 36 && UUID.test(token)) return "<uuid>";
  if (bits & DOT) {
    if (VERSION.test(token)) return "<version>";
    if (HOST.test(token) && isHost(token)) return "<host>";
  }
  return first === DIGIT && (DIGIT_GROUPS.test(token) || HEX_GROUPS.test(token)) ? "<id>" : undefined;
}

/** What begins with a digit, a sign or a dot. */
function numericMask(token: string, bits: number): string | undefined {
  if (bits & DOT && IPV4.test(token)) return "<ip>";
  if (NUMBER.test(token) || THOUSANDS.test(token)) return "<num>";
  if ((bits & (LETTER | HEX_LETTER | PUNCTUATION | OTHER)) === 0) return undefined;
  if (ORDINAL.test(token)) return "<num>";
  if (DURATION.test(token)) return "<duration>";
  if (SIZE.test(token)) return "<size>";
  return HEX.test(token) ? "<hex>" : undefined;
}

/** A key, a digest, a token: long, of both cases and with digits throughout, where paths have words. */
function isBase64(token: string): boolean {
  if (token.length < 20 || !BASE64.test(token)) return false;
  const digits = token.match(/\d/g)?.length ?? 0;
  return digits >= 2 && /[a-z]/.test(token) && /[A-Z]/.test(token) && token.split("/", 8).length * 8 <= token.length;
}

const BRACKETED_IP = /\[([0-9a-f:.]{2,45}(?:%\w{1,15})?)\](?::\d{1,5}(?!\d))?/iy;

/** Behind `[2001:db8::3]:5432`; -1 when no such address begins at `at`. */
export function endOfBracketedIp(text: string, at: number): number {
  BRACKETED_IP.lastIndex = at;
  const address = BRACKETED_IP.exec(text)?.[1];
  return address !== undefined && IPV6.test(address) && isIpv6(address) ? BRACKETED_IP.lastIndex : -1;
}

/** Eight groups, or "::" once. */
function isIpv6(token: string): boolean {
  const shortened = token.indexOf("::");
  if (shortened >= 0) return token.length > 2 && !token.includes("::", shortened + 1);
  let colons = 0;
  for (let i = token.indexOf(":"); i >= 0; i = token.indexOf(":", i + 1)) colons += 1;
  return colons === 7 || (colons === 6 && token.includes("."));
}

/** A dotted name that ends as hosts do: packages and files do not. */
function isHost(token: string): boolean {
  const colon = token.indexOf(":");
  const name = (colon < 0 ? token : token.slice(0, colon)).replace(/\.$/, "");
  const label = name.slice(name.lastIndexOf(".") + 1);
  if (!HOST_ENDINGS.has(label)) return false;
  return label.length > 2 || colon >= 0 || name.indexOf(".") !== name.lastIndexOf(".") || /[\d-]/.test(name);
}

/** Cuts at punctuation and masks each piece. */
function maskPieces(token: string, params: string[]): string {
  let out = "";
  let from = 0;
  for (let i = 0; i <= token.length; i += 1) {
    if (i < token.length && !cuts(token.charCodeAt(i))) continue;
    if (i > from) out += maskPiece(token.slice(from, i), params);
    if (i < token.length) out += token.charAt(i);
    from = i + 1;
  }
  return out;
}

/** Whether a token is cut here: at all punctuation but the dot, the dash and the underscore. */
function cuts(unit: number): boolean {
  return unit < 128 && (unit === 0x2b || ((BITS[unit] as number) & (COLON | SLASH | AT | PUNCTUATION)) !== 0);
}

function maskPiece(piece: string, params: string[]): string {
  if (!/\d/.test(piece)) return piece;
  const whole = wholeMask(piece, bitsOf(piece));
  if (whole === undefined) return maskDotted(piece, params);
  params.push(piece);
  return whole;
}

/** Masks a piece of letters, digits, dots, dashes and underscores; a class name keeps its shape. */
function maskDotted(piece: string, params: string[]): string {
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
  if (count === 0 || (count === 1 && isName(text.slice(first, end)))) return text;
  if (count === 1 && text.charCodeAt(first - 1) === 0x2d && text.charCodeAt(first - 2) === 0x5f) {
    // "blk_-17" beside "blk_17": a sign, not a dash.
    params.push(text.slice(first - 1, end));
    return `${text.slice(0, first - 1)}<num>${text.slice(end)}`;
  }
  if (count === 1) return text.slice(0, first) + maskWord(text.slice(first, end), params) + text.slice(end);
  params.push(text.slice(first, end));
  return `${text.slice(0, first)}<id>${text.slice(end)}`;
}

/** Five or more letters without a vowel behind a part with digits: how orchestrators make names unique. */
const SUFFIX = /^[bcdfghj-np-tv-xz]{5,10}$/;

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

function wordMask(word: string): string | undefined {
  const first = word.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39) {
    if (/^\d+$/.test(word) || ORDINAL.test(word)) return "<num>";
    if (DURATION.test(word)) return "<duration>";
    if (SIZE.test(word)) return "<size>";
    if (HEX.test(word)) return "<hex>";
  }
  if (isHexWord(word)) return "<hex>";
  const groups = word.match(/\d+/g)?.length ?? 0;
  if (groups >= 2 && word.length >= 4 && HEX_FROM_DIGIT.test(word)) return "<hex>";
  const mixed = /[a-z]/.test(word) && /[A-Z]/.test(word);
  const long = word.length >= 16 && (mixed || groups >= 2);
  return groups >= 3 || long || (groups === 2 && word.length >= 8) ? "<id>" : undefined;
}

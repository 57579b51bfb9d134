import { DIGEST_CHARS, DURATION, HEX, keepsDigits, maskDotted, ORDINAL, SIZE, ZERO_PADDED_HEX } from "./joined.ts";
import { HOST_ENDINGS } from "./words.ts";

// Masks of one token: a run of characters without white space, quotes, brackets, commas, semicolons and equal signs.
// Whole shapes are tried first, from the most telling to the least; what is left is cut at its punctuation and each
// piece masked alone. All expressions are anchored and have no two ways to match the same characters.

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const IPV4 = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?:[:#]\d{1,5})?(?:\/\d{1,2})?$/;
const IPV6 = /^(?=[^:]*:[^:]*:)[0-9a-f:]{2,39}(?:\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})?(?:%\w{1,15})?(?:#\d{1,5}|\/\d{1,3})?$/i;
const MAC = /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5,19}$/i;
const NUMBER = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d{1,4})?$/i;
const THOUSANDS = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const VERSION =
  /^v?(?:\d{1,3}:)?\d+\.\d+(?:\.\d+(?:[.+~_-]?[A-Za-z0-9][\w.+~-]*)?|[-+~][\w.+~-]*[A-Za-z][\w.+~-]*|[-+~]\d[\d.]*|[A-Za-z]+\d[\w.+~-]*)$|^v\d+\.\d+$/i;
/** What package tools print: a name and the architecture that it is built for. */
const PACKAGE =
  /^[a-z0-9][a-z0-9.+-]*:(?:all|any|noarch|x86_64|aarch64|amd64|arm64|armhf|armel|i386|i686|ppc64el|ppc64le|s390x|riscv64)$/;
const LABEL = /^[A-Za-z][A-Za-z_-]*:(?!:)/;
/** Three fields or more between tildes: how package identities are written. */
const FIELDS = /^[\w.-]+(?:~[\w.-]*){3,}$/;
/** Names in small letters with dots: of packages, files, tasks, units, settings. Classes have a capital letter. */
const DOTTED = /^\.?(?![A-Z]\w*[a-z])[A-Za-z_][\w-]*(?:\.(?![A-Z]\w*[a-z])[\w-]+)+$/;
const CONSTANT = /\.[A-Z][A-Z_]{2,}$/;
const ABBREVIATION = /^(?:[a-z]\.)+[a-z]$/;
const DIGIT_GROUPS = /^\d+(?:[-.:_]\d+)+$/;
const HEX_GROUPS = /^\d[0-9a-f]{0,7}(?:[-.:][0-9a-f]{1,8})+$/i;
const EMAIL = /^[\w.+%-]{0,63}[A-Za-z][\w.+%-]{0,63}@[\w-]+(?:\.[\w-]+)*$/;
/** A name at a place that is no host: an image and its digest, a unit and its number. */
const NAME_AT = /^[\w.+%-]+@[\w.:+%-]+$/;
const LETTERED = /@[\w-]*[A-Za-z][\w.-]*$/;
const HOST = /^[A-Za-z0-9](?:[\w-]*)(?:\.[\w-]+)+\.?(?::\d{1,5})?$/;
const OBJECT_HASH = /^((?:[\w$]+\.)*[A-Z][\w$]*[a-z][\w$]*(?:\[\])?@)[0-9a-f]{4,16}$/;
/** A package and, behind a slash, a class within it. */
const COMPONENT = /^(?:com|org|net|edu|gov|io|cn|de|fr|uk|jp|kr|ru|br|in)(?:\.\w+)+\/[\w.$]+$/;
const ABSOLUTE_PATH = /^(?:~|\.{1,2})?\/+[\w.@%+~:-]|^[A-Za-z]:[\\/]|^\\\\\w/;
const RELATIVE_PATH = /^[\w.@%+~-]+(?:[\\/][\w.@%+~:-]+){2,}[\\/]?$|^[\w.@%+~-]+\/[\w@%+~-]*\.[A-Za-z][A-Za-z0-9]{0,4}(?::\d+)*$/;
const PARTS = /^[\w.+%-]+(?:\/[\w.+%-]*)+$/;
const HOST_AND_IP = /^[\w.-]*\/\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?$/;
/** Words between slashes, with a number at their end at most. */
const WORDS = /^(?:[A-Za-z]+\d{0,2}\/)+[A-Za-z]+\d{0,2}$/;
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
  if (!glued && (bits & (DOT | SLASH | COLON)) === (DOT | SLASH)) return maskPieces(token, params, true);
  if ((bits & (DIGIT | AT)) === 0)
    return (!glued && bits & COLON && bits & SLASH ? maskLabelled(token, params) : undefined) ?? token;
  const hash = bits & AT ? OBJECT_HASH.exec(token)?.[1] : undefined;
  if (hash !== undefined) {
    const name = maskToken(hash.slice(0, -1), params);
    params.push(token.slice(hash.length));
    return `${name}@<hex>`;
  }
  if (!glued && bits & AT && NAME_AT.test(token)) {
    params.push(token);
    return "<id>";
  }
  const labelled = !glued && bits & COLON ? maskLabelled(token, params) : undefined;
  if (labelled !== undefined) return labelled;
  if (!glued && bits & SLASH && PARTS.test(token) && hasIdPart(token)) {
    params.push(token);
    return "<path>";
  }
  const colon = token.lastIndexOf(":");
  if (colon > 0 && isBase64(token.slice(colon + 1))) {
    const label = maskToken(token.slice(0, colon), params);
    params.push(token.slice(colon + 1));
    return `${label}:<id>`;
  }
  return bits & (COLON | SLASH | AT) || token.includes("+") ? maskPieces(token, params) : maskDotted(token, params);
}

/** Whether one of the parts between slashes is an id: letters and digits that are no word. */
function hasIdPart(token: string): boolean {
  return token.split("/").some((part) => part.length > 2 && /\d/.test(part) && /[A-Za-z]/.test(part) && !keepsDigits(part));
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
const OTHER = 256;

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
  if (bits === DIGIT) return token.length < DIGEST_CHARS ? "<num>" : "<hex>";
  if ((bits & (COLON | SLASH)) === (COLON | SLASH) && token.includes("://")) return "<url>";
  if (bits & AT && EMAIL.test(token) && !OBJECT_HASH.test(token)) return LETTERED.test(token) ? "<email>" : "<id>";
  const first = BITS[token.charCodeAt(0)];
  if (bits & DIGIT && (first === DIGIT || first === SIGN || first === DOT)) {
    const mask = numericMask(token, bits);
    if (mask !== undefined) return mask;
  }
  if (bits & (COLON | SIGN) && token.length >= 17 && MAC.test(token)) return "<mac>";
  if (bits & COLON && IPV6.test(token) && isIpv6(token)) return "<host>";
  if (bits & COLON && PACKAGE.test(token)) return "<id>";
  if (isBase64(token) || (bits & OTHER && token.includes("~") && FIELDS.test(token))) return "<id>";
  if (bits & SLASH) {
    if (HOST_AND_IP.test(token)) return "<host>";
    if (ABSOLUTE_PATH.test(token) || RELATIVE_PATH.test(token) || COMPONENT.test(token)) return "<path>";
  }
  if (token.length === 36 && UUID.test(token)) return "<uuid>";
  if (bits & DOT) {
    if (VERSION.test(token))
      return first === DIGIT && HOST.test(token) && isHost(token) && hasName(token) ? "<host>" : "<version>";
    if (HOST.test(token) && isHost(token)) return "<host>";
    if (DOTTED.test(token) && !ABBREVIATION.test(token) && !CONSTANT.test(token)) return "<id>";
  }
  return first === DIGIT && (DIGIT_GROUPS.test(token) || HEX_GROUPS.test(token)) ? "<id>" : undefined;
}

/** A word, a colon and one thing: "path:/var/log", "peer:10.0.0.1:80"; undefined when it is something else. */
function maskLabelled(token: string, params: string[]): string | undefined {
  const rest = LABEL.exec(token)?.[0].length ?? token.length;
  if (rest === token.length) return undefined;
  const value = token.slice(rest);
  const mask = wholeMask(value, bitsOf(value));
  if (mask === undefined) return undefined;
  params.push(value);
  return token.slice(0, rest) + mask;
}

/** What begins with a digit, a sign or a dot. */
function numericMask(token: string, bits: number): string | undefined {
  if (bits & DOT && IPV4.test(token)) return "<host>";
  if (NUMBER.test(token) || THOUSANDS.test(token)) return "<num>";
  if ((bits & (LETTER | HEX_LETTER | OTHER)) === 0) return undefined;
  // What ends in "4d" may as well be a digest.
  if (token.length >= DIGEST_CHARS) return HEX.test(token) ? "<hex>" : undefined;
  if (ORDINAL.test(token) || ZERO_PADDED_HEX.test(token)) return "<num>";
  if (DURATION.test(token)) return "<duration>";
  if (SIZE.test(token)) return "<size>";
  return HEX.test(token) ? "<hex>" : undefined;
}

/** A key, a digest, a token: long, of both cases and with digits throughout, where paths have words. */
function isBase64(token: string): boolean {
  if (token.length < 20 || !BASE64.test(token) || WORDS.test(token)) return false;
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

const REVERSED = /^(?:com|org|net)\./;
/** "example.co.uk", "example.com.hk": the second level tells a country from a word. */
const COUNTRY_HOST = /\.(?:com|co|net|ne|org|or|edu|ac|gov|go)\.[a-z]{2}$/;
/** With a port, two letters are a country; what compilers and scripts are called is not, as it goes with a line. */
const COUNTRY_PORT = /\.(?!(?:py|rs|go|js|ts|rb|cs|cc|hs|ml|pl|sh|md|kt|so|mm|ex|vb|fs|db|gz|xz|bz)[:])[a-z]{2}:\d{2,5}$/;

/** A dotted name that ends as hosts do: packages and files do not. */
function isHost(token: string): boolean {
  const colon = token.indexOf(":");
  const name = (colon < 0 ? token : token.slice(0, colon)).replace(/\.$/, "");
  if (REVERSED.test(name)) return false;
  if (COUNTRY_HOST.test(name)) return true;
  const label = name.slice(name.lastIndexOf(".") + 1);
  if (!HOST_ENDINGS.has(label)) return colon >= 0 && COUNTRY_PORT.test(token);
  return label.length > 2 || colon >= 0 || name.indexOf(".") !== name.lastIndexOf(".") || /[\d-]/.test(name);
}

/** Whether the last label but one has a letter: "5.36.59.76.dsl.example.net" is no version, "1.2.3.dev" is. */
function hasName(host: string): boolean {
  const last = host.lastIndexOf(".");
  return /[a-z]/i.test(host.slice(host.lastIndexOf(".", last - 1) + 1, last));
}

/** Cuts at punctuation and masks each piece. */
function maskPieces(token: string, params: string[], dotted = false): string {
  let out = "";
  let from = 0;
  for (let i = 0; i <= token.length; i += 1) {
    if (i < token.length && !cuts(token.charCodeAt(i))) continue;
    if (i > from) out += maskPiece(token.slice(from, i), params, dotted);
    if (i < token.length) out += token.charAt(i);
    from = i + 1;
  }
  return out;
}

/** Whether a token is cut here: at all punctuation but the dot, the dash and the underscore. */
function cuts(unit: number): boolean {
  return unit < 128 && (unit === 0x2b || ((BITS[unit] as number) & (COLON | SLASH | AT)) !== 0);
}

function maskPiece(piece: string, params: string[], dotted: boolean): string {
  if (!/\d/.test(piece) && !(dotted && piece.includes("."))) return piece;
  const whole = wholeMask(piece, bitsOf(piece));
  if (whole === undefined) return maskDotted(piece, params);
  params.push(piece);
  return whole;
}

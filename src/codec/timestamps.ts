import { memberOf } from "./field-values.ts";

/** How far ahead of its arrival a record may claim to be. */
const MAX_AHEAD_MS = 60_000;

/**
 * The time a value states, in Unix milliseconds with fraction; undefined when it states none, one before 1970, or one
 * more than a minute after `receivedMs`. Never guesses local forms: text is RFC 3339 and its near relations (a space
 * for the T, a comma, no zone: UTC), the common log format, or a number.
 */
export function timeOf(value: unknown, receivedMs: number): number | undefined {
  const ms = millisOf(value);
  return ms !== undefined && ms > 0 && ms <= receivedMs + MAX_AHEAD_MS ? ms : undefined;
}

function millisOf(value: unknown): number | undefined {
  if (typeof value === "number") return millisOfNumber(value);
  if (typeof value === "string") return millisOfText(value);
  if (typeof value === "bigint") return millisOfDigits(String(value));
  return typeof value === "object" && value !== null ? millisOfObject(value) : undefined;
}

/** Seconds below 1e11, then milliseconds, microseconds and nanoseconds by size; before 1973 it is a duration or a count. */
function millisOfNumber(value: number): number | undefined {
  if (value < 1e8) return undefined;
  // By way of whole microseconds, so that 1.307 s is 1307 ms and not a little less.
  if (value < 1e11) return Math.round(value * 1e6) / 1e3;
  if (value < 1e14) return value;
  if (value < 1e17) return value / 1e3;
  return value < 1e20 ? value / 1e6 : undefined;
}

/** Whole digits, exact to the microsecond even for nanoseconds, which no double holds. */
function millisOfDigits(digits: string): number | undefined {
  if (digits.length <= 17) return millisOfNumber(Number(digits));
  return digits.length > 20 ? undefined : Number(digits.slice(0, -3)) / 1e3;
}

function millisOfObject(value: object): number | undefined {
  if (value instanceof Date) return value.getTime();
  // Google Cloud and protobuf; Log4j 2's `instant`; MongoDB's extended JSON.
  const seconds = memberOf(value, "seconds") ?? memberOf(value, "epochSecond");
  const nanos = memberOf(value, "nanos") ?? memberOf(value, "nanoOfSecond") ?? 0;
  if (seconds === undefined) return millisOf(memberOf(value, "$date") ?? undefined);
  const whole = typeof seconds === "string" ? Number(seconds) : seconds;
  return typeof whole === "number" && typeof nanos === "number" ? whole * 1e3 + nanos / 1e6 : undefined;
}

/** Longest text looked at. */
const MAX_TEXT_CHARS = 64;

function millisOfText(text: string): number | undefined {
  if (text.length > MAX_TEXT_CHARS) return undefined;
  const date = millisOfDate(text);
  if (date !== undefined) return date;
  const trimmed = text.trim();
  if (trimmed !== text) return millisOfText(trimmed);
  if (/^\d{18,20}$/.test(text)) return millisOfDigits(text);
  if (/^\d+(?:\.\d*)?(?:[eE]\+?\d+)?$/.test(text)) return millisOfNumber(Number(text));
  return millisOfCommonLog(text);
}

/** `01/Aug/2026:07:00:00 +0000`, as web servers write it. */
function millisOfCommonLog(text: string): number | undefined {
  const match = /^\[?(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})\]?$/.exec(text);
  const month = MONTHS.indexOf(match?.[2] ?? "?") / 3;
  if (match === null || !Number.isInteger(month) || month < 0) return undefined;
  return millisOfDate(`${match[3]}-${String(month + 1).padStart(2, "0")}-${match[1]}T${match[4]}${match[5]}`);
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

// Read by hand: this runs once a record, and a pattern with its groups costs more than the record's other members.

/** `2026-08-21T17:00:43.123456789+02:00` and its near relations; undefined for anything else. */
function millisOfDate(text: string): number | undefined {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 24) return undefined;
  if (minute < 0 || minute > 59 || second < 0 || second > 60 || !isShaped(text)) return undefined;
  let at = 19;
  let fraction = 0;
  let scale = 1;
  const mark = text.charCodeAt(19);
  if (mark === DOT || mark === COMMA) {
    for (at = 20; isDigit(text.charCodeAt(at)); at += 1) {
      // Digits beyond nanoseconds say nothing.
      if (at >= 29) continue;
      fraction = fraction * 10 + (text.charCodeAt(at) - ZERO);
      scale *= 10;
    }
  }
  const offset = offsetMinutes(text, at);
  if (offset === undefined) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second) - offset * 60_000 + (fraction * 1_000) / scale;
}

function isShaped(text: string): boolean {
  const dash = text.charCodeAt(4);
  if ((dash !== DASH && dash !== SLASH) || text.charCodeAt(7) !== dash) return false;
  const gap = text.charCodeAt(10);
  return (gap === UPPER_T || gap === LOWER_T || gap === SPACE) && text.charCodeAt(13) === COLON && text.charCodeAt(16) === COLON;
}

/** Minutes east of Greenwich: `Z`, `+02:00`, `+0200`, `+02`, ` UTC`, ` +0000 UTC`, or nothing at all. */
function offsetMinutes(text: string, from: number): number | undefined {
  if (from === text.length) return 0;
  let at = from;
  if (text.charCodeAt(at) === SPACE) at += 1;
  const sign = text.charCodeAt(at);
  if (sign !== PLUS && sign !== DASH) return ZONES.has(text.slice(at)) ? 0 : undefined;
  const hours = digits(text, at + 1, 2);
  const minutesAt = text.charCodeAt(at + 3) === COLON ? at + 4 : at + 3;
  const minutes = minutesAt < text.length ? digits(text, minutesAt, 2) : 0;
  if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59) return undefined;
  // Go prints the zone's name after its offset, and "m=+0.1" after that.
  const rest = text.charCodeAt(minutesAt + 2);
  if (!Number.isNaN(rest) && rest !== SPACE) return undefined;
  return (hours * 60 + minutes) * (sign === PLUS ? 1 : -1);
}

const ZONES: ReadonlySet<string> = new Set(["Z", "z", "UTC", "GMT", "Etc/UTC"]);
const ZERO = 0x30;
const DASH = 0x2d;
const SLASH = 0x2f;
const COLON = 0x3a;
const DOT = 0x2e;
const COMMA = 0x2c;
const PLUS = 0x2b;
const SPACE = 0x20;
const UPPER_T = 0x54;
const LOWER_T = 0x74;

function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39;
}

/** The number that `count` digits make; -1 when one of them is none. */
function digits(text: string, from: number, count: number): number {
  let number = 0;
  for (let at = from; at < from + count; at += 1) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) return -1;
    number = number * 10 + (code - ZERO);
  }
  return number;
}

import type { TimeZone } from "./time-zone.ts";

// The times of syslog headers: RFC 5424's "2026-11-20T08:30:12.123+01:00", RFC 3164's "Nov 20 08:30:12", and what is sent in
// their places: "Nov 20 2026 08:30:12" (Cisco ASA), "Nov 20 08:30:12.123" (IOS), "2026 Nov 20 08:30:12" (NX-OS).

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS = 86_400_000;
/** How far ahead of its arrival a message may claim to be; a clock that is more wrong is not believed. */
const MAX_AHEAD_MS = 60_000;
/** Longest time of any dialect. */
const MAX_STAMP_CHARS = 48;

const ISO = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|z|[+-]\d\d:?\d\d)?$/;
const BSD = /^(?:(\d{4}) )?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: (\d{4}))?$/;

/** Where the time that begins at `start` ends; -1 when none begins there. Something else than a letter or a digit follows. */
export function stampEnd(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start] as number;
  let at = -1;
  if (start + 14 <= end && isDigit(first)) {
    at = bytes[start + 4] === DASH ? isoEnd(bytes, start, end) : bytes[start + 4] === SPACE ? bsdEnd(bytes, start + 5, end) : -1;
    if (at >= 0 && !(isDigit(bytes[start + 1] as number) && isDigit(bytes[start + 3] as number))) return -1;
  } else if (start + 14 <= end && first >= 0x41 && first <= 0x53) at = bsdEnd(bytes, start, end);
  if (at < 0 || at > end || (at < end && isWord(bytes[at] as number))) return -1;
  return at;
}

/** The moment a time says, in Unix milliseconds; undefined when it says none, or one that cannot be. */
export function stampMs(stamp: string, zone: TimeZone, receivedMs: number): number | undefined {
  if (stamp.length > MAX_STAMP_CHARS) return undefined;
  const iso = ISO.exec(stamp);
  const ms = iso === null ? bsdMs(stamp, zone, receivedMs) : isoMs(iso, zone);
  return ms !== undefined && ms > 0 && ms <= receivedMs + MAX_AHEAD_MS ? ms : undefined;
}

function isoEnd(bytes: Buffer, start: number, end: number): number {
  if (start + 19 > end) return -1;
  // With a blank for the T it is how loggers begin their lines, seldom how syslog does.
  if (bytes[start + 7] !== DASH || ((bytes[start + 10] as number) | 0x20) !== 0x74 || !isClock(bytes, start + 11)) return -1;
  let at = fractionEnd(bytes, start + 19, end);
  const sign = bytes[at];
  if (at < end && (sign === 0x5a || sign === 0x7a)) at += 1;
  else if (at + 5 <= end && (sign === 0x2b || sign === DASH)) at += bytes[at + 3] === COLON ? 6 : 5;
  return at;
}

/** "Nov 20 08:30:12" with a year before or behind the clock, and a fraction. */
function bsdEnd(bytes: Buffer, start: number, end: number): number {
  if (start + 14 > end || bytes[start + 3] !== SPACE || !isMonth(bytes, start)) return -1;
  let at = start + 4;
  if (bytes[at] === SPACE) at += 1;
  if (!isDigit(bytes[at] as number)) return -1;
  at += isDigit(bytes[at + 1] as number) ? 2 : 1;
  if (bytes[at] !== SPACE) return -1;
  at += 1;
  if (isYear(bytes, at) && bytes[at + 4] === SPACE) at += 5;
  if (at + 8 > end || !isClock(bytes, at)) return -1;
  at = fractionEnd(bytes, at + 8, end);
  // A year behind the clock; a host is seldom called so.
  if (at + 5 < end && bytes[at] === SPACE && isYear(bytes, at + 1) && bytes[at + 5] === SPACE) at += 5;
  return at;
}

function fractionEnd(bytes: Buffer, start: number, end: number): number {
  const mark = bytes[start];
  if (start + 1 >= end || (mark !== 0x2e && mark !== 0x2c) || !isDigit(bytes[start + 1] as number)) return start;
  let at = start + 1;
  while (at < end && isDigit(bytes[at] as number)) at += 1;
  return at;
}

/** "08:30:12" */
function isClock(bytes: Buffer, at: number): boolean {
  return (
    bytes[at + 2] === COLON &&
    bytes[at + 5] === COLON &&
    isDigit(bytes[at] as number) &&
    isDigit(bytes[at + 1] as number) &&
    isDigit(bytes[at + 3] as number) &&
    isDigit(bytes[at + 4] as number) &&
    isDigit(bytes[at + 6] as number) &&
    isDigit(bytes[at + 7] as number)
  );
}

function isYear(bytes: Buffer, at: number): boolean {
  const century = bytes[at] as number;
  if (century !== 0x31 && century !== 0x32) return false;
  return isDigit(bytes[at + 1] as number) && isDigit(bytes[at + 2] as number) && isDigit(bytes[at + 3] as number);
}

const MONTH_CODES: ReadonlySet<number> = new Set(
  MONTHS.map((name) => (name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.charCodeAt(2)),
);

function isMonth(bytes: Buffer, at: number): boolean {
  return MONTH_CODES.has(((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number));
}

function isoMs(found: RegExpExecArray, zone: TimeZone): number | undefined {
  const [, year, month, day, hour, minute, second, fraction, offset] = found;
  const clock = { hour: Number(hour), minute: Number(minute), second: Number(second), fraction };
  const readingMs = readingOf(Number(year), Number(month), Number(day), clock);
  if (readingMs === undefined || offset === undefined) return readingMs === undefined ? undefined : zone.momentOf(readingMs);
  if (offset.length === 1) return readingMs;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
  return readingMs - (offset.startsWith("-") ? -minutes : minutes) * 60_000;
}

function bsdMs(stamp: string, zone: TimeZone, receivedMs: number): number | undefined {
  const found = BSD.exec(stamp);
  if (found === null) return undefined;
  const [, before, name = "", day, between, hour, minute, second, fraction, behind] = found;
  const month = MONTHS.indexOf(name) + 1;
  const clock = { hour: Number(hour), minute: Number(minute), second: Number(second), fraction };
  const moment = (year: number): number | undefined => {
    const readingMs = readingOf(year, month, Number(day), clock);
    return readingMs === undefined ? undefined : zone.momentOf(readingMs);
  };
  const stated = before ?? between ?? behind;
  if (stated !== undefined) return moment(Number(stated));
  // The year that brings it nearest without lying more than a day ahead: around New Year that is the next or the last one.
  const now = new Date(receivedMs).getUTCFullYear();
  for (const year of [now + 1, now, now - 1]) {
    const ms = moment(year);
    if (ms !== undefined && ms <= receivedMs + DAY_MS) return ms;
  }
  return undefined;
}

interface Clock {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly fraction: string | undefined;
}

/** A reading of a calendar and a clock as if it were UTC; undefined for the 30th of February. */
function readingOf(year: number, month: number, day: number, clock: Clock): number | undefined {
  const { hour, minute, second, fraction } = clock;
  if (month < 1 || month > 12 || day < 1 || hour > 24 || minute > 59 || second > 60) return undefined;
  const dayMs = Date.UTC(year, month - 1, day);
  if (new Date(dayMs).getUTCDate() !== day) return undefined;
  const millis = fraction === undefined ? 0 : Math.round(Number(`0.${fraction}`) * 1e6) / 1e3;
  return dayMs + ((hour * 60 + minute) * 60 + second) * 1_000 + millis;
}

const SPACE = 0x20;
const DASH = 0x2d;
const COLON = 0x3a;

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isWord(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x7a);
}

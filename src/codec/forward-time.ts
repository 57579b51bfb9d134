import { Kind, headSize, kindOf, lengthAt } from "../scan/msgpack.ts";
import type { MsgpackReader } from "../scan/msgpack-value.ts";

const MAX_NANOSECONDS = 999_999_999;
const EVENT_TIME = 0;
const MSGPACK_TIMESTAMP = -1;
/** Seconds of Fluent Bit's group markers: -1 and -2, as an EventTime holds them. */
const GROUP_START = 0xffff_ffff;
const GROUP_END = 0xffff_fffe;
/** How far ahead of its arrival a record may claim to be, in milliseconds. */
const MAX_AHEAD_MS = 60_000;

/**
 * The time of an entry in Unix milliseconds, NaN where it is none: whole or broken seconds (also milliseconds,
 * microseconds and nanoseconds, told apart by their size), EventTime (ext 0: uint32 seconds, uint32 nanoseconds), or
 * msgpack's own timestamp (ext -1).
 */
export function readTime(bytes: Buffer, at: number, end: number, reader: MsgpackReader): number {
  // EventTime in its short form is what nearly all entries carry.
  if (bytes[at] === 0xd7 && bytes[at + 1] === EVENT_TIME && at + 10 <= end) return eventTimeMs(bytes, at + 2);
  if (kindOf(bytes[at] ?? 0xc1) === Kind.ext) return extensionMs(bytes, at, end);
  reader.over(bytes, at, end);
  const value = reader.read();
  return typeof value === "number" || typeof value === "string" ? numberMs(Number(value)) : Number.NaN;
}

/** A number of seconds, milliseconds, microseconds or nanoseconds since the epoch as milliseconds; NaN when it is not positive. */
export function numberMs(value: number): number {
  if (!(value > 0)) return Number.NaN;
  if (value < 1e11) return value * 1_000;
  if (value < 1e14) return value;
  return value < 1e17 ? value / 1e3 : value / 1e6;
}

/** Whether a time is one to believe, seen from the moment of arrival. */
export function isPlausible(timeMs: number, receivedMs: number): boolean {
  return timeMs > 0 && timeMs <= receivedMs + MAX_AHEAD_MS;
}

/** Whether the time of a `[[time, metadata], record]` entry marks the start or the end of a group of Fluent Bit's. */
export function marksGroup(bytes: Buffer, at: number, end: number): boolean {
  const head = bytes[at] ?? 0xc1;
  // -1 and -2 as plain integers: a sender told to keep whole seconds.
  if (head === 0xff || head === 0xfe) return true;
  const start = at + headSize(head);
  if (kindOf(head) !== Kind.ext || lengthAt(bytes, at, end) !== 8 || start + 8 > end || bytes[start - 1] !== EVENT_TIME)
    return false;
  const seconds = bytes.readUInt32BE(start);
  return seconds === GROUP_START || seconds === GROUP_END;
}

function extensionMs(bytes: Buffer, at: number, end: number): number {
  const length = lengthAt(bytes, at, end);
  const start = at + headSize(bytes[at] ?? 0xc1);
  if (length < 0 || start + length > end) return Number.NaN;
  const type = bytes.readInt8(start - 1);
  if (type === EVENT_TIME && length === 8) return eventTimeMs(bytes, start);
  if (type !== MSGPACK_TIMESTAMP) return Number.NaN;
  if (length === 4) return bytes.readUInt32BE(start) * 1_000;
  if (length === 8) {
    // 30 bits of nanoseconds, then 34 bits of seconds.
    const high = bytes.readUInt32BE(start);
    return inMs((high & 3) * 2 ** 32 + bytes.readUInt32BE(start + 4), high >>> 2);
  }
  if (length !== 12) return Number.NaN;
  return inMs(bytes.readInt32BE(start + 4) * 2 ** 32 + bytes.readUInt32BE(start + 8), bytes.readUInt32BE(start));
}

function eventTimeMs(bytes: Buffer, start: number): number {
  return inMs(bytes.readUInt32BE(start), bytes.readUInt32BE(start + 4));
}

function inMs(seconds: number, nanoseconds: number): number {
  return seconds * 1_000 + Math.min(nanoseconds, MAX_NANOSECONDS) / 1e6;
}

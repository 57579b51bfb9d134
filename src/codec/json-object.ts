import { excerpt } from "../base/complaints.ts";
import { faultOf } from "./json-fault.ts";
import { repairJson } from "./json-repair.ts";

/** What JSON.parse makes of an object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Containers inside containers; Graylog's parser stops at the same depth. */
const MAX_DEPTH = 1_000;
/** Shorter frames cannot hold enough of anything to hurt, however deep. */
const SCAN_FROM_BYTES = 16_384;

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where a frame begins and ends once blanks, a byte order mark and trailing NULs are off; `start === end`: nothing left. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

export function trimmed(bytes: Buffer, from: number, to: number): Extent {
  let start = from;
  let end = to;
  while (end > start && isBlank(bytes[end - 1])) end -= 1;
  if (bytes[start] === OPEN_OBJECT) return { start, end };
  if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) start += 3;
  while (start < end && isBlank(bytes[start])) start += 1;
  return { start: Math.min(start, end), end };
}

/**
 * The object that `bytes[start .. end)` is, as leniently as Graylog reads it; a text that says what is wrong with which
 * bytes where it is none. Invalid UTF-8 becomes U+FFFD. Never throws.
 */
export function parseObject(bytes: Buffer, start: number, end: number): JsonObject | string {
  if (bytes[start] !== OPEN_OBJECT) return noObject(bytes, start, end);
  if (end - start > SCAN_FROM_BYTES) {
    const at = tooDeep(bytes, start, end);
    if (at >= 0) return `nested deeper than ${MAX_DEPTH} levels at byte ${at - start}`;
  }
  const text = bytes.toString("utf8", start, end);
  const object = parse(text) ?? parse(repairJson(text));
  return object ?? fault(bytes, start, end);
}

function parse(text: string): JsonObject | undefined {
  try {
    // A text that begins with "{" is an object or does not parse.
    return JSON.parse(text) as JsonObject;
  } catch {
    return undefined;
  }
}

function fault(bytes: Buffer, start: number, end: number): string {
  const found = faultOf(bytes.toString("latin1", start, end));
  const at = found?.at ?? 0;
  const from = start + Math.max(0, at - 12);
  return `not JSON: ${found?.what ?? "unreadable"} at byte ${at} (${quoted(bytes, from, end)})`;
}

function noObject(bytes: Buffer, start: number, end: number): string {
  const packed = compression(bytes, start, end);
  if (packed !== undefined) return packed;
  if (bytes[start] === OPEN_LIST || bytes[start] === QUOTE || faultOf(bytes.toString("latin1", start, end)) === undefined) {
    return `not a JSON object (${quoted(bytes, start, end)})`;
  }
  return fault(bytes, start, end);
}

function quoted(bytes: Buffer, start: number, end: number): string {
  return `"${excerpt(bytes.subarray(start, end), 24)}"`;
}

function compression(bytes: Buffer, start: number, end: number): string | undefined {
  const word = end - start < 2 ? 0 : bytes.readUInt16BE(start);
  const name = word === 0x1f8b ? "gzip" : word === 0x28b5 ? "zstd" : word >>> 8 === 0x78 && word % 31 === 0 ? "zlib" : undefined;
  if (name === undefined) return undefined;
  return `compressed frame (${name}) over TCP; only GELF over UDP and HTTP may be compressed, turn it off in the sender`;
}

/** Where the containers get too deep; -1 when they never do. */
function tooDeep(bytes: Buffer, start: number, end: number): number {
  let depth = 0;
  let inString = false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      depth += 1;
      if (depth > MAX_DEPTH) return at;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth -= 1;
  }
  return -1;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0x00;
}

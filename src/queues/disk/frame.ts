import { crc32 } from "node:zlib";
import type { DataCategory, Parcel } from "../../record/parcel.ts";

// A segment is nothing but frames. Numbers are big-endian.
//
//   0 marker, 4 bytes   4 length of the payload   8 crc32 of the payload   12 crc32 of bytes 0 to 11   16 payload
//
// The payload: 0 sequence number in its segment, 4 records, 8 birth (f64), 16 issue (f64), 24 category, 25 zero,
// 26 28 30 lengths of upstream, input and event id, 32 these three, then the body.

/** 0xFF never occurs in UTF-8, so nothing that a sender writes into a body can look like the start of a frame. */
export const MARKER = Buffer.from([0xff, 0x43, 0xff, 0x54]);
export const HEADER_BYTES = 16;
const FIXED_BYTES = 32;
/** Of a frame. A longer parcel is never taken, and a longer length on disk is damage. */
export const MAX_FRAME_BYTES = 128 << 20;
/** Sequence numbers in a segment stay below, so that a set of them is a small bitmap. */
export const MAX_PARCELS = 1 << 20;
const MAX_NAME_BYTES = 0xffff;
const CATEGORIES: readonly DataCategory[] = ["error", "log_item"];

/** A frame whose checksums hold; offsets count from the start of the bytes it was found in. */
export interface Frame {
  readonly offset: number;
  /** Of the whole frame. */
  readonly bytes: number;
  readonly crc: number;
  readonly sequence: number;
  readonly records: number;
  readonly bornMs: number;
  readonly category: DataCategory;
  readonly upstream: string;
  readonly input: string;
}

/** Length of a parcel's frame; infinite for one that no frame can hold. */
export function frameBytes({ upstream, input, eventId, body }: Parcel): number {
  const a = Buffer.byteLength(upstream);
  const b = Buffer.byteLength(input);
  const c = Buffer.byteLength(eventId);
  const bytes = HEADER_BYTES + FIXED_BYTES + a + b + c + body.length;
  return Math.max(a, b, c) > MAX_NAME_BYTES || bytes > MAX_FRAME_BYTES ? Infinity : bytes;
}

/** Writes the frame of a parcel; returns its length and the checksum of its payload. */
export function writeFrame(target: Buffer, at: number, sequence: number, parcel: Parcel): { bytes: number; crc: number } {
  const payload = at + HEADER_BYTES;
  const names = payload + FIXED_BYTES;
  const upstream = target.write(parcel.upstream, names);
  const input = target.write(parcel.input, names + upstream);
  const eventId = target.write(parcel.eventId, names + upstream + input);
  const body = names + upstream + input + eventId;
  target.set(parcel.body, body);
  target.writeUInt32BE(sequence, payload);
  target.writeUInt32BE(parcel.records, payload + 4);
  target.writeDoubleBE(parcel.bornMs, payload + 8);
  target.writeDoubleBE(parcel.issue, payload + 16);
  target.writeUInt16BE(CATEGORIES.indexOf(parcel.category) << 8, payload + 24);
  target.writeUInt16BE(upstream, payload + 26);
  target.writeUInt16BE(input, payload + 28);
  target.writeUInt16BE(eventId, payload + 30);
  const end = body + parcel.body.length;
  const crc = crc32(target.subarray(payload, end));
  target.set(MARKER, at);
  target.writeUInt32BE(end - payload, at + 4);
  target.writeUInt32BE(crc, at + 8);
  target.writeUInt32BE(crc32(target.subarray(at, at + 12)), at + 12);
  return { bytes: end - at, crc };
}

/** Length of the frame that begins at `at`, as its header says; undefined where no sound header is. */
export function frameLengthAt(bytes: Buffer, at: number): number | undefined {
  if (at + HEADER_BYTES > bytes.length || bytes.readUInt32BE(at) !== MARKER_NUMBER) return undefined;
  if (crc32(bytes.subarray(at, at + 12)) !== bytes.readUInt32BE(at + 12)) return undefined;
  const length = HEADER_BYTES + bytes.readUInt32BE(at + 4);
  return length > MAX_FRAME_BYTES || length < HEADER_BYTES + FIXED_BYTES ? undefined : length;
}

/** Reads the frame at `at`, whose header is sound and whose bytes are all there; undefined when its payload is damaged. */
export function readFrame(source: Buffer, at: number, bytes: number): Frame | undefined {
  const payload = at + HEADER_BYTES;
  const crc = source.readUInt32BE(at + 8);
  if (crc32(source.subarray(payload, at + bytes)) !== crc) return undefined;
  const sequence = source.readUInt32BE(payload);
  const category = CATEGORIES[source.readUInt8(payload + 24)];
  const names = payload + FIXED_BYTES;
  const upstream = names + source.readUInt16BE(payload + 26);
  const input = upstream + source.readUInt16BE(payload + 28);
  const eventId = input + source.readUInt16BE(payload + 30);
  if (category === undefined || sequence >= MAX_PARCELS || eventId > at + bytes) return undefined;
  return {
    offset: at,
    bytes,
    crc,
    sequence,
    records: source.readUInt32BE(payload + 4),
    bornMs: source.readDoubleBE(payload + 8),
    category,
    upstream: source.toString("utf8", names, upstream),
    input: source.toString("utf8", upstream, input),
  };
}

/** The parcel in a frame; its body shares memory with `source`. */
export function parcelOf(source: Buffer, frame: Frame): Parcel {
  const payload = frame.offset + HEADER_BYTES;
  const eventId = payload + FIXED_BYTES + source.readUInt16BE(payload + 26) + source.readUInt16BE(payload + 28);
  const body = eventId + source.readUInt16BE(payload + 30);
  return {
    upstream: frame.upstream,
    input: frame.input,
    category: frame.category,
    body: source.subarray(body, frame.offset + frame.bytes),
    records: frame.records,
    bornMs: frame.bornMs,
    eventId: source.toString("utf8", eventId, body),
    issue: source.readDoubleBE(payload + 16),
  };
}

const MARKER_NUMBER = MARKER.readUInt32BE(0);

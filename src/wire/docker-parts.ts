import { Kind, countAt, headSize, kindOf, lengthAt, skipValue } from "../scan/msgpack.ts";

/** One part of a line that Docker split at 16 KiB. Its bytes are copies. */
export interface DockerPart {
  /** The same for all parts of a line. */
  readonly id: string;
  readonly ordinal: number;
  readonly isLast: boolean;
  readonly text: Buffer;
  /** The entry's time, as msgpack. */
  readonly time: Buffer;
  /** The other members of the record, as msgpack, without those that are about parts; and how many they are. */
  readonly others: Buffer;
  readonly otherCount: number;
}

/** The key of every part, however its length is written. */
const MARK = Buffer.from("partial_message");
const MAX_KEY_BYTES = 32;

/** Whether a part may lie between two places: one fast search for many entries. */
export function mayHoldParts(bytes: Buffer, start: number, end: number): boolean {
  return bytes.subarray(start, end).includes(MARK);
}

/** The part that the entry `[time, record]` or `time record` at `start` is; undefined when it is none. */
export function dockerPart(bytes: Buffer, start: number, end: number): DockerPart | undefined {
  const first = bytes[start] ?? 0;
  const time = kindOf(first) === Kind.array ? start + headSize(first) : start;
  const record = skipValue(bytes, time, end);
  if (record < 0 || record >= end || kindOf(bytes[record] ?? 0) !== Kind.map) return undefined;
  const told = new Map<string, Buffer>();
  const others: Buffer[] = [];
  let key = record + headSize(bytes[record] ?? 0);
  for (let left = countAt(bytes, record, end); left > 0; left -= 1) {
    const value = skipValue(bytes, key, end);
    const next = value < 0 ? value : skipValue(bytes, value, end);
    if (next < 0) return undefined;
    const name = textAt(bytes, key, Math.min(value, key + MAX_KEY_BYTES))?.toString("latin1") ?? "";
    const text = name === "log" || name.startsWith("partial_") ? textAt(bytes, value, next) : undefined;
    if (text === undefined) others.push(bytes.subarray(key, next));
    else told.set(name, text);
    key = next;
  }
  const id = told.get("partial_id");
  const text = told.get("log");
  if (id === undefined || text === undefined || !told.has("partial_message")) return undefined;
  return {
    id: id.toString("latin1"),
    ordinal: Number(told.get("partial_ordinal")?.toString("latin1") ?? 0),
    isLast: told.get("partial_last")?.toString("latin1") === "true",
    text: Buffer.from(text),
    time: Buffer.from(bytes.subarray(time, record)),
    others: Buffer.concat(others),
    otherCount: others.length,
  };
}

/** The line that parts make, as `time record` in the manner of Message mode: all that the first says, with the whole text. */
export function joinedEntry(parts: readonly DockerPart[]): Buffer {
  const inOrder = parts.toSorted((a, b) => a.ordinal - b.ordinal);
  const [first] = inOrder;
  if (first === undefined) return Buffer.alloc(0);
  const texts = inOrder.map((part) => part.text);
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  return Buffer.concat([first.time, head(0xdf, first.otherCount + 1), first.others, LOG_KEY, head(0xdb, length), ...texts]);
}

const LOG_KEY = Buffer.from("\xa3log", "latin1");

/** A head byte with a 32-bit length. */
function head(byte: number, length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = byte;
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

/** The content of a str or bin; undefined when it is neither, or does not end at or before `end`. */
function textAt(bytes: Buffer, start: number, end: number): Buffer | undefined {
  const first = bytes[start] ?? 0;
  const kind = kindOf(first);
  if (kind !== Kind.str && kind !== Kind.bin) return undefined;
  const from = start + headSize(first);
  const to = from + lengthAt(bytes, start, end);
  return to <= end ? bytes.subarray(from, to) : undefined;
}

import type { Codec, Decoded } from "../component/codec.ts";
import { NOTHING } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { Kind, countAt, headSize, kindOf, skipValue } from "../scan/msgpack.ts";
import { MsgpackReader, type MsgpackValue } from "../scan/msgpack-value.ts";
import { ForwardGlance } from "./forward-glance.ts";
import { applyMetadata, isMap } from "./forward-metadata.ts";
import { isPlausible, marksGroup, numberMs, readTime } from "./forward-time.ts";
import { recordFromObject } from "./normalise.ts";

const OPENING_BRACKET = 0x5b;
const KIND_NAMES = [
  "nil",
  "a boolean",
  "an integer",
  "a float",
  "a string",
  "binary",
  "an array",
  "a map",
  "an extension",
  "no msgpack",
];
const reader = new MsgpackReader();

/**
 * One event of the Fluentd forward protocol (PackedForward and Forward mode, also as Fluent Bit writes it; the rest of
 * a Message mode message behind its tag; an entry of the JSON mode):
 *
 *     entry   = array(2..) time record            time = seconds | EventTime | nil | array(1..2) time metadata
 *     message = time record [option]              option may hold { metadata: map }
 *     json    = "[" time "," record "]"           time may be "[" time "," metadata "]"
 *
 * Sources: fluentd wiki "Forward Protocol Specification v1.5", fluent-bit `src/flb_log_event_decoder.c`.
 */
export const forward: Codec = {
  name: "forward",
  glancer: (wanted) => new ForwardGlance(wanted),
  decode(bytes, start, end, from) {
    if (start >= end) return { malformed: "an empty entry" };
    const decoded = bytes[start] === OPENING_BRACKET ? decodeJson(bytes, start, end, from) : decodeEntry(bytes, start, end, from);
    reader.release();
    return decoded;
  },
};

function decodeEntry(bytes: Buffer, start: number, end: number, from: Provenance): Decoded {
  const first = bytes[start] ?? 0xc1;
  const isEntry = kindOf(first) === Kind.array;
  if (isEntry && countAt(bytes, start, end) < 2) return { malformed: "an entry without a time and a record" };
  const timeStart = isEntry ? start + headSize(first) : start;
  const recordStart = skipValue(bytes, timeStart, end);
  if (recordStart < 0) return cutOff(timeStart, start);
  let time = timeStart;
  let metadataStart = -1;
  const head = bytes[timeStart] ?? 0xc1;
  if (kindOf(head) === Kind.array) {
    time += headSize(head);
    if (countAt(bytes, timeStart, end) > 1) metadataStart = skipValue(bytes, time, recordStart);
    if (time < recordStart && marksGroup(bytes, time, recordStart)) return NOTHING;
  }
  if (recordStart >= end) return { malformed: "an entry without a record" };
  const kind = kindOf(bytes[recordStart] ?? 0xc1);
  if (kind === Kind.nil) return NOTHING;
  if (kind !== Kind.map) return { malformed: `a record that is ${KIND_NAMES[kind] ?? ""}, not a map` };

  const timeMs = time < recordStart ? readTime(bytes, time, recordStart, reader) : Number.NaN;
  reader.over(bytes, recordStart, end);
  const members = reader.read();
  if (reader.broken || !isMap(members)) return cutOff(reader.at, start);
  if (metadataStart > 0 && countAt(bytes, metadataStart, recordStart) > 0) {
    reader.over(bytes, metadataStart, recordStart);
    applyMetadata(members, reader.read());
  } else if (!isEntry && reader.at < end) {
    reader.over(bytes, reader.at, end);
    const option = reader.read();
    if (isMap(option)) applyMetadata(members, option["metadata"] ?? null);
  }
  return finished(members, timeMs, from);
}

function decodeJson(bytes: Buffer, start: number, end: number, from: Provenance): Decoded {
  let entry: unknown;
  try {
    entry = JSON.parse(bytes.toString("utf8", start, end));
  } catch (error) {
    return { malformed: `not JSON: ${error instanceof Error ? error.message : "unreadable"}` };
  }
  if (!Array.isArray(entry) || entry.length < 2) return { malformed: "an entry without a time and a record" };
  const [stamp, members] = entry as MsgpackValue[]; // JSON.parse makes nothing else.
  if (members === null) return NOTHING;
  if (!isMap(members)) return { malformed: "a record that is no JSON object" };
  const time = Array.isArray(stamp) ? stamp[0] : stamp;
  if (Array.isArray(stamp)) applyMetadata(members, stamp[1] ?? null);
  return finished(members, typeof time === "number" || typeof time === "string" ? numberMs(Number(time)) : Number.NaN, from);
}

/** The entry's own time wins over a field of the record, unless nobody can have meant it. */
function finished(members: { [key: string]: MsgpackValue }, timeMs: number, from: Provenance): Decoded {
  const record = recordFromObject(members, from, "forward");
  if (isPlausible(timeMs, from.receivedMs)) record.timeMs = timeMs;
  return record;
}

function cutOff(at: number, start: number): Decoded {
  return { malformed: `no msgpack from byte ${at - start} on` };
}

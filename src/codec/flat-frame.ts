import type { Codec } from "../component/codec.ts";
import { countAt, headSize, kindOf, Kind, lengthAt, skipValue } from "../scan/msgpack.ts";
import { MsgpackReader } from "../scan/msgpack-value.ts";
import { jsonNotation, msgpackNotation, type Notation } from "../scan/notation.ts";
import { autoLine } from "./auto-line.ts";
import { flatMembers, isPlainName, type FlatMember } from "./flat-members.ts";
import { forward } from "./forward.ts";
import { gelf } from "./gelf.ts";
import { GELF_MARK, jsonLine } from "./json-line.ts";
import { parseObject } from "./json-object.ts";
import type { Dialect } from "./spellings.ts";

/** A frame that is one record with named members. Places count from its first byte. */
export interface FlatFrame {
  readonly dialect: Dialect;
  readonly notation: Notation;
  readonly members: readonly FlatMember[];
  /** The values of the members. */
  readonly object: Readonly<Record<string, unknown>>;
  /** Where a time stands before the members, which counts more than what they say. */
  readonly stamp: { readonly start: number; readonly end: number } | undefined;
}

/** Whether frames of a codec can be told apart member by member. */
export function readsFlat(codec: Codec): boolean {
  return codec === gelf || codec === jsonLine || codec === autoLine || codec === forward;
}

/** The members of a frame that decodes to a record; undefined where there is more to a record than its members. */
export function flatFrame(codec: Codec, frame: Buffer, mostMembers: number): FlatFrame | undefined {
  if (codec === forward) return forwardFrame(frame, mostMembers);
  const members = flatMembers(frame.toString("latin1"), mostMembers);
  const object = parseObject(frame, 0, frame.length);
  if (members === undefined || typeof object === "string") return undefined;
  const isGelf = codec === gelf || members.some(({ name }) => name === GELF_MARK);
  return { dialect: isGelf ? "gelf" : "json", notation: jsonNotation, members, object, stamp: undefined };
}

const PAIR = 0x92;
const reader = new MsgpackReader();

/** `[EventTime, {...}]` and nothing else. */
function forwardFrame(frame: Buffer, mostMembers: number): FlatFrame | undefined {
  const end = frame.length;
  if (frame[0] !== PAIR || frame[1] !== 0xd7 || frame[2] !== 0) return undefined;
  const stamp = { start: 1, end: 11 };
  const members = msgpackMembers(frame, stamp.end, mostMembers);
  reader.over(frame, stamp.end, end);
  const object = reader.read();
  const isWhole = !reader.broken && reader.at === end;
  reader.release();
  if (members === undefined || !isWhole || typeof object !== "object" || object === null || Array.isArray(object))
    return undefined;
  return { dialect: "forward", notation: msgpackNotation, members, object, stamp };
}

/** The members of the map at `at`. */
function msgpackMembers(bytes: Buffer, at: number, most: number): readonly FlatMember[] | undefined {
  const head = bytes[at] ?? 0xc1;
  const count = kindOf(head) === Kind.map ? countAt(bytes, at, bytes.length) : -1;
  if (count <= 0 || count > most) return undefined;
  const members: FlatMember[] = [];
  let place = at + headSize(head);
  for (let i = 0; i < count; i += 1) {
    const key = bytes[place] ?? 0xc1;
    const keyEnd = skipValue(bytes, place, bytes.length);
    const end = keyEnd < 0 ? keyEnd : skipValue(bytes, keyEnd, bytes.length);
    if (end < 0 || kindOf(key) !== Kind.str) return undefined;
    const start = place + headSize(key);
    const name = bytes.toString("latin1", start, start + lengthAt(bytes, place, bytes.length));
    if (!isPlainName(name) || members.some((one) => one.name === name)) return undefined;
    members.push({ name, kind: valueKind(bytes[keyEnd] ?? 0xc1), start: keyEnd, end });
    place = end;
  }
  return members;
}

function valueKind(head: number): FlatMember["kind"] {
  const kind = kindOf(head);
  if (kind === Kind.str) return "text";
  return kind === Kind.int || kind === Kind.float || kind === Kind.bool ? "word" : "other";
}

import type { Codec } from "../component/codec.ts";
import { FIXED64, ProtobufReader, SPAN, VARINT } from "../scan/protobuf.ts";
import { GrpcGlance } from "./grpc-glance.ts";
import { recordFromObject } from "./normalise.ts";

// crumbtrail.v1.Record (protos/crumbtrail/v1/log.proto), decoded by hand: straight into what a record is filled from,
// without a library's objects in between; and whatever the bytes are, the result is a record or a reason.
//
//   Record    { Timestamp time = 1; string severity = 2, message = 3, logger = 4, host = 5, service = 6, trace_id = 7,
//               span_id = 8; Struct fields = 9; }
//   Timestamp { int64 seconds = 1; int32 nanos = 2; }
//   Struct    { map<string, Value> fields = 1; }      a map entry is a message { key = 1; value = 2; }
//   Value     { oneof: NullValue null = 1; double number = 2; string string = 3; bool bool = 4; Struct struct = 5;
//               ListValue list = 6; }
//   ListValue { repeated Value values = 1; }

const TIME = 1;
const FIELDS = 9;
/** Under which name each field counts, by number: the one that no other spelling of the same thing beats. */
const OWN_NAMES: readonly string[] = ["", "@timestamp", "level", "message", "logger", "host", "service", "trace_id", "span_id"];

/** A bit for each of those whose texts repeat from record to record: severity, logger, host, service. */
const WORDS = (1 << 2) | (1 << 4) | (1 << 5) | (1 << 6);

/** Structs and lists within `fields` that are looked into; what lies deeper becomes a marker. */
const MAX_DEPTH = 16;
const TOO_DEEP = "[nested too deeply]";

/** A frame is the bytes of one `crumbtrail.v1.Record`. Unknown fields are skipped, invalid UTF-8 becomes U+FFFD. */
export const grpc: Codec = {
  name: "grpc",
  glancer: (wanted) => new GrpcGlance(wanted, OWN_NAMES),
  decode(bytes, start, end, from) {
    const members: Members = new Map();
    let stated = 0;
    reader.over(bytes, start, end);
    while (reader.next()) stated |= readField(members, stated);
    reader.release();
    if (reader.fault !== undefined) return { malformed: `no crumbtrail.v1.Record: ${reader.fault}` };
    return recordFromObject(members, from, "grpc");
  },
};

const reader = new ProtobufReader();

type Members = Map<string, unknown>;

/** Takes the current field over. `stated` has a bit for each field of the record's own so far; returns the new one. */
function readField(members: Members, stated: number): number {
  const { field, wire } = reader;
  if (wire !== SPAN || field > FIELDS) return 0;
  if (field === FIELDS) {
    readStruct(members, stated, 1);
    return 0;
  }
  if (field !== TIME && reader.start === reader.stop) return 0;
  const name = OWN_NAMES[field] ?? "";
  const bit = 1 << field;
  if ((stated & bit) === 0 && members.has(name)) members.set(displaced(name), members.get(name));
  if (field === TIME) members.set(name, readTime());
  else members.set(name, (WORDS & bit) === 0 ? reader.text() : reader.word());
  return bit;
}

/** What the record states itself wins; the member of the same name stays, under a name that says where it was. */
function displaced(name: string): string {
  return `fields.${name}`;
}

function readTime(): { readonly seconds: number; readonly nanos: number } {
  let seconds = 0;
  let nanos = 0;
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.wire !== VARINT) continue;
    if (reader.field === 1) seconds = reader.integer();
    else if (reader.field === 2) nanos = reader.integer();
  }
  reader.leave(outer);
  return { seconds, nanos };
}

function readStruct(members: Members, stated: number, depth: number): void {
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field !== 1 || reader.wire !== SPAN) continue;
    const struct = reader.enter();
    let key = "";
    let value: unknown = null;
    while (reader.next()) {
      if (reader.wire !== SPAN) continue;
      if (reader.field === 1) key = reader.word();
      else if (reader.field === 2) value = readValue(depth);
    }
    reader.leave(struct);
    const own = stated === 0 || !members.has(key) ? 0 : OWN_NAMES.indexOf(key);
    members.set(own > 0 && (stated & (1 << own)) !== 0 ? displaced(key) : key, value);
  }
  reader.leave(outer);
}

function readList(depth: number): unknown[] {
  const values: unknown[] = [];
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1 && reader.wire === SPAN) values.push(readValue(depth));
  }
  reader.leave(outer);
  return values;
}

function readValue(depth: number): unknown {
  let value: unknown = null;
  const outer = reader.enter();
  while (reader.next()) {
    const { field, wire } = reader;
    if (field === 3 && wire === SPAN) value = reader.text();
    else if (field === 2 && wire === FIXED64) value = reader.double();
    else if (field === 4 && wire === VARINT) value = reader.integer() !== 0;
    else if (field === 5 && wire === SPAN) value = depth >= MAX_DEPTH ? TOO_DEEP : readMembers(depth + 1);
    else if (field === 6 && wire === SPAN) value = depth >= MAX_DEPTH ? TOO_DEEP : readList(depth + 1);
    else if (field === 1 && wire === VARINT) value = null;
  }
  reader.leave(outer);
  return value;
}

function readMembers(depth: number): Members {
  const members: Members = new Map();
  readStruct(members, 0, depth);
  return members;
}

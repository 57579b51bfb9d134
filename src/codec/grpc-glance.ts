import type { Glancer, Sighting } from "../component/codec.ts";
import { FIXED64, MAX_VARINT_BYTES, SPAN, VARINT } from "../scan/protobuf.ts";
import { MemberGlance } from "./glance.ts";
import { recordNames } from "./glance-meanings.ts";
import type { Sight } from "./glance-names.ts";
import { GrpcGlanceReader, sightAt } from "./grpc-glance-reader.ts";

const TIME = 1;
const FIELDS = 9;

// Tags of one byte: the field's number and its wire type.
const SECONDS = (1 << 3) | VARINT;
const NANOS = (2 << 3) | VARINT;
const MEMBER = (1 << 3) | SPAN;
const KEY = (1 << 3) | SPAN;
const OF_KEY = (2 << 3) | SPAN;
const NULL = (1 << 3) | VARINT;
const NUMBER = (2 << 3) | FIXED64;
const STRING = (3 << 3) | SPAN;
const BOOL = (4 << 3) | VARINT;
/** Lengths below it fit into two bytes. */
const TWO_BYTES = 1 << 14;

/** What becomes of a piece of the record that is tried as a usual one: it is behind us, ... */
const SEEN = 0;
/** ... only a full decode can tell, ... */
const UNSURE = -1;
/** ... or it is written in another way, and nothing of it has been taken yet. */
const UNUSUAL = -2;

/** Names that a record states itself: a member of `fields` by such a name gets another one. */
const STATED = ["level", "message", "host", "service", "trace_id"];

/**
 * A glance over one `crumbtrail.v1.Record`: walks its fields once, builds nothing. The layout is told in `grpc.ts`.
 *
 * Libraries write nearly every record alike: tags of one byte, lengths of one or two. Such fields are walked by their
 * places here; whatever is written in another way goes through {@link GrpcGlanceReader}, which takes twice as long.
 */
export class GrpcGlance implements Glancer {
  readonly #members: MemberGlance;
  readonly #reader: GrpcGlanceReader;
  /** What the record's own fields mean, by number. */
  readonly #own: readonly (Sight | undefined)[];
  #bytes: Buffer = Buffer.alloc(0);

  /** `ownNames` are the names that the record's own fields count under, by number; "" for none. */
  constructor(wanted: readonly string[], ownNames: readonly string[]) {
    this.#members = new MemberGlance("grpc", wanted, STATED);
    const names = recordNames("grpc", wanted, []);
    this.#own = ownNames.map((name) => (name === "" ? undefined : names.get(Buffer.from(name), 0, name.length)));
    this.#reader = new GrpcGlanceReader(this.#members, this.#own);
  }

  get seen(): Sighting {
    return this.#members.seen;
  }

  look(bytes: Buffer, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#members.begin();
    let at = start;
    while (at < end) {
      const next = this.#usualField(at, end);
      if (next === UNSURE) return false;
      if (next === UNUSUAL) return this.#reader.fields(bytes, at, end) && this.#members.end();
      at = next;
    }
    return this.#members.end();
  }

  // A byte past the end belongs to the next record or is undefined; either way, what is said to lie behind
  // it does not compare as within the end.

  /** The field of the record at a place: where it ends, UNSURE or UNUSUAL. */
  #usualField(at: number, end: number): number {
    const bytes = this.#bytes;
    const tag = bytes[at] as number;
    let start = at + 2;
    let length = bytes[at + 1] as number;
    if (length >= 0x80) {
      length += ((bytes[start] as number) << 7) - 0x80;
      start += 1;
    }
    const stop = start + length;
    const field = tag >>> 3;
    if ((tag & 7) !== SPAN || field === 0 || field > FIELDS || !(length < TWO_BYTES && stop <= end)) return UNUSUAL;
    if (field === FIELDS) return this.#usualMembers(start, stop) ? stop : UNSURE;
    if (field === TIME) return this.#time(start, stop) ? stop : UNSURE;
    const sight = this.#own[field];
    return length === 0 || sight === undefined || this.#reader.text(sight, bytes, start, stop) ? stop : UNSURE;
  }

  /** A Timestamp: two numbers, of which it only matters that they are whole. */
  #time(start: number, stop: number): boolean {
    const bytes = this.#bytes;
    let at = start;
    while (at < stop && (bytes[at] === SECONDS || bytes[at] === NANOS)) {
      const last = at + MAX_VARINT_BYTES;
      at += 1;
      while (at < last && (bytes[at] as number) >= 0x80) at += 1;
      if (!((bytes[at] as number) < 0x80)) break;
      at += 1;
    }
    return at === stop || this.#reader.numbers(bytes, start, stop);
  }

  /** The members of a Struct, which count. */
  #usualMembers(start: number, stop: number): boolean {
    const bytes = this.#bytes;
    let at = start;
    while (at < stop) {
      let entry = at + 2;
      let length = bytes[at + 1] as number;
      if (length >= 0x80) {
        length += ((bytes[entry] as number) << 7) - 0x80;
        entry += 1;
      }
      const end = entry + length;
      if (bytes[at] !== MEMBER || !(length < TWO_BYTES && end <= stop)) return this.#reader.members(bytes, at, stop);
      const seen = this.#usualMember(entry, end);
      if (seen === UNSURE || (seen === UNUSUAL && !this.#reader.members(bytes, at, end))) return false;
      at = end;
    }
    return true;
  }

  /** An entry of a Struct: SEEN, UNSURE or UNUSUAL. */
  #usualMember(start: number, end: number): number {
    const bytes = this.#bytes;
    const key = start + 2;
    const length = bytes[start + 1] as number;
    const keyEnd = key + length;
    if (bytes[start] !== KEY || length === 0 || length >= 0x80 || bytes[keyEnd] !== OF_KEY) return UNUSUAL;
    let value = keyEnd + 2;
    let valueLength = bytes[keyEnd + 1] as number;
    if (valueLength >= 0x80) {
      valueLength += ((bytes[value] as number) << 7) - 0x80;
      value += 1;
    }
    if (value + valueLength !== end || valueLength >= TWO_BYTES || valueLength < 2) return UNUSUAL;
    const kind = bytes[value];
    if (kind === STRING) return this.#usualText(key, keyEnd, value, end);
    if (kind === NUMBER && valueLength === 9) {
      const sight = sightAt(this.#members, bytes, key, keyEnd);
      return sight.kind === "skip" || this.#members.number(sight, bytes.readDoubleLE(value + 1)) ? SEEN : UNSURE;
    }
    if ((kind !== BOOL && kind !== NULL) || valueLength !== 2 || (bytes[value + 1] as number) >= 0x80) return UNUSUAL;
    return this.#members.other(sightAt(this.#members, bytes, key, keyEnd)) ? SEEN : UNSURE;
  }

  /** A Value that begins like a string. */
  #usualText(key: number, keyEnd: number, value: number, end: number): number {
    const bytes = this.#bytes;
    let start = value + 2;
    let length = bytes[value + 1] as number;
    if (length >= 0x80) {
      length += ((bytes[start] as number) << 7) - 0x80;
      start += 1;
    }
    if (start + length !== end || length >= TWO_BYTES) return UNUSUAL;
    return this.#reader.text(sightAt(this.#members, bytes, key, keyEnd), bytes, start, end) ? SEEN : UNSURE;
  }
}

import type { Glancer, Sighting } from "../component/codec.ts";
import { Kind, countAt, headSize, kindOf, skipValue } from "../scan/msgpack.ts";
import { MsgpackReader } from "../scan/msgpack-value.ts";
import { marksGroup } from "./forward-time.ts";
import { MemberGlance } from "./glance.ts";
import { isPlain, startsWith, type Sight } from "./glance-names.ts";
import { NO_VIEW, Shapes } from "./shapes.ts";

const UNSURE = -1;
/** A record of a shape that is not known. */
const UNKNOWN = -2;
/** How the values of a shape are read: as their heads say, or none comes any more. */
const VALUE = 1;
const END = 2;
const THE_END = { kind: END, sight: undefined, barred: -1 };
const STR8 = 0xd9;
const METADATA = Buffer.from("metadata");
const reader = new MsgpackReader();

/**
 * A glance over one entry of the forward protocol: walks its bytes once, builds nothing. Where the record has a shape that
 * was seen before, only its values are read; see {@link Shapes}.
 */
export class ForwardGlance implements Glancer {
  readonly #members: MemberGlance;
  readonly #shapes = new Shapes();
  #viewed: Buffer | undefined;
  #view: DataView = NO_VIEW;

  constructor(wanted: readonly string[]) {
    this.#members = new MemberGlance("forward", wanted);
  }

  get seen(): Sighting {
    return this.#members.seen;
  }

  look(bytes: Buffer, start: number, end: number): boolean {
    const recordStart = recordAt(bytes, start, end);
    if (recordStart < 0 || recordStart >= end) return false;
    if (kindOf(bytes[recordStart] as number) !== Kind.map) return false;
    if (bytes !== this.#viewed) {
      this.#viewed = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    let at = this.#follow(bytes, recordStart, end);
    if (at === UNKNOWN) at = this.#walk(bytes, recordStart, end);
    return at >= 0 && this.#members.end() && (at === end || !mayHoldMetadata(bytes, at, end));
  }

  /** Reads the values of a record whose shape is known: the place after it, {@link UNSURE} or {@link UNKNOWN}. */
  #follow(bytes: Buffer, start: number, end: number): number {
    this.#members.begin();
    let step = this.#shapes.root;
    for (let at = start; ;) {
      const next = this.#shapes.next(step, this.#view, at, end);
      if (next === undefined) return UNKNOWN;
      step = next;
      at += step.length;
      if (step.kind === END) return at;
      const head = at < end ? (bytes[at] as number) : 0xc1;
      // Texts of up to 31 bytes are what most values are.
      if (step.skips && head >= 0xa0 && head < 0xc0) at += 1 + (head & 0x1f);
      else at = this.#value(bytes, at, end, step.sight as Sight);
      if (at < 0 || at > end) return UNSURE;
    }
  }

  #walk(bytes: Buffer, start: number, end: number): number {
    this.#members.begin();
    this.#shapes.begin();
    const at = this.#map(bytes, start, end);
    if (at < 0) return UNSURE;
    this.#shapes.note(at, at, THE_END);
    this.#shapes.learn(bytes, start);
    return at;
  }

  /** The members of a map; the place after it, or negative when unsure. */
  #map(bytes: Buffer, start: number, end: number): number {
    let at = start + headSize(bytes[start] as number);
    for (let left = countAt(bytes, start, end); left > 0; left -= 1) {
      at = this.#member(bytes, at, end);
      if (at < 0) return UNSURE;
    }
    return at;
  }

  /** One key and its value; the place after it, or negative when unsure. */
  #member(bytes: Buffer, key: number, end: number): number {
    const head = key < end ? (bytes[key] as number) : 0;
    // Only short strings are keys worth knowing.
    if (head <= 0xa0 || head >= 0xc0) return UNSURE;
    const value = key + 1 + (head & 0x1f);
    if (value >= end) return UNSURE;
    const sight = this.#name(bytes, key + 1, value);
    if (sight.inside !== undefined && kindOf(bytes[value] as number) === Kind.map) {
      const outer = this.#members.enter(sight);
      if (outer === undefined) return UNSURE;
      const inner = this.#map(bytes, value, end);
      this.#members.leave(outer);
      return inner;
    }
    const after = this.#value(bytes, value, end, sight);
    this.#shapes.note(value, after, { kind: VALUE, sight, barred: -1 });
    return after;
  }

  /** A value that is not entered; the place after it, or negative when unsure. */
  #value(bytes: Buffer, at: number, end: number, sight: Sight): number {
    const first = at < end ? (bytes[at] as number) : 0xc1;
    // Texts of up to 255 bytes are what most values are.
    const text = first === STR8 ? at + 2 : first >= 0xa0 && first < 0xc0 ? at + 1 : -1;
    if (text >= 0) {
      const stop = text + (first === STR8 ? (bytes[at + 1] as number) : first & 0x1f);
      if (stop > end) return UNSURE;
      return sight.kind === "skip" || this.#text(sight, bytes, text, stop) ? stop : UNSURE;
    }
    // A shape knows this object as something else.
    if (sight.inside !== undefined && kindOf(first) === Kind.map) return UNSURE;
    const after = skipValue(bytes, at, end);
    return after >= 0 && this.#tell(sight, bytes, at, after) ? after : UNSURE;
  }

  #name(bytes: Buffer, start: number, end: number): Sight {
    const { names } = this.#members;
    const { expected } = names;
    if (expected === undefined || expected.key.length !== end - start || !startsWith(bytes, start, expected.key))
      return names.get(bytes, start, end);
    names.came();
    return expected.sight;
  }

  #tell(sight: Sight, bytes: Buffer, start: number, end: number): boolean {
    const head = bytes[start] as number;
    const kind = kindOf(head);
    if (kind === Kind.map || kind === Kind.array) return this.#members.container(sight, kind === Kind.map);
    if (sight.kind === "skip") return true;
    if (kind === Kind.str) return this.#text(sight, bytes, start + headSize(head), end);
    if (kind === Kind.nil || kind === Kind.bool) return this.#members.other(sight);
    if (kind !== Kind.int && kind !== Kind.float) return false;
    reader.over(bytes, start, end);
    const number = reader.read();
    return typeof number === "number" && this.#members.number(sight, number);
  }

  #text(sight: Sight, bytes: Buffer, start: number, end: number): boolean {
    return (sight.kind === "message" || isPlain(bytes, start, end)) && this.#members.text(sight, bytes, start, end);
  }
}

/** Where the record of an entry begins whose time and metadata say nothing more; negative when unsure. */
function recordAt(bytes: Buffer, start: number, end: number): number {
  const first = start < end ? (bytes[start] as number) : 0xc1;
  const isEntry = kindOf(first) === Kind.array;
  // 0x5b opens an entry of the JSON mode.
  if (first === 0x5b || (isEntry && countAt(bytes, start, end) < 2)) return UNSURE;
  const stamp = isEntry ? start + headSize(first) : start;
  const record = skipValue(bytes, stamp, end);
  const head = bytes[stamp] as number;
  if (record < 0 || kindOf(head) !== Kind.array) return record;
  const time = stamp + headSize(head);
  if (countAt(bytes, stamp, end) !== 2 || marksGroup(bytes, time, record)) return UNSURE;
  const metadata = skipValue(bytes, time, record);
  return metadata >= 0 && countAt(bytes, metadata, record) === 0 ? record : UNSURE;
}

/** What follows a record in Message mode is an option, whose metadata would join the record. */
function mayHoldMetadata(bytes: Buffer, start: number, end: number): boolean {
  return bytes.subarray(start, end).includes(METADATA);
}

import { FIXED64, ProtobufReader, SPAN, VARINT } from "../scan/protobuf.ts";
import type { MemberGlance } from "./glance.ts";
import { isPlain, startsWith, type Sight } from "./glance-names.ts";

const TIME = 1;
const FIELDS = 9;

/** Messages within messages, as deep as a glance looks into what it skips; deeper ones are decoded. */
const MAX_DEPTH = 16;

/** Which fields of a message are messages that the decode goes into, by their number. */
type Shape = readonly (Shape | undefined)[];

const LEAF: Shape = [];
const VALUE: (Shape | undefined)[] = [];
const ENTRY: Shape = [undefined, undefined, VALUE];
const STRUCT: Shape = [undefined, ENTRY];
const LIST: Shape = [undefined, VALUE];
VALUE[5] = STRUCT;
VALUE[6] = LIST;

/**
 * The part of a glance over a `crumbtrail.v1.Record` that takes every way to write one, by a {@link ProtobufReader}. Its
 * methods are false when only a full decode can tell.
 */
export class GrpcGlanceReader {
  readonly #members: MemberGlance;
  readonly #own: readonly (Sight | undefined)[];
  readonly #reader = new ProtobufReader();
  #bytes: Buffer = Buffer.alloc(0);

  /** Feeds `members`. `own` is what the record's own fields mean, by number. */
  constructor(members: MemberGlance, own: readonly (Sight | undefined)[]) {
    this.#members = members;
    this.#own = own;
  }

  /** The fields of the record from a place on. */
  fields(bytes: Buffer, at: number, end: number): boolean {
    const reader = this.#begin(bytes, at, end);
    let sure = true;
    while (sure && reader.next()) sure = this.#field();
    return sure && reader.fault === undefined;
  }

  /** The members of a Struct from a place on. */
  members(bytes: Buffer, at: number, end: number): boolean {
    const reader = this.#begin(bytes, at, end);
    return this.#restOfStruct() && reader.fault === undefined;
  }

  /** Whether a message of nothing but numbers is whole. */
  numbers(bytes: Buffer, at: number, end: number): boolean {
    const reader = this.#begin(bytes, at, end);
    while (reader.next()) continue;
    return reader.fault === undefined;
  }

  /** Feeds the text `bytes[start .. stop)`. */
  text(sight: Sight, bytes: Buffer, start: number, stop: number): boolean {
    if (sight.kind === "skip") return true;
    return (sight.kind === "message" || isPlain(bytes, start, stop)) && this.#members.text(sight, bytes, start, stop);
  }

  #begin(bytes: Buffer, at: number, end: number): ProtobufReader {
    this.#bytes = bytes;
    this.#reader.over(bytes, at, end);
    return this.#reader;
  }

  /** The current field of the record. */
  #field(): boolean {
    const reader = this.#reader;
    const { field, wire, start, stop } = reader;
    if (wire !== SPAN || field > FIELDS) return true;
    if (field === FIELDS) return this.#struct();
    if (field === TIME) return this.#skip(LEAF, 0);
    const sight = this.#own[field];
    return start === stop || sight === undefined || this.text(sight, this.#bytes, start, stop);
  }

  /** The current field is a Struct, whose members count. */
  #struct(): boolean {
    const reader = this.#reader;
    const outer = reader.enter();
    const sure = this.#restOfStruct();
    reader.leave(outer);
    return sure;
  }

  #restOfStruct(): boolean {
    const reader = this.#reader;
    let sure = true;
    while (sure && reader.next()) sure = reader.field === 1 && reader.wire === SPAN && this.#member();
    return sure;
  }

  /** An entry of a Struct: sure only where it is a key and a value, in that order. */
  #member(): boolean {
    const reader = this.#reader;
    const entry = reader.enter();
    let sure = reader.next() && reader.field === 1 && reader.wire === SPAN && reader.start < reader.stop;
    if (sure) {
      const sight = sightAt(this.#members, this.#bytes, reader.start, reader.stop);
      sure = reader.next() && reader.field === 2 && reader.wire === SPAN && this.#value(sight) && !reader.next();
    }
    reader.leave(entry);
    return sure;
  }

  /** A Value: sure only where it holds exactly one kind. */
  #value(sight: Sight): boolean {
    const reader = this.#reader;
    const value = reader.enter();
    const sure = (reader.next() ? this.#kind(sight) : this.#members.other(sight)) && !reader.next();
    reader.leave(value);
    return sure;
  }

  #kind(sight: Sight): boolean {
    const reader = this.#reader;
    const { field, wire, start, stop } = reader;
    if (field === 3 && wire === SPAN) return this.text(sight, this.#bytes, start, stop);
    if (field === 2 && wire === FIXED64) return sight.kind === "skip" || this.#members.number(sight, reader.double());
    if ((field === 4 || field === 1) && wire === VARINT) return this.#members.other(sight);
    if (wire !== SPAN || (field !== 5 && field !== 6)) return false;
    if (field === 5 && sight.kind === "inside") return this.#inside(sight);
    return this.#members.container(sight, field === 5) && this.#skip(field === 5 ? STRUCT : LIST, 0);
  }

  /** Over the current field, a message: what is broken within it breaks the record. */
  #skip(shape: Shape, depth: number): boolean {
    if (depth > MAX_DEPTH) return false;
    const reader = this.#reader;
    const outer = reader.enter();
    let sure = true;
    while (sure && reader.next()) {
      const inner = reader.wire === SPAN ? shape[reader.field] : undefined;
      if (inner !== undefined) sure = this.#skip(inner, depth + 1);
    }
    reader.leave(outer);
    return sure;
  }

  #inside(sight: Sight): boolean {
    const outer = this.#members.enter(sight);
    const sure = outer !== undefined && this.#struct();
    if (outer !== undefined) this.#members.leave(outer);
    return sure;
  }
}

/** What the member `bytes[start .. end)` means, by its name. */
export function sightAt({ names }: MemberGlance, bytes: Buffer, start: number, end: number): Sight {
  const { expected } = names;
  if (expected !== undefined && expected.key.length === end - start && startsWith(bytes, start, expected.key)) {
    names.came();
    return expected.sight;
  }
  return names.get(bytes, start, end);
}

import type { Glancer, Sighting } from "../component/codec.ts";
import { FIXED64, ProtobufReader, SPAN, VARINT } from "../scan/protobuf.ts";
import { MemberGlance } from "./glance.ts";
import { recordNames } from "./glance-meanings.ts";
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

/** Names that a record states itself: a member of `fields` by such a name gets another one. */
const STATED = ["level", "message", "host", "service", "trace_id"];

/** A glance over one `crumbtrail.v1.Record`: walks its fields once, builds nothing. The layout is told in `grpc.ts`. */
export class GrpcGlance implements Glancer {
  readonly #members: MemberGlance;
  readonly #reader = new ProtobufReader();
  /** What the record's own fields mean, by number. */
  readonly #own: readonly (Sight | undefined)[];
  #bytes: Buffer = Buffer.alloc(0);

  /** `ownNames` are the names that the record's own fields count under, by number; "" for none. */
  constructor(wanted: readonly string[], ownNames: readonly string[]) {
    this.#members = new MemberGlance("grpc", wanted, STATED);
    const names = recordNames("grpc", wanted, []);
    this.#own = ownNames.map((name) => (name === "" ? undefined : names.get(Buffer.from(name), 0, name.length)));
  }

  get seen(): Sighting {
    return this.#members.seen;
  }

  look(bytes: Buffer, start: number, end: number): boolean {
    const reader = this.#reader;
    this.#bytes = bytes;
    this.#members.begin();
    reader.over(bytes, start, end);
    let sure = true;
    while (sure && reader.next()) sure = this.#field();
    return sure && reader.fault === undefined && this.#members.end();
  }

  /** The current field of the record. */
  #field(): boolean {
    const reader = this.#reader;
    const { field, wire } = reader;
    if (wire !== SPAN || field > FIELDS) return true;
    if (field === FIELDS) return this.#struct();
    if (field === TIME) return this.#skip(LEAF, 0);
    const sight = this.#own[field];
    return reader.start === reader.stop || sight === undefined || this.#text(sight);
  }

  /** The current field is a Struct, whose members count. */
  #struct(): boolean {
    const reader = this.#reader;
    const outer = reader.enter();
    let sure = true;
    while (sure && reader.next()) sure = reader.field === 1 && reader.wire === SPAN && this.#member();
    reader.leave(outer);
    return sure;
  }

  /** An entry of a Struct: sure only where it is a key and a value, in that order. */
  #member(): boolean {
    const reader = this.#reader;
    const entry = reader.enter();
    let sure = reader.next() && reader.field === 1 && reader.wire === SPAN && reader.start < reader.stop;
    if (sure) {
      const sight = this.#name(reader.start, reader.stop);
      sure = reader.next() && reader.field === 2 && reader.wire === SPAN && this.#value(sight) && !reader.next();
    }
    reader.leave(entry);
    return sure;
  }

  #name(start: number, end: number): Sight {
    const bytes = this.#bytes;
    const { names } = this.#members;
    const { expected } = names;
    if (expected !== undefined && expected.key.length === end - start && startsWith(bytes, start, expected.key)) {
      names.came();
      return expected.sight;
    }
    return names.get(bytes, start, end);
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
    const { field, wire } = reader;
    if (field === 3 && wire === SPAN) return this.#text(sight);
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

  #text(sight: Sight): boolean {
    if (sight.kind === "skip") return true;
    const { start, stop } = this.#reader;
    const bytes = this.#bytes;
    return (sight.kind === "message" || isPlain(bytes, start, stop)) && this.#members.text(sight, bytes, start, stop);
  }
}

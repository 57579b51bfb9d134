import type { Sighting } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { STREAM_FIELDS, streamName } from "./keys.ts";
import { TrailKey } from "./trail-key.ts";
import { NONE } from "./trail-table.ts";
import type { Trails } from "./trails.ts";

// A sighting's wanted values begin with the host, then the stream fields in their order; see `QuietPath`.
const HOST = 0;
const SOURCES = STREAM_FIELDS.length;
const POD = STREAM_FIELDS.indexOf("pod") + 1;
const CONTAINER_NAME = STREAM_FIELDS.indexOf("container_name") + 1;
const TAG = STREAM_FIELDS.indexOf("tag") + 1;
/** Behind the slots, where nothing is ever said: an index below 0 would be looked up as a name. */
const NOWHERE = SOURCES + 1;

/** The stream of the frame before: a sender's frames mostly share it, and comparing bytes is cheaper than naming it. */
export class LastStream {
  #input = "";
  #peer = "";
  #tag = "";
  #metadata: Provenance["metadata"];
  #place: Provenance["place"];
  /** What the batch says for each slot where the record says nothing. */
  #given: readonly (string | undefined)[] = NONE_GIVEN;
  /** What it says whatever the record says. */
  #fixed: readonly (string | undefined)[] = NONE_GIVEN;
  readonly #host = new SameBytes();
  readonly #source = new SameBytes();
  readonly #container = new SameBytes();
  #name = "";
  readonly #key = new TrailKey();
  #trail = NONE;
  #uses = 0;

  /** The name of a sighting's stream; the same as `streamOf` gives for the decoded record. */
  name(from: Provenance, seen: Sighting, bytes: Buffer): string {
    const known = this.#isOf(from) && this.#name !== "";
    if (from.metadata !== this.#metadata) this.#given = givenBy(from.metadata);
    if (from.place !== this.#place) this.#fixed = givenBy(from.place);
    const source = this.#sourceOf(seen, from.tag !== "");
    const container = source === POD ? CONTAINER_NAME : NOWHERE;
    const same =
      this.#host.keeps(seen, HOST, bytes) &&
      this.#source.keeps(seen, source, bytes, this.#fixed[source]) &&
      this.#container.keeps(seen, container, bytes, this.#fixed[container]);
    if (known && same) return this.#name;
    this.#input = from.input;
    this.#peer = from.peer;
    this.#tag = from.tag;
    this.#metadata = from.metadata;
    this.#place = from.place;
    const text = (slot: number): string | undefined => this.#fixed[slot] ?? textOf(seen, slot, bytes) ?? this.#given[slot];
    const first = source === TAG && from.tag !== "" ? from.tag : (text(source) ?? "");
    const second = text(container);
    this.#host.keep(seen, HOST, bytes);
    this.#source.keep(seen, source, bytes, this.#fixed[source]);
    this.#container.keep(seen, container, bytes, this.#fixed[container]);
    this.#name = streamName(from.input, text(HOST) ?? from.peer, second === undefined ? first : `${first}/${second}`);
    this.#trail = NONE;
    return this.#name;
  }

  #isOf({ input, peer, tag, metadata, place }: Provenance): boolean {
    const same = input === this.#input && peer === this.#peer && tag === this.#tag;
    return same && metadata === this.#metadata && place === this.#place;
  }

  /** The slot of what names the stream; a tag of the batch stands in the record's place of that name. */
  #sourceOf(seen: Sighting, tagged: boolean): number {
    for (let slot = 1; slot <= SOURCES; slot += 1) {
      if ((seen.starts[slot] as number) >= 0 || (slot === TAG && tagged)) return slot;
      if (this.#given[slot] !== undefined || this.#fixed[slot] !== undefined) return slot;
    }
    return NOWHERE;
  }

  /** The trail of that stream. */
  trail(trails: Trails, nowMs: number): number {
    const known = this.#trail;
    if (known !== NONE && trails.usesOf(known) === this.#uses) {
      trails.touch(known);
      return known;
    }
    const trail = trails.open(this.#key.write(this.#name), nowMs);
    this.#trail = trail;
    this.#uses = trails.usesOf(trail);
    return trail;
  }
}

const NONE_GIVEN: readonly undefined[] = [undefined, ...STREAM_FIELDS.map(() => undefined), undefined];

function givenBy(said: ReadonlyMap<string, string> | undefined): readonly (string | undefined)[] {
  return said === undefined ? NONE_GIVEN : [undefined, ...STREAM_FIELDS.map((field) => said.get(field)), undefined];
}

function textOf(seen: Sighting, slot: number, bytes: Buffer): string | undefined {
  const start = slot === NOWHERE ? -1 : (seen.starts[slot] as number);
  return start < 0 ? undefined : bytes.toString("latin1", start, seen.ends[slot]);
}

/** Remembers one value's bytes, and which slot it came from. */
class SameBytes {
  readonly #bytes = Buffer.alloc(256);
  #length = -1;
  #slot = -2;

  /** With `fixed` it does not matter what the record says. */
  keeps(seen: Sighting, slot: number, bytes: Buffer, fixed?: string): boolean {
    if (slot !== this.#slot) return false;
    const start = slot === NOWHERE || fixed !== undefined ? -1 : (seen.starts[slot] as number);
    if (start < 0) return this.#length < 0;
    if ((seen.ends[slot] as number) - start !== this.#length) return false;
    for (let i = 0; i < this.#length; i += 1) if (bytes[start + i] !== this.#bytes[i]) return false;
    return true;
  }

  keep(seen: Sighting, slot: number, bytes: Buffer, fixed?: string): void {
    this.#slot = slot;
    const start = slot === NOWHERE || fixed !== undefined ? -1 : (seen.starts[slot] as number);
    this.#length = start < 0 ? -1 : (seen.ends[slot] as number) - start;
    if (start >= 0) bytes.copy(this.#bytes, 0, start, seen.ends[slot]);
  }
}

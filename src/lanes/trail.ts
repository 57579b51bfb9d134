import type { Codec } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";

/** One breadcrumb of a trail: a frame kept as bytes, or its JSON once it was needed. Slots are reused. */
export interface Crumb {
  /** Arrival order over all trails; the same record has the same number in each of its trails. */
  seq: number;
  receivedMs: number;
  /** Where its frame lies in the trail's bytes; start = end when there is only JSON. */
  start: number;
  end: number;
  codec: Codec | undefined;
  from: Provenance | undefined;
  /** The breadcrumb as JSON; undefined until an event took the trail along. */
  json: string | undefined;
  /** The record's time, Unix milliseconds; valid once `json` is. */
  timeMs: number;
}

/** A frame in somebody else's buffer. */
export interface Frame {
  bytes: Buffer;
  start: number;
  end: number;
}

const FIRST_BYTES = 512;

/**
 * The newest records of one key, as a ring of crumbs over one block of bytes. Crumbs leave in the order they came, so
 * live bytes are one run; when the block's end is reached they move to its front, or to a larger block.
 *
 *     bytes: [ free | oldest crumb ... newest crumb | free ]
 *                   ^ slots[#first].start           ^ #tail
 */
export class Trail {
  /** Neighbours in the order of last use; see `Trails`. */
  newer: Trail | undefined;
  older: Trail | undefined;
  key = "";
  lastMs = 0;
  readonly #size: number;
  readonly #maxBytes: number;
  readonly #slots: Crumb[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #first = 0;
  #count = 0;
  #tail = 0;
  #jsonBytes = 0;

  constructor(size: number, maxBytes: number) {
    this.#size = size;
    this.#maxBytes = maxBytes;
  }

  /** Bytes this trail holds: its block, cached JSON, and a flat share for the objects. */
  get weight(): number {
    return this.#bytes.length + this.#jsonBytes + 200;
  }

  get length(): number {
    return this.#count;
  }

  /** Keeps a frame; copies its bytes. */
  keepFrame(seq: number, codec: Codec, from: Provenance, frame: Frame): void {
    const length = frame.end - frame.start;
    const crumb = this.#slot(seq, from.receivedMs);
    this.#reserve(length);
    frame.bytes.copy(this.#bytes, this.#tail, frame.start, frame.end);
    crumb.start = this.#tail;
    this.#tail += length;
    crumb.end = this.#tail;
    crumb.codec = codec;
    crumb.from = from;
  }

  /** Keeps a breadcrumb that is JSON already. */
  keepJson(seq: number, receivedMs: number, json: string, timeMs: number): void {
    const crumb = this.#slot(seq, receivedMs);
    crumb.start = this.#tail;
    crumb.end = this.#tail;
    this.cache(crumb, json, timeMs);
  }

  /** Remembers what a crumb says, so that the next event need not decode it again. */
  cache(crumb: Crumb, json: string, timeMs: number): void {
    crumb.json = json;
    crumb.timeMs = timeMs;
    this.#jsonBytes += json.length;
  }

  frameOf(crumb: Crumb): Buffer {
    return this.#bytes.subarray(crumb.start, crumb.end);
  }

  /** The crumbs, oldest first. */
  *[Symbol.iterator](): Iterator<Crumb> {
    for (let i = 0; i < this.#count; i += 1) yield this.#slots[(this.#first + i) % this.#slots.length] as Crumb;
  }

  /** Empties it for another key; a small block is kept. */
  reuse(key: string): void {
    this.key = key;
    while (this.#count > 0) this.#dropOldest();
    this.#first = 0;
    this.#tail = 0;
    if (this.#bytes.length > 4 * FIRST_BYTES) this.#bytes = Buffer.alloc(0);
    if (this.#slots.length > 16) this.#slots.length = 0;
  }

  #slot(seq: number, receivedMs: number): Crumb {
    if (this.#count === this.#size) this.#dropOldest();
    if (this.#count === this.#slots.length) this.#grow();
    const crumb = this.#slots[(this.#first + this.#count) % this.#slots.length] as Crumb;
    this.#count += 1;
    this.lastMs = receivedMs;
    crumb.seq = seq;
    crumb.receivedMs = receivedMs;
    return crumb;
  }

  /** More slots; the ring is straightened so that its first crumb is slot 0. */
  #grow(): void {
    const straight = [...this];
    const slots = Math.min(this.#size, Math.max(4, this.#slots.length * 2));
    for (let i = 0; i < straight.length; i += 1) this.#slots[i] = straight[i] as Crumb;
    while (this.#slots.length < slots) this.#slots.push(emptyCrumb());
    this.#first = 0;
  }

  #dropOldest(): void {
    const crumb = this.#slots[this.#first] as Crumb;
    if (crumb.json !== undefined) this.#jsonBytes -= crumb.json.length;
    crumb.json = undefined;
    crumb.codec = undefined;
    crumb.from = undefined;
    this.#first = (this.#first + 1) % this.#slots.length;
    this.#count -= 1;
  }

  /** Makes room for a frame behind the tail. The crumb being filled is the newest and has no bytes yet. */
  #reserve(length: number): void {
    if (this.#tail + length <= this.#bytes.length) return;
    while (this.#count > 1 && this.#live() + length > this.#maxBytes) this.#dropOldest();
    const live = this.#live();
    const start = this.#tail - live;
    // At most half full after the move: then moving costs no more than one copy of each byte.
    let capacity = Math.max(FIRST_BYTES, this.#bytes.length);
    while (capacity < (live + length) * 2 && capacity < this.#maxBytes) capacity *= 2;
    capacity = Math.max(capacity, live + length);
    const target = capacity === this.#bytes.length ? this.#bytes : Buffer.allocUnsafeSlow(capacity);
    this.#bytes.copy(target, 0, start, this.#tail);
    this.#bytes = target;
    for (const crumb of this) {
      crumb.start -= start;
      crumb.end -= start;
    }
    this.#tail = live;
  }

  #live(): number {
    if (this.#count <= 1) return 0;
    return this.#tail - (this.#slots[this.#first] as Crumb).start;
  }
}

function emptyCrumb(): Crumb {
  return { seq: 0, receivedMs: 0, start: 0, end: 0, codec: undefined, from: undefined, json: undefined, timeMs: 0 };
}

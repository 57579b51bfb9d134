import { Crumbs, NO_SEGMENT } from "./crumbs.ts";
import { Origins, type Origin } from "./origins.ts";

/** Where frames come from: one object for all frames of a batch. */
export interface Source {
  readonly origin: Origin;
  /** The buffer that the frames lie in, in order. */
  readonly bytes: Buffer;
  /** Where the last frame ends. */
  readonly end: number;
}

interface Segment {
  readonly number: number;
  readonly bytes: Buffer;
  tail: number;
  /** Bytes of crumbs that some trail still holds. */
  live: number;
  /** Crumbs written here, in order; one whose segment is another by now has moved or been reused. */
  readonly crumbs: number[];
}

const NONE = -1;
const MAX_SEGMENT_BYTES = 256 << 10;
/** A frame over this becomes JSON at once, which is bounded and much shorter. */
const MAX_FRAME_BYTES = 16 << 10;

/**
 * The bytes of quiet records, as a log of equal segments: each record is written once, whatever the number of its
 * trails, and nothing is allocated per record. When a new segment is needed, the oldest one is emptied by moving what
 * trails still hold to the new end, so that segments take at most about twice the bytes that are live.
 *
 *     oldest [ dead dead live dead ] [ live dead live ] ... [ live live tail-> ] newest
 *
 * The frames of a batch lie side by side, so they are copied in one go, as many as fit, when the first of them is kept;
 * what is not kept (a loud record among quiet ones) is dead from the beginning.
 */
export class CrumbStore {
  readonly maxFrameBytes: number;
  /** The most bytes that trails may hold for the whole to stay within its budget. */
  readonly maxLiveBytes: number;
  readonly crumbs = new Crumbs();
  readonly #segmentBytes: number;
  /** Oldest first. */
  readonly #segments: Segment[] = [];
  #current: Segment | undefined;
  readonly #free: Segment[] = [];
  /** All of them by number; a number without one is free for the next. */
  readonly #numbered: (Segment | undefined)[] = [];
  #live = 0;
  #json = 0;
  readonly #origins = new Origins();
  #source: Source | undefined;
  /** The number of the source's origin. */
  #origin = NONE;
  /** The part of the source that is copied already, where to, and by how much its positions move. */
  #copiedFrom = 0;
  #copiedTo = 0;
  #copiedInto: Segment | undefined;
  #shift = 0;

  constructor(maxBytes: number) {
    // No shifts here: they cut numbers to 32 bits, and budgets may be larger.
    this.#segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.max(1_024, Math.floor(maxBytes / 16)));
    this.maxFrameBytes = Math.min(MAX_FRAME_BYTES, this.#segmentBytes);
    this.maxLiveBytes = Math.max(0, Math.floor((maxBytes - 4 * this.#segmentBytes) / 2));
  }

  /** Bytes that trails hold: frames and JSON. */
  get liveBytes(): number {
    return this.#live + this.#json;
  }

  /** Bytes taken from the machine. */
  get bytes(): number {
    return (this.#segments.length + this.#free.length) * this.#segmentBytes + this.#json;
  }

  /** Readies it for the frames of a batch; undefined lets go of the one before. */
  read(source: Source | undefined): void {
    if (this.#origin !== NONE) this.#origins.release(this.#origin);
    this.#origin = source === undefined ? NONE : this.#origins.add(source.origin);
    this.#source = source;
    this.#copiedTo = -1;
  }

  /** Keeps a frame of the source, of at most `maxFrameBytes`; copies its bytes. No trail holds it yet. */
  keepFrame(seq: number, start: number, end: number): number {
    const source = this.#source as Source;
    const { crumbs } = this;
    const crumb = crumbs.take(seq, source.origin.from.receivedMs);
    if (end > this.#copiedTo || start < this.#copiedFrom) this.#copy(source, start, end - start);
    crumbs.origin[crumb] = this.#origin;
    this.#origins.hold(this.#origin);
    this.#place(crumb, this.#copiedInto as Segment, start + this.#shift, end - start);
    return crumb;
  }

  /** Keeps a breadcrumb that is JSON already. */
  keepJson(seq: number, receivedMs: number, json: string, timeMs: number): number {
    const crumb = this.crumbs.take(seq, receivedMs);
    this.cache(crumb, json, timeMs);
    return crumb;
  }

  /** Remembers what a crumb says, so that the next event need not decode it again. */
  cache(crumb: number, json: string, timeMs: number): void {
    this.crumbs.json[crumb] = json;
    this.crumbs.timeMs[crumb] = timeMs;
    this.#json += json.length;
  }

  /** Where a crumb's frame came from. */
  originOf(crumb: number): Origin {
    return this.#origins.get(this.crumbs.origin[crumb] as number);
  }

  /** The buffer that holds a crumb's frame, at its `start` to its `end`; valid until the next `keep`. */
  bytesOf(crumb: number): Buffer {
    return this.#numbered[this.crumbs.segment[crumb] as number]?.bytes ?? NO_BYTES;
  }

  /** Lets go of a crumb that no trail holds any more. */
  drop(crumb: number): void {
    const { crumbs } = this;
    const number = crumbs.segment[crumb] as number;
    if (number !== NO_SEGMENT) {
      const length = (crumbs.end[crumb] as number) - (crumbs.start[crumb] as number);
      (this.#numbered[number] as Segment).live -= length;
      this.#live -= length;
      crumbs.segment[crumb] = NO_SEGMENT;
      this.#origins.release(crumbs.origin[crumb] as number);
    }
    const json = crumbs.json[crumb];
    if (json !== undefined) {
      this.#json -= json.length;
      crumbs.json[crumb] = undefined;
    }
    crumbs.give(crumb);
  }

  /** Gives back to the machine what holds nothing. Not to be called while a batch is read. */
  trim(): void {
    for (let left = this.#segments.length; left > 0; left -= 1) {
      const oldest = this.#segments[0] as Segment;
      if (oldest === this.#current) break;
      // One that is mostly live stays as it is, and becomes the newest but one.
      if (oldest.live * 2 <= this.#segmentBytes) this.#empty(oldest);
      else this.#segments.splice(-1, 0, ...this.#segments.splice(0, 1));
    }
    for (const { number } of this.#free) this.#numbered[number] = undefined;
    this.#free.length = 0;
  }

  /** Copies the source from `start` on, as much as there is room for, but all of the first `length` bytes. */
  #copy(source: Source, start: number, length: number): void {
    let segment = this.#current;
    if (segment === undefined || segment.tail + length > this.#segmentBytes) segment = this.#advance(length);
    const { tail } = segment;
    const end = Math.min(source.end, start + this.#segmentBytes - tail);
    segment.bytes.set(source.bytes.subarray(start, end), tail);
    segment.tail = tail + end - start;
    this.#copiedFrom = start;
    this.#copiedTo = end;
    this.#copiedInto = segment;
    this.#shift = tail - start;
  }

  #place(crumb: number, segment: Segment, start: number, length: number): void {
    const { crumbs } = this;
    crumbs.segment[crumb] = segment.number;
    crumbs.start[crumb] = start;
    crumbs.end[crumb] = start + length;
    segment.live += length;
    segment.crumbs.push(crumb);
    this.#live += length;
  }

  /** A new last segment with room for `length`, after emptying old ones that have become mostly dead. */
  #advance(length: number): Segment {
    this.#open();
    // Two out for one in: the log shrinks to what is live even while it is written fast.
    for (let i = 0; i < 2 && this.#segments.length > 1; i += 1) {
      const oldest = this.#segments[0] as Segment;
      if (oldest === this.#current) break;
      if (oldest.live * 2 > this.#segmentBytes && this.bytes - this.#json <= 2 * this.#live + 2 * this.#segmentBytes) break;
      this.#empty(oldest);
    }
    const current = this.#current as Segment;
    return current.tail + length > this.#segmentBytes ? this.#open() : current;
  }

  #open(): Segment {
    const segment = this.#free.pop() ?? this.#made();
    this.#segments.push(segment);
    this.#current = segment;
    return segment;
  }

  #made(): Segment {
    const free = this.#numbered.indexOf(undefined);
    const number = free < 0 ? this.#numbered.length : free;
    const segment = { number, bytes: Buffer.allocUnsafeSlow(this.#segmentBytes), tail: 0, live: 0, crumbs: [] };
    this.#numbered[number] = segment;
    return segment;
  }

  #empty(segment: Segment): void {
    this.#segments.shift();
    for (const crumb of segment.live > 0 ? segment.crumbs : []) {
      if (this.crumbs.segment[crumb] === segment.number) this.#move(crumb, segment);
    }
    segment.tail = 0;
    segment.live = 0;
    segment.crumbs.length = 0;
    // What is free beyond the next few segments goes back to the machine.
    if (this.#free.length < 4) this.#free.push(segment);
    else this.#numbered[segment.number] = undefined;
  }

  #move(crumb: number, segment: Segment): void {
    const start = this.crumbs.start[crumb] as number;
    const end = this.crumbs.end[crumb] as number;
    const length = end - start;
    this.#live -= length;
    let current = this.#current as Segment;
    // This may open a further segment, but never empties one: the free list has this one's place.
    if (current.tail + length > this.#segmentBytes) current = this.#open();
    const { tail } = current;
    current.bytes.set(segment.bytes.subarray(start, end), tail);
    current.tail = tail + length;
    this.#place(crumb, current, tail, length);
  }
}

const NO_BYTES = Buffer.alloc(0);

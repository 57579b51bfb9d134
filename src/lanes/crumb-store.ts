import type { Codec } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";

/** A frame in somebody else's buffer. */
export interface Frame {
  bytes: Buffer;
  start: number;
  end: number;
}

/** One quiet record, shared by the trails of all its keys: a frame kept as bytes, or its JSON. Objects are reused. */
export interface Crumb {
  /** Arrival order over all trails. */
  seq: number;
  receivedMs: number;
  /** Trails that hold it. */
  refs: number;
  /** Where its frame lies; undefined when there is only JSON. */
  segment: Segment | undefined;
  start: number;
  end: number;
  codec: Codec | undefined;
  from: Provenance | undefined;
  /** The breadcrumb as JSON; undefined until an event took the trail along. */
  json: string | undefined;
  /** The record's time, Unix milliseconds; valid once `json` is. */
  timeMs: number;
}

interface Segment {
  readonly bytes: Buffer;
  tail: number;
  /** Bytes of crumbs that some trail still holds. */
  live: number;
  /** Crumbs written here, in order; one whose `segment` is another by now has moved or been reused. */
  readonly crumbs: Crumb[];
}

const MAX_SEGMENT_BYTES = 256 << 10;
/** A frame over this becomes JSON at once, which is bounded and much shorter. */
const MAX_FRAME_BYTES = 16 << 10;

/**
 * The bytes of quiet records, as a log of equal segments: each record is written once, whatever the number of its
 * trails, and nothing is allocated per record. When a new segment is needed, the oldest one is emptied by moving what
 * trails still hold to the new end, so that segments take at most about twice the bytes that are live.
 *
 *     oldest [ dead dead live dead ] [ live dead live ] ... [ live live tail-> ] newest
 */
export class CrumbStore {
  readonly maxFrameBytes: number;
  /** The most bytes that trails may hold for the whole to stay within its budget. */
  readonly maxLiveBytes: number;
  readonly #segmentBytes: number;
  #segments: Segment[] = [];
  #current: Segment | undefined;
  readonly #free: Segment[] = [];
  readonly #pool: Crumb[] = [];
  #live = 0;
  #json = 0;

  constructor(maxBytes: number) {
    this.#segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.max(1_024, maxBytes >>> 4));
    this.maxFrameBytes = Math.min(MAX_FRAME_BYTES, this.#segmentBytes);
    this.maxLiveBytes = Math.max(0, (maxBytes - 4 * this.#segmentBytes) >>> 1);
  }

  /** Bytes that trails hold: frames and JSON. */
  get liveBytes(): number {
    return this.#live + this.#json;
  }

  /** Bytes taken from the machine. */
  get bytes(): number {
    return (this.#segments.length + this.#free.length) * this.#segmentBytes + this.#json;
  }

  /** Keeps a frame of at most `maxFrameBytes`; copies its bytes. No trail holds it yet. */
  keepFrame(seq: number, codec: Codec, from: Provenance, frame: Frame): Crumb {
    const length = frame.end - frame.start;
    const crumb = this.#crumb(seq, from.receivedMs);
    crumb.codec = codec;
    crumb.from = from;
    this.#write(crumb, frame.bytes, frame.start, length);
    return crumb;
  }

  /** Keeps a breadcrumb that is JSON already. */
  keepJson(seq: number, receivedMs: number, json: string, timeMs: number): Crumb {
    const crumb = this.#crumb(seq, receivedMs);
    this.cache(crumb, json, timeMs);
    return crumb;
  }

  /** Remembers what a crumb says, so that the next event need not decode it again. */
  cache(crumb: Crumb, json: string, timeMs: number): void {
    crumb.json = json;
    crumb.timeMs = timeMs;
    this.#json += json.length;
  }

  /** A view of a crumb's frame; valid until the next `keep`. */
  frameOf(crumb: Crumb): Buffer {
    return crumb.segment?.bytes.subarray(crumb.start, crumb.end) ?? NO_BYTES;
  }

  /** Lets go of a crumb that no trail holds any more. */
  drop(crumb: Crumb): void {
    const { segment } = crumb;
    if (segment !== undefined) {
      const length = crumb.end - crumb.start;
      segment.live -= length;
      this.#live -= length;
      crumb.segment = undefined;
      crumb.codec = undefined;
      crumb.from = undefined;
    }
    if (crumb.json !== undefined) {
      this.#json -= crumb.json.length;
      crumb.json = undefined;
    }
    this.#pool.push(crumb);
  }

  #crumb(seq: number, receivedMs: number): Crumb {
    const crumb = this.#pool.pop() ?? emptyCrumb();
    crumb.seq = seq;
    crumb.receivedMs = receivedMs;
    return crumb;
  }

  #write(crumb: Crumb, bytes: Buffer, start: number, length: number): void {
    let segment = this.#current;
    if (segment === undefined || segment.tail + length > this.#segmentBytes) segment = this.#advance(length);
    const { tail } = segment;
    bytes.copy(segment.bytes, tail, start, start + length);
    crumb.segment = segment;
    crumb.start = tail;
    segment.tail = tail + length;
    crumb.end = segment.tail;
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
    const segment = this.#free.pop() ?? { bytes: Buffer.allocUnsafeSlow(this.#segmentBytes), tail: 0, live: 0, crumbs: [] };
    this.#segments.push(segment);
    this.#current = segment;
    return segment;
  }

  #empty(segment: Segment): void {
    this.#segments.shift();
    if (segment.live > 0) {
      for (const crumb of segment.crumbs) {
        if (crumb.segment !== segment) continue;
        const length = crumb.end - crumb.start;
        this.#live -= length;
        // `#write` may open a further segment, but never empties one: the free list has this one's place.
        if ((this.#current as Segment).tail + length > this.#segmentBytes) this.#open();
        this.#write(crumb, segment.bytes, crumb.start, length);
      }
    }
    segment.tail = 0;
    segment.live = 0;
    segment.crumbs.length = 0;
    // What is free beyond the next few segments goes back to the machine.
    if (this.#free.length < 4) this.#free.push(segment);
  }
}

const NO_BYTES = Buffer.alloc(0);

function emptyCrumb(): Crumb {
  return {
    seq: 0,
    receivedMs: 0,
    refs: 0,
    segment: undefined,
    start: 0,
    end: 0,
    codec: undefined,
    from: undefined,
    json: undefined,
    timeMs: 0,
  };
}

import { doubled } from "./columns.ts";

/** In `segment`: the crumb is JSON alone. */
export const NO_SEGMENT = -1;

const FIRST_ROWS = 1_024;

/**
 * Quiet records, each shared by the trails of all its keys. A crumb is a number, and what is known of it stands in
 * columns: a million objects that come and go would be most of what the garbage collector does.
 */
export class Crumbs {
  /** Arrival order over all trails. */
  seq = new Float64Array(FIRST_ROWS);
  receivedMs = new Float64Array(FIRST_ROWS);
  /** Trails that hold it. */
  refs = new Int32Array(FIRST_ROWS);
  /** The last union of trails that took it, by number. */
  union = new Int32Array(FIRST_ROWS);
  /** The segment of its frame, by number, or {@link NO_SEGMENT}; and where the frame lies there. */
  segment = new Int32Array(FIRST_ROWS);
  start = new Int32Array(FIRST_ROWS);
  end = new Int32Array(FIRST_ROWS);
  /** Whether an event has taken its frame along. */
  rendered = new Uint8Array(FIRST_ROWS);
  /** The record's time, Unix milliseconds; valid once rendered or with `json`. */
  timeMs = new Float64Array(FIRST_ROWS);
  /** The number of its frame's origin; valid where there is a frame. */
  origin = new Int32Array(FIRST_ROWS);
  /** The breadcrumb as JSON, where it is kept. */
  readonly json: (string | undefined)[] = [];
  readonly #free: number[] = [];
  #rows = 0;

  /** A crumb that no trail holds yet, with neither frame nor JSON. */
  take(seq: number, receivedMs: number): number {
    const crumb = this.#free.pop() ?? this.#row();
    this.seq[crumb] = seq;
    this.receivedMs[crumb] = receivedMs;
    this.rendered[crumb] = 0;
    return crumb;
  }

  /** It serves another record. */
  give(crumb: number): void {
    this.#free.push(crumb);
  }

  #row(): number {
    const crumb = this.#rows;
    if (crumb === this.seq.length) this.#grow();
    this.#rows += 1;
    this.segment[crumb] = NO_SEGMENT;
    this.json.push(undefined);
    return crumb;
  }

  #grow(): void {
    this.seq = doubled(this.seq);
    this.receivedMs = doubled(this.receivedMs);
    this.refs = doubled(this.refs);
    this.union = doubled(this.union);
    this.segment = doubled(this.segment);
    this.origin = doubled(this.origin);
    this.start = doubled(this.start);
    this.end = doubled(this.end);
    this.rendered = doubled(this.rendered);
    this.timeMs = doubled(this.timeMs);
  }
}

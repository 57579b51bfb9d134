import type { Batch } from "../record/batch.ts";
import type { Outcome } from "../record/outcome.ts";
import type { Parcel } from "../record/parcel.ts";
import type { SavedPiece } from "./saved-trails.ts";

/** Loud records that a processor dropped, for client reports. */
export interface Dropped {
  readonly upstream: string;
  readonly outcome: Outcome;
  readonly quantity: number;
}

/** Records of an earlier batch that waited for the rest of a trace and are now in this yield's parcels or settled. */
export interface Release {
  readonly batch: number;
  readonly records: number;
}

/** A warning about a sender, for the main thread to rate-limit. */
export interface Remark {
  readonly cause: string;
  readonly peer: string;
  readonly message: string;
}

/** What a lane makes of a batch, or of time passing. Only bytes, numbers and text, so that it can cross threads. */
export interface Yield {
  readonly parcels: Parcel[];
  /** Where the record of each parcel was logged; "" where storm control need not know. Not part of the parcel: it is not queued. */
  readonly hosts: string[];
  /** Records received: decoded ones and malformed ones. */
  records: number;
  malformed: number;
  /** Events made. */
  events: number;
  /** Records that left by a door inside the lane. */
  readonly settled: Map<Outcome, number>;
  /** Records of this batch that still wait for the rest of a trace. */
  held: number;
  /** As in `Receipt.waitsFrom`. */
  waitsFrom: number | undefined;
  readonly releases: Release[];
  readonly dropped: Dropped[];
  readonly remarks: Remark[];
  /** Secrets that its processors replaced, by rule. */
  readonly replaced: Map<string, number>;
}

export interface LaneStats {
  /** Records waiting for the rest of a trace. */
  readonly held: number;
  readonly trailKeys: number;
  readonly trailBytes: number;
}

/** Bytes in, parcels out; here or in another thread. */
export interface Lane {
  /** Makes the lane ready to run; a lane in this thread is from the beginning. */
  start(): Promise<void>;
  /** Works a batch; `id` names it in later releases. Never throws or rejects. */
  run(batch: Batch, id: number): Yield | Promise<Yield>;
  /** Lets traces go that have waited long enough; all of them when `final`. */
  tick(final: boolean): Yield | Promise<Yield>;
  stats(): LaneStats;
  /** Lets go of the trails unused for longest, until all hold at most so many bytes. May take effect later. */
  shrinkTrails(maxBytes: number): void;
  /**
   * The next piece of its trails, rendered and scrubbed; undefined when there is no more. From the first call to the last
   * no batch may come. Never throws or rejects.
   */
  save(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Takes a piece of saved trails, before the first batch; undefined: that was all. Never throws or rejects. */
  restore(piece: SavedPiece | undefined): void | Promise<void>;
  close(): Promise<void>;
}

export function emptyYield(): Yield {
  return {
    parcels: [],
    hosts: [],
    records: 0,
    malformed: 0,
    events: 0,
    settled: new Map(),
    held: 0,
    waitsFrom: undefined,
    releases: [],
    dropped: [],
    remarks: [],
    replaced: new Map(),
  };
}

export function settle(result: Yield, outcome: Outcome, records: number): void {
  result.settled.set(outcome, (result.settled.get(outcome) ?? 0) + records);
}

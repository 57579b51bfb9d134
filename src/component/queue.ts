import type { Component } from "../base/lifecycle.ts";
import type { DataCategory, Parcel } from "../record/parcel.ts";

/** What a dispatcher wants next. */
export interface Wanted {
  readonly upstream: string;
  readonly category: DataCategory;
  readonly count: number;
  /** Of bodies; the first parcel is given even if it is longer. */
  readonly bytes: number;
  /** Only parcels born before this moment, Unix milliseconds. Absent: any. */
  readonly bornBeforeMs?: number;
}

/**
 * Parcels on loan, oldest birth first; they stay in the queue's budget until `ack`. Exactly one of `ack`, `release` and
 * `split` is called.
 */
export interface Lease {
  readonly parcels: readonly Parcel[];
  /** They have settled: forget them. */
  ack(): void;
  /** They wait again, at their old place. */
  release(): void;
  /** Two leases in place of this one: the first `count` parcels, and the rest. */
  split(count: number): readonly [Lease, Lease];
}

/** What waits and what is on loan. */
export interface QueueStats {
  readonly parcels: number;
  readonly bytes: number;
  /** Records in all parcels held, on loan and waiting for room: the queue's share of `in flight`. */
  readonly records: number;
  /** Birth of the oldest parcel, Unix milliseconds; undefined when empty. */
  readonly oldestBornMs: number | undefined;
  /** True while a push waits for room, or parcels are being dropped for lack of it. */
  readonly full: boolean;
  /** Why nothing can be stored at the moment ("ENOSPC: no space left on device"); undefined when all is well. */
  readonly trouble: string | undefined;
  /** Parcels that came back damaged from the disk and were set aside, since start. */
  readonly quarantined: number;
}

/** The turn: the only place where push becomes pull. */
export interface Queue extends Component {
  /** True when an accepted parcel survives the process. */
  readonly durable: boolean;
  /** Records by input in parcels that an earlier process left; complete once started. */
  readonly restored: ReadonlyMap<string, number>;
  /**
   * Takes parcels over. True once all are safe (held in memory, or on disk) or were dropped by `when_full`; a promise
   * while that takes time. It resolves with false when `untilMs` (monotonic clock) passes first: what had no room by
   * then is let go of, and what is on its way to the disk may or may not be kept. What is let go of is settled through
   * the host.
   */
  push(parcels: readonly Parcel[], untilMs?: number): true | Promise<boolean>;
  /** The oldest waiting parcels of one upstream and category; undefined when none waits, or none is at hand yet. */
  lease(wanted: Wanted): Lease | undefined;
  /** Birth of the oldest waiting (not leased) parcel and how many wait; undefined when none does. */
  peek(upstream: string, category: DataCategory): { readonly bornMs: number; readonly count: number } | undefined;
  /** Names of upstreams that parcels wait for. */
  waitingFor(): readonly string[];
  /** Calls back when parcels for an upstream may be leased that could not before. One listener. */
  watch(listener: (upstream: string) => void): void;
  stats(): QueueStats;
}

import type { Component } from "../base/lifecycle.ts";
import type { DataCategory, Parcel } from "../record/parcel.ts";

/** What a dispatcher wants next. */
export interface Wanted {
  readonly upstream: string;
  readonly category: DataCategory;
  readonly count: number;
  readonly bytes: number;
}

/** Parcels on loan, oldest birth first; they stay in the queue's budget until `ack`. Exactly one of both is called. */
export interface Lease {
  readonly parcels: readonly Parcel[];
  /** They have settled: forget them. */
  ack(): void;
  /** They wait again, at their old place. */
  release(): void;
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
}

/** The turn: the only place where push becomes pull. */
export interface Queue extends Component {
  /** True when an accepted parcel survives the process. */
  readonly durable: boolean;
  /**
   * Takes parcels over. Returns once they are safe (held in memory, or on disk); a promise while there is no room and
   * the policy is to block. Parcels that `when_full` drops are settled by the queue through its host.
   */
  push(parcels: readonly Parcel[]): void | Promise<void>;
  /** The oldest waiting parcels of one upstream and category; undefined when none waits now. */
  lease(wanted: Wanted): Lease | undefined;
  /** Birth of the oldest waiting (not leased) parcel and how many wait; undefined when none does. */
  peek(upstream: string, category: DataCategory): { readonly bornMs: number; readonly count: number } | undefined;
  /** Drops waiting parcels of an upstream born before a moment, oldest first, and returns them for settling. */
  expire(upstream: string, bornBeforeMs: number): readonly Parcel[];
  /** Calls back after parcels for an upstream have come in. One listener. */
  watch(listener: (upstream: string) => void): void;
  stats(): QueueStats;
}

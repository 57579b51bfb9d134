import type { Component } from "../base/lifecycle.ts";
import type { DataCategory, Parcel } from "../record/parcel.ts";

/** Categories a tracker may limit; "all" when it names none. */
export type LimitCategory = DataCategory | "all";

/** How long each category has to wait from now, in milliseconds. Empty: no limits. */
export type RateLimits = ReadonlyMap<LimitCategory, number>;

/** What one attempt came to. Network and HTTP trouble are outcomes, never exceptions. */
export type Delivery =
  /** Taken. Sentry may announce limits with a 200 too. */
  | { readonly kind: "delivered"; readonly limits: RateLimits }
  /** 429: hold the named categories, then send the same parcels again. */
  | { readonly kind: "limited"; readonly limits: RateLimits }
  /** Network, 5xx: try again after the backoff, or after `afterMs` when the tracker said so. */
  | { readonly kind: "retry"; readonly afterMs: number | undefined; readonly cause: string; readonly limits: RateLimits }
  /** 401/403: nothing gets through with this DSN; hold everything and ask again later. */
  | { readonly kind: "refused_dsn"; readonly status: number; readonly cause: string }
  /** Any other 4xx: these parcels never get in. */
  | {
      readonly kind: "rejected";
      readonly status: number;
      readonly cause: string;
      readonly limits: RateLimits;
      /** True when the tracker is too old to know items of this type: none of them will ever get in. */
      readonly unknownItem: boolean;
    };

/** How many records or bytes were dropped on purpose, by reason and category, for a client report. */
export interface DiscardedEvents {
  readonly reason: string;
  readonly category: string;
  readonly quantity: number;
}

/** What goes into one envelope: one event, or up to a hundred logs, or one client report. */
export type Shipment =
  | { readonly kind: "event"; readonly parcels: readonly [Parcel] }
  | { readonly kind: "logs"; readonly parcels: readonly Parcel[] }
  | { readonly kind: "client_report"; readonly discarded: readonly DiscardedEvents[] };

/** One tracker, or the console. */
export interface Upstream extends Component {
  /** One attempt. Never rejects; `abort` ends it as a retry. */
  deliver(shipment: Shipment, abort: AbortSignal): Promise<Delivery>;
  /** Limits the dispatcher keeps for it. */
  readonly pace: Pace;
  /**
   * Names the project it sends to, without its key; upstreams of one account share holds and limits, and what was learnt
   * about it is kept under this name. Undefined: nothing to share (the console).
   */
  readonly account: string | undefined;
}

export interface Pace {
  /** Requests under way at once. */
  readonly concurrency: number;
  /** Envelopes per window; undefined: no limit of our own. */
  readonly rateLimit: { readonly count: number; readonly perMs: number } | undefined;
  /** How long a parcel may wait from its birth, in milliseconds. */
  readonly maxAgeMs: number;
  readonly backoff: { readonly firstMs: number; readonly maxMs: number };
  /** How often what was discarded is reported; undefined: never (the console). */
  readonly reportEveryMs: number | undefined;
}

export const NO_LIMITS: RateLimits = new Map();

import type { Outcome } from "../../record/outcome.ts";
import type { Parcel } from "../../record/parcel.ts";

/** Parcels that will never be delivered, and why. They share one upstream and one data category. */
export interface DeadLetter {
  /** Name of the upstream in the configuration. */
  readonly upstream: string;
  readonly parcels: readonly Parcel[];
  /** The door they leave by: `rejected`, `expired`, `rate_limited` or `network_error`. */
  readonly outcome: Outcome;
  /** What the upstream or the relay said, printable and on one line. */
  readonly cause: string;
  /** HTTP status of the answer that refused them; undefined where none did. */
  readonly status: number | undefined;
}

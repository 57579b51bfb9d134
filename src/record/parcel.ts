/** Sentry's data categories that we send. */
export type DataCategory = "error" | "log_item";

/**
 * One serialised envelope item on its way to one upstream. Queues store only this, so memory, disk and Kafka need not
 * know what an event is, and byte budgets are exact.
 */
export interface Parcel {
  /** Name of the upstream in the configuration. */
  readonly upstream: string;
  /** Name of the input that its records came in by, so that a restart can book what the disk still holds. */
  readonly input: string;
  readonly category: DataCategory;
  /** The item's payload: an event's JSON, or one entry of a log container. UTF-8. */
  readonly body: Uint8Array;
  /** How many records this parcel settles: the lines of a joined trace; 0 for a copy whose record settles elsewhere. */
  readonly records: number;
  /** Wall clock when it was made, Unix milliseconds. */
  readonly bornMs: number;
  /** 32 hex digits for an event, "" for a log. */
  readonly eventId: string;
  /** Hash of the event's fingerprint, for storm control; 0 for a log. */
  readonly issue: number;
}

/** What the books need to know of a parcel, where its body is not at hand. */
export interface ParcelFacts {
  readonly upstream: string;
  readonly category: DataCategory;
  readonly records: number;
  /** Length of the body. */
  readonly bytes: number;
}

export function factsOf({ upstream, category, records, body }: Parcel): ParcelFacts {
  return { upstream, category, records, bytes: body.length };
}

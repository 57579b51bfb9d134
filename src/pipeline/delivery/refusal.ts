import type { Parcel } from "../../record/parcel.ts";

export interface Refusal {
  readonly upstream: string;
  readonly parcels: readonly Parcel[];
  readonly status: number;
  /** What the tracker said. */
  readonly cause: string;
  /** Whether there are dead letters; that one could not be kept, these tell themselves. */
  readonly kept: boolean;
}

/** What a person should know of parcels that were refused for good, and what to do. */
export function refusalText({ upstream, parcels, status, cause, kept }: Refusal): string {
  const [first] = parcels;
  const what = first?.category === "error" ? `event ${first.eventId}` : parcels.length === 1 ? "a log" : `${parcels.length} logs`;
  const where = kept
    ? "goes to the dead letters (crumbtrail dlq list)"
    : "not kept (set data_dir, and such parcels are kept as dead letters)";
  const advice = adviceOf(status, upstream);
  return `the tracker refused ${what} for good: ${cause}; ${advice === "" ? "" : `${advice}; `}${where}`;
}

function adviceOf(status: number, upstream: string): string {
  if (status === 413) return "raise the size limit of the tracker or of a proxy before it (nginx: client_max_body_size)";
  if (status === 404 || status === 405) return `check the host and path in the DSN of upstream "${upstream}"`;
  return "";
}

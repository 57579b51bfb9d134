import type { Parcel } from "../../src/record/parcel.ts";

let made = 0;

/** A parcel with a body of its own; override what matters to the test. */
export function parcel(overrides: Partial<Parcel> = {}): Parcel {
  made += 1;
  const body = Buffer.from(`{"event":${made},"extra":{}}`);
  return {
    upstream: "default",
    input: "in",
    category: "error",
    body,
    records: 1,
    bornMs: made,
    eventId: `${made}`.padStart(32, "0"),
    issue: made,
    ...overrides,
  };
}

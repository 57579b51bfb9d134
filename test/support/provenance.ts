import type { Provenance } from "../../src/record/provenance.ts";

/** Where a test's frames come from: `edge`, 10.0.0.7, 2026-08-21T12:00Z, unless said otherwise. */
export function provenance(given: Partial<Provenance> = {}): Provenance {
  return {
    input: "edge",
    peer: "10.0.0.7",
    receivedMs: Date.UTC(2026, 7, 21, 12),
    tag: "",
    labels: undefined,
    metadata: undefined,
    ...given,
  };
}

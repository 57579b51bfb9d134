import fc from "fast-check";
import { StormGate, type Admission, type StormPolicy } from "../../src/pipeline/storm.ts";
import { parcel } from "./parcels.ts";

/** An event as it is sent. */
export interface Sent {
  readonly issue: number;
  readonly upstream: string;
  readonly host: string;
  readonly gapMs: number;
}

/** A report as plain data. */
export interface Summary {
  readonly suppressed: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly hosts: readonly (readonly [string, number])[];
  readonly otherHosts: number;
}

/** A gate with a clock; a parcel is born at the moment when it comes. */
export class StormBench {
  readonly gate: StormGate;
  now = 0;

  constructor(policy: StormPolicy) {
    this.gate = new StormGate(policy);
  }

  send(issue: number, { upstream = "default", host = "web-1", gapMs = 0 }: Partial<Omit<Sent, "issue">> = {}): Admission {
    this.now += gapMs;
    return this.gate.admit(parcel({ issue, upstream, bornMs: this.now }), host, this.now);
  }

  /** Numbers, from 1, of those that pass. */
  passing(count: number, issue: number): readonly number[] {
    return Array.from({ length: count }, (_, index) => (this.send(issue).passes ? index + 1 : 0)).filter((at) => at > 0);
  }
}

/** What an event tells. */
export function told(admission: Admission): Summary | undefined {
  if (!admission.passes || admission.told === undefined) return undefined;
  const { suppressed, firstMs, lastMs, hosts, otherHosts } = admission.told;
  return { suppressed, firstMs, lastMs, hosts: [...hosts], otherHosts };
}

/** Small limits and short windows. */
export const policies = fc.record({
  perIssue: fc.record({ count: fc.integer({ min: 1, max: 5 }), perMs: fc.constantFrom(10, 100) }),
  budget: fc.record({ count: fc.integer({ min: 1, max: 30 }), perMs: fc.constantFrom(50, 500) }),
});
/** A few issues on many hosts, mostly in bursts. */
export const sent: fc.Arbitrary<Sent> = fc.record({
  issue: fc.nat(6),
  upstream: fc.constantFrom("default", "payments"),
  host: fc.nat(14).map((n) => `web-${n}`),
  // Mostly bursts; now and then the machine slept.
  gapMs: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(0, 0, 0, 1, 7) }, { weight: 1, arbitrary: fc.nat(5_000_000) }),
});

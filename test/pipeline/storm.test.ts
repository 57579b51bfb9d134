import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StormGate } from "../../src/pipeline/storm.ts";
import { parcel } from "../support/parcels.ts";

const POLICY = { perIssue: { count: 2, perMs: 1_000 }, budget: { count: 5, perMs: 10_000 } };

describe("StormGate", () => {
  it("holds back what an issue sends beyond its rate, and the next one that passes tells how many", () => {
    const gate = new StormGate(POLICY);
    const event = (bornMs: number) => parcel({ issue: 7, bornMs });

    const first = [1, 2, 3, 4].map((at) => gate.admit(event(at), at).passes);
    const next = gate.admit(event(1_500), 1_500);

    assert.deepEqual(first, [true, true, false, false]);
    assert.deepEqual(next, { passes: true, suppressed: 2, sinceMs: 3 });
    assert.deepEqual(gate.admit(event(1_501), 1_501), { passes: true, suppressed: 0, sinceMs: 3 });
  });

  it("always lets the first event of an issue through, even with the budget spent", () => {
    const gate = new StormGate(POLICY);
    for (let issue = 0; issue < 5; issue += 1) assert.equal(gate.admit(parcel({ issue }), 0).passes, true);

    assert.equal(gate.admit(parcel({ issue: 0 }), 1).passes, false);
    assert.equal(gate.admit(parcel({ issue: 99 }), 1).passes, true);
  });

  it("does not count an event that did not get in and will be sent again", () => {
    const gate = new StormGate({ ...POLICY, budget: { count: 0, perMs: 10_000 } });
    const event = parcel({ issue: 7 });
    assert.equal(gate.admit(event, 0).passes, true);

    gate.retract(event);

    assert.equal(gate.admit(event, 1).passes, true, "it is the first of its issue again");
    assert.equal(gate.admit(event, 2).passes, false);
  });

  it("gives each upstream a budget of its own", () => {
    const gate = new StormGate({ ...POLICY, budget: { count: 1, perMs: 10_000 } });
    gate.admit(parcel({ issue: 1 }), 0);
    gate.admit(parcel({ issue: 1, upstream: "payments" }), 0);

    assert.equal(gate.admit(parcel({ issue: 1 }), 1).passes, false);
    assert.equal(gate.admit(parcel({ issue: 1 }), 10_000).passes, true);
  });
});

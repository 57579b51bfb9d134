import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Admission, StormGate } from "../../../src/pipeline/storm.ts";
import { parcel } from "../../support/parcels.ts";
import { policies, sent, StormBench, told, type Sent } from "../../support/storm-bench.ts";

/** As the intake does it: the last one first. */
function retractAll(gate: StormGate, events: readonly Sent[], admissions: readonly Admission[]): void {
  for (const [index, event] of [...events.entries()].toReversed()) {
    const admission = admissions[index];
    if (admission?.passes === true) gate.retract(admission);
    else gate.retractHeld(parcel(event), event.host);
  }
}

describe("StormGate, when a batch does not get into the queue", () => {
  it("decides as if nothing had been when a sender repeats what did not get in", () => {
    const repeated = fc.array(fc.tuple(sent, fc.boolean()), { maxLength: 300 });
    fc.assert(
      fc.property(policies, repeated, (policy, events) => {
        const plain = new StormBench(policy);
        const retried = new StormBench(policy);
        for (const [event, fails] of events) {
          const first = retried.send(event.issue, event);
          let second = first;
          if (fails) {
            if (first.passes) retried.gate.retract(first);
            else retried.gate.retractHeld(parcel(event), event.host);
            second = retried.send(event.issue, { ...event, gapMs: 0 });
          }
          const expected = plain.send(event.issue, event);
          assert.equal(second.passes, expected.passes);
          assert.deepEqual(told(second), told(expected));
        }
      }),
    );
  });

  it("counts each event once, however many batches have to be sent again", () => {
    const batches = fc.array(fc.tuple(fc.array(sent, { minLength: 1, maxLength: 30 }), fc.nat(2)), { maxLength: 20 });
    fc.assert(
      fc.property(policies, batches, (policy, sends) => {
        const bench = new StormBench(policy);
        let arrived = 0;
        let accounted = 0;
        const run = (events: readonly Sent[], safe: boolean): void => {
          const admissions = events.map((event) => bench.send(event.issue, event));
          if (!safe) {
            retractAll(bench.gate, events, admissions);
            return;
          }
          arrived += events.length;
          for (const admission of admissions) accounted += admission.passes ? 1 + (told(admission)?.suppressed ?? 0) : 0;
        };
        for (const [events, failures] of sends) {
          for (let attempt = 0; attempt <= failures; attempt += 1) run(events, attempt === failures);
        }
        for (const [events] of sends)
          run(
            events.map((event) => ({ ...event, gapMs: 2_000 })),
            true,
          );
        assert.equal(accounted, arrived);
      }),
    );
  });

  it("decides about a batch as before when it comes again at once", () => {
    const batches = fc.array(fc.array(sent, { minLength: 1, maxLength: 60 }), { maxLength: 10 });
    fc.assert(
      fc.property(policies, batches, (policy, sends) => {
        const bench = new StormBench(policy);
        for (const [gap, events] of sends.entries()) {
          bench.now += gap * 7;
          const decide = (): readonly Admission[] => events.map((event) => bench.send(event.issue, { ...event, gapMs: 0 }));
          const first = decide();
          retractAll(bench.gate, events, first);
          const second = decide();
          assert.deepEqual(
            second.map(({ passes }) => passes),
            first.map(({ passes }) => passes),
          );
          // The last time may be that of the first attempt.
          const exact = second.map((admission, index) => {
            const before = told(first[index] ?? admission);
            const after = told(admission);
            assert.ok((after?.lastMs ?? 0) >= (before?.lastMs ?? 0) && (after?.lastMs ?? 0) <= bench.now);
            return after === undefined || before === undefined ? after : { ...after, lastMs: before.lastMs };
          });
          assert.deepEqual(exact, first.map(told));
        }
      }),
    );
  });

  it("forgets a pass that did not get in, even when another issue's window has begun since", () => {
    const bench = new StormBench({ perIssue: { count: 2, perMs: 1_000 }, budget: { count: 3, perMs: 10_000 } });
    const first = bench.send(7);
    assert.equal(bench.send(8, { gapMs: 10_000 }).passes, true);

    assert.ok(first.passes);
    bench.gate.retract(first);

    bench.passing(9, 8);
    assert.equal(bench.send(7).passes, true, "it is the first of its issue again");
  });
});

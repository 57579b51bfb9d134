import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { rationName } from "../../../src/record/rationed.ts";
import { policies, StormBench } from "../../support/storm-bench.ts";

const POLICY = { perIssue: { count: 1_000, perMs: 1_000 }, budget: { count: 20, perMs: 1_000 } };

function ration(count: number, sharers = "shop/Deployment/web", upstream = "default"): string {
  return rationName({ upstream, rate: { count, perMs: 1_000 }, sharers });
}

/** How many of so many events of an issue pass. */
function passing(bench: StormBench, count: number, issue: number, upstream: string): number {
  return Array.from({ length: count }, () => bench.send(issue, { upstream })).filter(({ passes }) => passes).length;
}

describe("a ration of an upstream's events", () => {
  it("lets no more pass than its rate, and leaves the rest of the upstream's budget to others", () => {
    const bench = new StormBench(POLICY);
    for (let second = 0; second < 5; second += 1) {
      bench.now += 1_000;
      assert.ok(passing(bench, 50, 1, ration(4)) <= 4);
    }
    // An issue alone gets half of what is left of a budget.
    assert.ok(passing(bench, 50, 2, "default") >= 8);
  });

  it("is a part of the upstream's budget, and no addition to it", () => {
    const bench = new StormBench(POLICY);
    const passed = [1, 2, 3, 4, 5].map((issue) => passing(bench, 100, issue, ration(50, `shop/Deployment/${issue}`)));
    // Each issue is new once.
    assert.ok(passed.reduce((sum, count) => sum + count, 0) <= 20 + 5, String(passed));
  });

  it("lets the first event of an issue pass, even when it is spent", () => {
    const bench = new StormBench(POLICY);
    passing(bench, 50, 1, ration(1));
    assert.equal(bench.send(2, { upstream: ration(1) }).passes, true);
    assert.equal(bench.send(2, { upstream: ration(1) }).passes, false);
  });

  it("is the same for all who share it, and another for others", () => {
    const bench = new StormBench(POLICY);
    for (const issue of [1, 2]) bench.send(issue, { upstream: ration(4) });
    assert.ok(passing(bench, 50, 1, ration(4)) + passing(bench, 50, 2, ration(4)) <= 2);
    assert.ok(passing(bench, 50, 3, ration(4, "shop/Deployment/api")) > 0);
  });

  it("counts what is held back by it into the report of its issue", () => {
    const bench = new StormBench(POLICY);
    const passed = passing(bench, 50, 1, ration(4));
    bench.now += 1_000;
    const next = bench.send(1, { upstream: ration(4) });
    assert.equal(next.passes && next.told?.suppressed, 50 - passed);
  });

  it("gives back what did not get into the queue", () => {
    const events = fc.array(fc.record({ issue: fc.nat(4), gapMs: fc.constantFrom(0, 0, 3, 60), fails: fc.boolean() }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(policies, events, (policy, sends) => {
        const plain = new StormBench(policy);
        const retried = new StormBench(policy);
        for (const { issue, gapMs, fails } of sends) {
          const to = { upstream: ration(3), gapMs };
          const first = retried.send(issue, to);
          let second = first;
          if (fails && first.passes) {
            retried.gate.retract(first);
            second = retried.send(issue, { ...to, gapMs: 0 });
          }
          assert.equal(second.passes, plain.send(issue, to).passes);
        }
      }),
    );
  });

  it("keeps a bounded number of them", () => {
    const bench = new StormBench({ ...POLICY, budget: { count: 1_000_000, perMs: 1_000 } });
    assert.ok(passing(bench, 20, 1, ration(2, "first")) <= 2);
    for (let i = 0; i < 600; i += 1) bench.send(i + 10, { upstream: ration(2, `other ${i}`) });
    // The first was forgotten, and begins anew.
    assert.ok(passing(bench, 20, 1, ration(2, "first")) > 0);
  });
});

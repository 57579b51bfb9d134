import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { policies, sent, StormBench, told, type Summary } from "../support/storm-bench.ts";

const POLICY = { perIssue: { count: 2, perMs: 1_000 }, budget: { count: 100, perMs: 10_000 } };

const traffic = fc.array(sent, { maxLength: 400 });

/** What should be told of events held back. */
function summaryOf(held: readonly { readonly at: number; readonly host: string }[]): Summary | undefined {
  if (held.length === 0) return undefined;
  const hosts = new Map<string, number>();
  let otherHosts = 0;
  for (const { host } of held) {
    if (hosts.has(host) || hosts.size < 10) hosts.set(host, (hosts.get(host) ?? 0) + 1);
    else otherHosts += 1;
  }
  const times = held.map(({ at }) => at);
  return {
    suppressed: held.length,
    firstMs: Math.min(...times),
    lastMs: Math.max(...times),
    hosts: [...hosts],
    otherHosts,
  };
}

describe("StormGate", () => {
  it("lets the rate of an issue pass, then one after every 1, 2, 4, 8 held back, each telling them", () => {
    const bench = new StormBench(POLICY);

    const admissions = Array.from({ length: 21 }, () => bench.send(7));

    assert.deepEqual(
      admissions.flatMap((admission, index) => (admission.passes ? [[index + 1, admission.told?.suppressed ?? 0]] : [])),
      [
        [1, 0],
        [2, 0],
        [4, 1],
        [7, 2],
        [12, 4],
        [21, 8],
      ],
    );
  });

  it("tells how many were held back, when and where", () => {
    const bench = new StormBench(POLICY);
    for (const host of ["a", "a", "b"]) bench.send(7, { host, gapMs: 5 });
    bench.send(7, { host: "a", gapMs: 5 });
    for (const host of ["b", "a"]) bench.send(7, { host, gapMs: 5 });

    assert.deepEqual(told(bench.send(7, { gapMs: 5_000 })), {
      suppressed: 2,
      firstMs: 25,
      lastMs: 30,
      hosts: [
        ["b", 1],
        ["a", 1],
      ],
      otherHosts: 0,
    });
    assert.equal(told(bench.send(7)), undefined);
  });

  it("thins a storm further and further while it goes on, and begins anew once a window stayed within the rate", () => {
    const bench = new StormBench({ ...POLICY, budget: { count: 10_000, perMs: 1_000_000 } });
    assert.deepEqual(bench.passing(12, 7), [1, 2, 4, 7, 12]);
    bench.now = 1_000;
    assert.deepEqual(bench.passing(12, 7), [1, 2, 11], "the next one after 8");
    bench.now = 2_000;
    assert.deepEqual(bench.passing(2, 7), [1, 2]);
    bench.now = 3_000;
    assert.deepEqual(bench.passing(4, 7), [1, 2, 4], "calm again");
    bench.now = 5_000;
    assert.deepEqual(bench.passing(4, 7), [1, 2, 4], "after a window without any event as well");
  });

  it("lets a storm of any length pass at the cost of its logarithm", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5_000 }), (count, events) => {
        const bench = new StormBench({ perIssue: { count, perMs: 1_000 }, budget: { count: 1_000_000, perMs: 1_000 } });

        const passed = bench.passing(events, 7).length;

        assert.ok(passed >= Math.min(events, count));
        assert.ok(passed <= count + Math.log2(events), `${passed} of ${events}`);
      }),
    );
  });

  it("adds the logarithm once for a storm of many windows", () => {
    const windows = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), windows, (count, above) => {
        const bench = new StormBench({ perIssue: { count, perMs: 1_000 }, budget: { count: 1_000_000, perMs: 1_000 } });
        let passed = 0;
        let events = 0;
        for (const more of above) {
          passed += bench.passing(count + 1 + more, 7).length;
          events += count + 1 + more;
          bench.now += 1_000;
        }
        assert.ok(passed >= above.length * count);
        assert.ok(passed <= above.length * count + Math.log2(events));
      }),
    );
  });

  it("always lets the first event of an issue through, even with the budget spent", () => {
    const bench = new StormBench({ ...POLICY, budget: { count: 5, perMs: 10_000 } });
    for (let issue = 0; issue < 50; issue += 1) assert.equal(bench.send(issue).passes, true);

    assert.equal(bench.send(0).passes, false);
    assert.equal(bench.send(99).passes, true);
  });

  it("does not let a hot loop use up what other issues need", () => {
    const bench = new StormBench({ perIssue: { count: 1_000, perMs: 60_000 }, budget: { count: 100, perMs: 300_000 } });

    assert.equal(bench.passing(10_000, 0).length, 50);
    for (let issue = 1; issue < 10; issue += 1) assert.deepEqual(bench.passing(5, issue), [1, 2, 3, 4, 5]);
  });

  it("gives an issue that it knows its part, however many new fingerprints come", () => {
    const bench = new StormBench({ ...POLICY, budget: { count: 20, perMs: 1_000 } });
    bench.passing(2, -1);
    bench.now = 1_000;
    for (let issue = 0; issue < 60_000; issue += 1) {
      bench.send(issue);
      if (issue % 10_000 === 0) assert.equal(bench.send(-1).passes, issue <= 10_000, `after ${issue}`);
    }

    bench.now = 2_000;
    assert.equal(told(bench.send(-1))?.suppressed, 4);
  });

  it("gives each upstream a budget of its own", () => {
    const bench = new StormBench({ ...POLICY, budget: { count: 1, perMs: 10_000 } });
    bench.send(1);
    bench.send(1, { upstream: "payments" });

    assert.equal(bench.send(1, { gapMs: 1 }).passes, false);
    assert.equal(bench.send(1, { upstream: "payments" }).passes, false);
    assert.equal(bench.send(1, { gapMs: 10_000 }).passes, true);
  });

  it("loses no count: what passes tells all that was held back of its issue, by number, time and host", () => {
    fc.assert(
      fc.property(policies, traffic, (policy, events) => {
        const bench = new StormBench(policy);
        const held = new Map<string, { at: number; host: string }[]>();
        const seen = new Set<string>();
        // At the end each issue comes once more after a long silence, so that nothing stays untold.
        const last = events.map((event) => ({ ...event, gapMs: 2_000 }));
        for (const event of [...events, ...last]) {
          const key = `${event.upstream} ${event.issue}`;
          const waiting = held.get(key) ?? [];
          const admission = bench.send(event.issue, event);
          if (!seen.has(key)) assert.equal(admission.passes, true, "the first one");
          seen.add(key);
          if (admission.passes) assert.deepEqual(told(admission), summaryOf(waiting));
          held.set(key, admission.passes ? [] : [...waiting, { at: bench.now, host: event.host }]);
        }
        assert.deepEqual([...held.values()].flat(), []);
      }),
    );
  });
});

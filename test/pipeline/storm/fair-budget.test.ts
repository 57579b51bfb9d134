import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FairBudget, Share } from "../../../src/pipeline/storm/fair-budget.ts";

const WINDOW_MS = 1_000;

/** A budget and its issues, by number. */
class Bench {
  readonly budget: FairBudget;
  readonly #shares = new Map<number, Share>();

  constructor(count: number) {
    this.budget = new FairBudget({ count, perMs: WINDOW_MS });
  }

  share(issue: number): Share {
    const share = this.#shares.get(issue) ?? new Share();
    this.#shares.set(issue, share);
    return share;
  }

  take(issue: number, tickMs: number): boolean {
    return this.budget.take(this.share(issue), tickMs);
  }

  /** Asks once for each issue named; returns how often each got one. */
  got(issues: readonly number[], tickMs: number): Map<number, number> {
    const got = new Map<number, number>();
    for (const issue of issues) got.set(issue, (got.get(issue) ?? 0) + (this.take(issue, tickMs) ? 1 : 0));
    return got;
  }
}

function times(count: number, issue: number): readonly number[] {
  return Array.from({ length: count }, () => issue);
}

function demandOf(issues: readonly number[], issue: number): number {
  return issues.filter((other) => other === issue).length;
}

const counts = fc.integer({ min: 1, max: 60 });
/** Issues in the order in which they ask. */
const asked = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 300 });

describe("FairBudget", () => {
  it("keeps as much free as the one that had most has had, so that the next one finds something", () => {
    const bench = new Bench(20);

    assert.deepEqual(
      [...bench.got([...times(99, 0), ...times(99, 1), ...times(99, 2)], 0)],
      [
        [0, 10],
        [1, 5],
        [2, 3],
      ],
    );
  });

  it("gives an issue what it likes as long as others leave it free", () => {
    const bench = new Bench(20);
    const rare = [1, 2, 3, 4];

    assert.equal(bench.got([...rare, ...times(99, 0)], 0).get(0), 8);
    assert.deepEqual([...bench.got(rare, 1).values()], [1, 1, 1, 1]);
  });

  it("shares the next window between those that were short in the last, in whatever order they come", () => {
    const bench = new Bench(20);
    const hot = [0, 1, 2, 3].flatMap((issue) => times(99, issue));
    bench.got(hot, 0);

    assert.deepEqual([...bench.got(hot.toReversed(), WINDOW_MS).values()], [4, 4, 4, 4]);
    assert.equal(bench.got(times(99, 4), WINDOW_MS).get(4), 2, "a new one finds a part of its own");
  });

  it("plans with nothing after a window in which nothing came", () => {
    const bench = new Bench(20);
    bench.got(
      [0, 1, 2, 3].flatMap((issue) => times(99, issue)),
      0,
    );

    assert.equal(bench.got(times(99, 3), 2 * WINDOW_MS).get(3), 10);
  });

  it("lets what was claimed pass even when first events have spent the budget", () => {
    const bench = new Bench(20);
    bench.got(times(3, 0), 0);
    for (let issue = 100; issue < 200; issue += 1) bench.budget.spend(bench.share(issue), WINDOW_MS);

    assert.equal(bench.got(times(99, 0), WINDOW_MS).get(0), 3);
    assert.equal(bench.got([1], WINDOW_MS).get(1), 0);
  });

  it("never lets more than the budget pass in a window, but for what is spent regardless", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 300 }), fc.boolean()));
    fc.assert(
      fc.property(counts, steps, (count, asks) => {
        const bench = new Bench(count);
        let now = 0;
        let begun = -Infinity;
        let passed = 0;
        let regardless = 0;
        for (const [issue, gapMs, first] of asks) {
          now += gapMs;
          if (now - begun >= WINDOW_MS) {
            begun = now;
            passed = 0;
            regardless = 0;
          }
          if (first) bench.budget.spend(bench.share(issue), now);
          else if (bench.take(issue, now)) passed += 1;
          if (first) regardless += 1;
          assert.ok(passed <= count, `${passed} passed`);
          assert.ok(passed + regardless <= count + regardless);
        }
      }),
    );
  });

  it("gives each issue of the last window what it wanted then, up to an equal part, at any rates and in any order", () => {
    fc.assert(
      fc.property(counts, asked, asked, (count, before, now) => {
        const bench = new Bench(count);
        bench.got(before, 0);
        const got = bench.got(now, WINDOW_MS);

        const part = Math.floor(count / (new Set(before).size + 1));
        for (const issue of new Set(before)) {
          const due = Math.min(demandOf(now, issue), demandOf(before, issue), part);
          assert.ok((got.get(issue) ?? 0) >= due, `${issue} got ${got.get(issue)} of ${due}`);
        }
      }),
    );
  });

  it("gives equally hot issues equal parts from the first window on", () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 80 }), (count, issues, each) => {
        const bench = new Bench(count);
        const inTurn = Array.from({ length: issues * each }, (_, index) => index % issues);

        const got = [...bench.got(inTurn, 0).values()];

        assert.ok(Math.min(...got) >= Math.min(each, Math.floor(count / (issues + 1))));
        assert.ok(Math.max(...got) - Math.min(...got) <= 1);
      }),
    );
  });

  it("leaves something to whoever comes late, however hot the one before it is", () => {
    fc.assert(
      fc.property(counts, fc.nat(1_000), fc.integer({ min: 1, max: 100 }), (count, hot, late) => {
        const bench = new Bench(count);
        bench.got(times(hot, 0), 0);

        assert.ok((bench.got(times(late, 1), WINDOW_MS - 1).get(1) ?? 0) >= Math.min(late, Math.floor(count / 4)));
      }),
    );
  });

  it("forgets what was given back", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 400 }), fc.boolean()));
    fc.assert(
      fc.property(counts, steps, (count, asks) => {
        const plain = new Bench(count);
        const retried = new Bench(count);
        let now = 0;
        for (const [issue, gapMs, fails] of asks) {
          now += gapMs;
          const share = retried.share(issue);
          if (fails && retried.take(issue, now)) retried.budget.giveBack(share, share.period);
          assert.equal(retried.take(issue, now), plain.take(issue, now));
        }
      }),
    );
  });

  it("takes nothing back from a window that was not meant", () => {
    const bench = new Bench(4);
    const share = bench.share(0);
    bench.take(0, 0);
    const { period } = share;
    bench.got(times(9, 0), WINDOW_MS);

    bench.budget.giveBack(share, period);

    assert.equal(bench.take(0, WINDOW_MS), false);
  });
});

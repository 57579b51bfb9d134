import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Concurrency, type Ending } from "../../../src/pipeline/delivery/concurrency.ts";

/** A tracker that answers each request after `latencyMs`; all places are taken all the time. Returns the limit after each round. */
function rounds(
  concurrency: Concurrency,
  count: number,
  round: { fromMs: number; latencyMs: number; failing?: number },
): number[] {
  const limits: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const startedMs = round.fromMs + i * round.latencyMs;
    const { limit } = concurrency;
    concurrency.heldBack();
    // Those of one round end together: the first closes the round before, so each round is seen whole in the next.
    for (let place = 0; place < limit; place += 1) {
      const failed = place >= limit - Math.round(limit * (round.failing ?? 0));
      concurrency.ended(failed ? "failed" : "taken", startedMs, startedMs + round.latencyMs);
    }
    limits.push(concurrency.limit);
  }
  return limits;
}

describe("Concurrency", () => {
  it("starts small and doubles each round up to the maximum", () => {
    const concurrency = new Concurrency(20);
    assert.equal(concurrency.limit, 2);

    assert.deepEqual(rounds(concurrency, 5, { fromMs: 0, latencyMs: 10 }), [4, 8, 16, 20, 20]);
  });

  it("never exceeds a small maximum", () => {
    const concurrency = new Concurrency(1);
    assert.deepEqual(rounds(concurrency, 3, { fromMs: 0, latencyMs: 10 }), [1, 1, 1]);
  });

  it("does not grow while nothing is held back", () => {
    const concurrency = new Concurrency(20);
    for (let i = 0; i < 50; i += 1) concurrency.ended("taken", i * 10, i * 10 + 5);
    assert.equal(concurrency.limit, 2);
  });

  it("grows once in a round trip, not with each answer", () => {
    const concurrency = new Concurrency(64);
    rounds(concurrency, 3, { fromMs: 0, latencyMs: 10 });
    assert.equal(concurrency.limit, 16);
    concurrency.heldBack();
    // Sixteen that began before the round did.
    for (let i = 0; i < 16; i += 1) concurrency.ended("taken", 25, 35 + i);
    assert.equal(concurrency.limit, 16);
    concurrency.ended("taken", 36, 60);
    assert.equal(concurrency.limit, 32);
  });

  it("halves where all fail, once in a round, and never falls below one", () => {
    const concurrency = new Concurrency(16);
    rounds(concurrency, 4, { fromMs: 0, latencyMs: 10 });
    assert.equal(concurrency.limit, 16);
    concurrency.ended("taken", 40, 50);
    for (let i = 0; i < 15; i += 1) concurrency.ended("failed", 40, 55);
    assert.equal(concurrency.limit, 16, "they were under way before this round began");

    const limits: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      concurrency.ended("failed", 60 + i * 10, 69 + i * 10);
      limits.push(concurrency.limit);
    }

    assert.deepEqual(limits, [8, 4, 2, 1, 1, 1]);
  });

  it("grows by one a round after the first trouble", () => {
    const concurrency = new Concurrency(16);
    rounds(concurrency, 4, { fromMs: 0, latencyMs: 10 });
    concurrency.ended("failed", 100, 110);
    const before = concurrency.limit;

    assert.deepEqual(rounds(concurrency, 3, { fromMs: 110, latencyMs: 10 }).at(-1), Math.min(16, before + 3));
    assert.ok(before < 16);
  });

  it("keeps several under way when one of five fails for reasons of its own", () => {
    const concurrency = new Concurrency(16);
    rounds(concurrency, 3, { fromMs: 0, latencyMs: 10 });
    // One of five, spread evenly by a fixed sequence, as behind a balancer with a broken backend.
    let answered = 0;
    let least = Infinity;
    for (let round = 0; round < 500; round += 1) {
      const startedMs = 1_000 + round * 10;
      const { limit } = concurrency;
      concurrency.heldBack();
      for (let place = 0; place < limit; place += 1) {
        answered += 1;
        concurrency.ended(answered % 5 === 0 ? "failed" : "taken", startedMs, startedMs + 9);
      }
      least = Math.min(least, concurrency.limit);
    }
    assert.ok(least >= 2, `it fell to ${least}`);
  });

  it("shrinks when answers take far longer than they used to, and takes a lasting change as the new normal", () => {
    const concurrency = new Concurrency(16);
    rounds(concurrency, 20, { fromMs: 0, latencyMs: 20 });
    assert.equal(concurrency.limit, 16);

    const slow = rounds(concurrency, 2, { fromMs: 1_000, latencyMs: 500 });
    const later = rounds(concurrency, 40, { fromMs: 10_000, latencyMs: 500 });

    assert.ok(Math.min(...slow) < 16, slow.join(" "));
    assert.equal(later.at(-1), 16);
  });

  it("does not mind the noise of a machine nearby", () => {
    const concurrency = new Concurrency(16);
    rounds(concurrency, 20, { fromMs: 0, latencyMs: 1 });
    rounds(concurrency, 1, { fromMs: 100, latencyMs: 45 });

    assert.equal(concurrency.limit, 16);
  });

  it("learns nothing about latency from refusals", () => {
    const concurrency = new Concurrency(16);
    rounds(concurrency, 20, { fromMs: 0, latencyMs: 20 });
    for (let i = 0; i < 5; i += 1) concurrency.ended("refused", 1_000 + i * 5_000, 5_000 + i * 5_000);

    assert.equal(concurrency.limit, 16);
  });

  it("stays between one and the maximum whatever happens", () => {
    const ending = fc.constantFrom<Ending>("taken", "refused", "failed");
    const step = fc.record({ ending, startedMs: fc.nat(10_000), tookMs: fc.nat(60_000), heldBack: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), fc.array(step, { maxLength: 200 }), (max, steps) => {
        const concurrency = new Concurrency(max);
        for (const { ending: ended, startedMs, tookMs, heldBack } of steps) {
          if (heldBack) concurrency.heldBack();
          concurrency.ended(ended, startedMs, startedMs + tookMs);
          assert.ok(Number.isInteger(concurrency.limit) && concurrency.limit >= 1 && concurrency.limit <= max);
        }
      }),
    );
  });
});

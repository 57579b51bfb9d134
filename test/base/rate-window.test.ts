import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RateWindow } from "../../src/base/rate-window.ts";

describe("RateWindow", () => {
  it("lets the whole count through at once, then nothing until the first token is a window old", () => {
    const window = new RateWindow({ count: 3, perMs: 1_000 });

    const taken = [0, 1, 2, 3].map((tick) => window.take(tick));

    assert.deepEqual(taken, [true, true, true, false]);
    assert.equal(window.waitMs(3), 997);
    assert.equal(window.take(999), false);
    assert.equal(window.take(1_000), true);
  });

  it("never lets more than the count through in any window", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), steps, (count, gaps) => {
        const window = new RateWindow({ count, perMs: 1_000 });
        const passed: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          if (window.take(now)) passed.push(now);
        }
        for (const at of passed) {
          const within = passed.filter((other) => other > at - 1_000 && other <= at).length;
          assert.ok(within <= count, `${within} within a window`);
        }
      }),
    );
  });

  it("keeps the promise where things arrive, however late they do", () => {
    const delays = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), delays, (count, lateness) => {
        const window = new RateWindow({ count, perMs: 1_000 });
        const arrivals: number[] = [];
        const underWay: { readonly token: number; readonly at: number }[] = [];
        for (let now = 0; arrivals.length < lateness.length; now += 1) {
          for (const { token, at } of underWay) if (at === now) window.arrived(token, at);
          if (window.waitMs(now) > 0) continue;
          const at = now + (lateness[arrivals.length] ?? 0);
          underWay.push({ token: window.spend(now), at });
          arrivals.push(at);
        }
        for (const at of arrivals) {
          const within = arrivals.filter((other) => other > at - 1_000 && other <= at).length;
          assert.ok(within <= count, `${within} within a window`);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("keeps the promise for counts beyond its slots", () => {
    const window = new RateWindow({ count: 2_500, perMs: 60_000 });
    let passed = 0;

    for (let tick = 0; tick < 59_000; tick += 1) if (window.take(tick)) passed += 1;

    assert.ok(passed <= 2_500 && passed > 2_400, `${passed} passed`);
  });
});

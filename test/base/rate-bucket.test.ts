import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RateBucket } from "../../src/base/rate-bucket.ts";

describe("RateBucket", () => {
  it("gives a second's worth at once, and then as fast as it refills", () => {
    const bucket = new RateBucket(10, 0);
    for (let taken = 0; taken < 10; taken += 1) {
      assert.equal(bucket.waitMs(0), 0);
      bucket.take(1, 0);
    }
    assert.ok(bucket.waitMs(0) > 0);
    assert.equal(bucket.waitMs(101), 0);
    bucket.take(1, 101);
    assert.equal(bucket.waitMs(101), 99);
  });

  it("may be overdrawn, and says how long that has to be waited for", () => {
    const bucket = new RateBucket(100, 0);
    bucket.take(1_100, 0);
    assert.equal(bucket.waitMs(0), 10_010);
    assert.equal(bucket.waitMs(9_000), 1_010);
    assert.equal(bucket.waitMs(10_010), 0);
  });

  it("lets no more through than its rate, a second's worth, and what the last step took too much", () => {
    const step = fc.record({ passedMs: fc.nat(5_000), amount: fc.integer({ min: 1, max: 5_000 }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.array(step, { maxLength: 100 }), (perSecond, steps) => {
        const bucket = new RateBucket(perSecond, 0);
        let nowMs = 0;
        let taken = 0;
        let last = 0;
        for (const { passedMs, amount } of steps) {
          nowMs += passedMs;
          if (bucket.waitMs(nowMs) > 0) continue;
          bucket.take(amount, nowMs);
          taken += amount;
          last = amount;
        }
        assert.ok(taken <= perSecond * (1 + nowMs / 1_000) + last + 1e-6);
      }),
    );
  });

  it("is open again after the time that it named", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 100_000 }), (perSecond, amount) => {
        const bucket = new RateBucket(perSecond, 0);
        bucket.take(amount, 0);
        const waitMs = bucket.waitMs(0);
        assert.equal(bucket.waitMs(waitMs + 1), 0);
      }),
    );
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TimeAllowance } from "../../src/base/time-allowance.ts";

describe("TimeAllowance", () => {
  it("gives some at once, and a share of the time from then on", () => {
    const allowance = new TimeAllowance(100, 0.5, 0);
    assert.equal(allowance.has(0), true);
    allowance.take(120);
    assert.equal(allowance.has(0), false);
    assert.equal(allowance.has(40), false, "20 of the 20 that are missing have come back");
    assert.equal(allowance.has(42), true);
  });

  it("never saves up more than it gives at once", () => {
    const allowance = new TimeAllowance(100, 0.5, 0);
    assert.equal(allowance.has(1_000_000), true);
    allowance.take(100);
    assert.equal(allowance.has(1_000_000), false);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Budget } from "../../../src/queues/parts/budget.ts";

describe("Budget", () => {
  it("gives everything to a single upstream, to the byte", () => {
    const budget = new Budget(100, ["default"]);
    budget.add("default", 60);

    assert.equal(budget.fits("default", 40), true);
    assert.equal(budget.fits("default", 41), false);
    budget.remove("default", 60);
    assert.equal(budget.fits("default", 100), true);
  });

  it("keeps a share free for each other upstream", () => {
    const budget = new Budget(100, ["default", "payments"]);

    assert.equal(budget.fits("default", 75), true);
    assert.equal(budget.fits("default", 76), false);
    budget.add("default", 75);
    assert.equal(budget.fits("payments", 25), true);
    assert.equal(budget.fits("payments", 26), false);
  });

  it("says what one upstream may hold at most", () => {
    assert.equal(new Budget(100, ["default"]).maxBytesOfOne, 100);
    const shared = new Budget(100, ["default", "payments"]);
    assert.deepEqual([shared.maxBytesOfOne, shared.fits("default", 75), shared.fits("default", 76)], [75, true, false]);
  });

  it("holds bytes of an upstream that the configuration does not name", () => {
    const budget = new Budget(100, ["default", "payments"]);
    budget.add("gone", 30);

    assert.equal(budget.total, 30);
    assert.equal(budget.fits("default", 45), true);
    assert.equal(budget.fits("default", 46), false);
  });

  it("says who may be asked to make room for others", () => {
    const budget = new Budget(100, ["default", "payments"]);
    budget.add("default", 26);
    budget.add("payments", 25);

    assert.deepEqual([budget.isOver("default"), budget.isOver("payments"), budget.isOver("unknown")], [true, false, false]);
  });
});

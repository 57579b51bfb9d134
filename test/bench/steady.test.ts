import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { median, untilSteady } from "./steady.ts";

/** Slices of 100 with these rates; the last one for ever. */
function slices(...rates: readonly number[]) {
  let at = 0;
  return async () => {
    const rate = rates[Math.min(at, rates.length - 1)] ?? 0;
    at += 1;
    return { done: 100, rate };
  };
}

describe("warming up", () => {
  it("ends when two slices in a row are alike", async () => {
    assert.equal(await untilSteady(slices(10, 20, 30, 31, 90), { least: 0, most: 9 }), 4);
  });

  it("goes on until enough has been received, however alike the slices are", async () => {
    assert.equal(await untilSteady(slices(30), { least: 500, most: 9 }), 5);
  });

  it("ends on a machine that is never at rest", async () => {
    assert.equal(await untilSteady(slices(10, 20, 10, 20, 10, 20, 10, 20), { least: 0, most: 6 }), 6);
  });

  it("does not take a relay that receives nothing for a steady one", async () => {
    assert.equal(await untilSteady(slices(0), { least: 0, most: 5 }), 5);
  });
});

describe("the median", () => {
  it("is the middle one, whatever the order", () => {
    assert.equal(median([3, 900, 1]), 3);
    assert.equal(median([]), Number.NaN);
  });
});

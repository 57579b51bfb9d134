import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { growthPercent } from "../../src/base/old-space.ts";

const MIB = 1 << 20;

describe("how much the heap may grow between two collections", () => {
  it("is less where there is little memory for garbage, and left to V8 where there is enough", () => {
    assert.equal(growthPercent(1 * MIB), 20);
    assert.equal(growthPercent(32 * MIB), 50);
    assert.equal(growthPercent(64 * MIB), 100);
    assert.equal(growthPercent(112 * MIB), undefined, "as with the defaults");
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { KnownIssues } from "../../../src/pipeline/storm/known-issues.ts";

describe("KnownIssues", () => {
  it("makes an issue once", () => {
    const issues = new KnownIssues(3);

    const made = issues.recall(1, 50);

    assert.equal(made.windowMs, 50);
    assert.equal(issues.recall(1, 60), made);
    assert.equal(issues.get(1), made);
    assert.equal(issues.get(2), undefined);
  });

  it("forgets the oldest that has not come again", () => {
    const issues = new KnownIssues(3);
    for (const key of [1, 2, 3, 1, 3]) issues.recall(key, 0);

    issues.recall(4, 0);

    assert.deepEqual(
      [1, 2, 3, 4].map((key) => issues.get(key) !== undefined),
      [true, false, true, true],
    );
  });

  it("remembers one that keeps coming, whatever number of others comes once", () => {
    const issues = new KnownIssues(100);
    const hot = issues.recall(-1, 0);
    for (let key = 0; key < 5_000; key += 1) {
      issues.recall(key, 0);
      if (key % 50 === 0) issues.recall(-1, 0);
    }

    assert.equal(issues.recall(-1, 0), hot);
  });

  it("never knows more than it may, and always the last one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.nat(20)), (max, keys) => {
        const issues = new KnownIssues(max);
        for (const key of keys) {
          issues.recall(key, 0);
          assert.ok(issues.get(key) !== undefined);
          assert.ok([...new Set(keys)].filter((other) => issues.get(other) !== undefined).length <= max);
        }
      }),
    );
  });
});

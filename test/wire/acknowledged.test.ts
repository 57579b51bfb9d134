import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import { Acknowledged } from "../../src/wire/acknowledged.ts";

describe("Acknowledged", () => {
  it("counts how often each id was acknowledged", () => {
    const acknowledged = new Acknowledged();
    acknowledged.add("a");
    acknowledged.add("a");
    acknowledged.add("b");

    assert.deepEqual([acknowledged.times("a"), acknowledged.times("b"), acknowledged.times("c")], [2, 1, 0]);
  });

  it("forgets the ids that were not acknowledged for longest", () => {
    const acknowledged = new Acknowledged(2);
    for (const id of ["a", "b", "a", "c"]) acknowledged.add(id);

    assert.deepEqual([acknowledged.times("a"), acknowledged.times("b"), acknowledged.times("c")], [2, 0, 1]);
  });
});

import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import { ReadBudget } from "../../src/wire/read-budget.ts";

describe("ReadBudget", () => {
  it("lets reads pass while less than its limit is held", () => {
    const budget = new ReadBudget(10);
    const read: string[] = [];

    budget.whenRoom(() => read.push("first"));
    budget.take(10);
    budget.whenRoom(() => read.push("second"));
    assert.deepEqual(read, ["first"]);
    budget.give(1);

    assert.deepEqual(read, ["first", "second"]);
  });

  it("serves those who wait in order, and no more of them than there is room for", () => {
    const budget = new ReadBudget(10);
    const read: number[] = [];
    budget.take(20);
    for (let i = 0; i < 4; i += 1) {
      budget.whenRoom(() => {
        read.push(i);
        budget.take(6);
      });
    }

    budget.give(20);
    assert.deepEqual(read, [0, 1]);
    budget.give(6);
    assert.deepEqual(read, [0, 1, 2]);
  });

  it("forgets a read that is not wanted any more, and asks for the same one once", () => {
    const budget = new ReadBudget(10);
    const read: string[] = [];
    const [gone, twice] = [() => read.push("gone"), () => read.push("twice")];
    budget.take(10);

    assert.deepEqual(
      [gone, twice, twice].map((each) => budget.whenRoom(each)),
      [false, false, false],
    );
    budget.forget(gone);
    budget.give(10);

    assert.deepEqual(read, ["twice"]);
    assert.equal(budget.whenRoom(twice), true);
  });

  it("serves any number of reads that end at once without nesting them", () => {
    const budget = new ReadBudget(1);
    let reads = 0;
    budget.take(1);
    for (let i = 0; i < 20_000; i += 1) {
      budget.whenRoom(() => {
        reads += 1;
        budget.take(1);
        budget.give(1);
      });
    }

    budget.give(1);

    assert.equal(reads, 20_000);
  });
});

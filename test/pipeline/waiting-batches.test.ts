import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryBudget } from "../../src/base/memory-budget.ts";
import { WaitingBatches } from "../../src/pipeline/waiting-batches.ts";
import { systemClock } from "../../src/base/clock.ts";

function waiting(limit = 1_000): { budget: MemoryBudget; batches: WaitingBatches } {
  const budget = new MemoryBudget(limit);
  return { budget, batches: new WaitingBatches(budget.share(), systemClock) };
}

function pushing(): { promise: Promise<boolean>; done: (safe: boolean) => void } {
  let done: (safe: boolean) => void = () => {};
  const promise = new Promise<boolean>((resolve) => (done = resolve));
  return { promise, done };
}

describe("WaitingBatches", () => {
  it("has none wait while few events do", () => {
    const { batches } = waiting();
    batches.count(499, pushing().promise);
    assert.equal(batches.turn(), undefined);
  });

  it("lets batches on in their order, once the queue has taken enough", async () => {
    const { budget, batches } = waiting();
    const [one, two] = [pushing(), pushing()];
    batches.count(400, one.promise);
    batches.count(400, two.promise);
    assert.equal(budget.held, 800);
    const order: string[] = [];
    const turns = ["a", "b"].map(async (name) => order.push(`${name} ${await batches.turn()}`));
    one.done(true);
    await Promise.all(turns);
    assert.deepEqual([order, budget.held], [["a true", "b true"], 400]);
    two.done(false);
    await two.promise;
    assert.equal(batches.turn(), undefined);
    assert.equal(budget.held, 0, "what was given up is given back too");
  });

  it("lets no more on than there is room for what they come to", async () => {
    const { batches } = waiting();
    const [one, two] = [pushing(), pushing()];
    batches.count(500, one.promise);
    const begun: string[] = [];
    const begin = async (name: string): Promise<void> => {
      await batches.turn();
      begun.push(name);
      batches.count(500, two.promise);
    };
    const both = [begin("a"), begin("b")];
    one.done(true);
    await both[0];
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(begun, ["a"]);
    two.done(true);
    await both[1];
    assert.deepEqual(begun, ["a", "b"]);
  });

  it("tells a batch whose sender waits no longer", async () => {
    const { batches } = waiting();
    batches.count(500, pushing().promise);
    const late = batches.turn(systemClock.tickMs() + 5);
    const patient = batches.turn();
    assert.equal(await late, false);
    batches.close();
    assert.equal(await patient, false, "and all of them in the end");
  });
});

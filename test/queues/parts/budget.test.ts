import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
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
    assert.equal(new Budget(100, ["default"]).maxBytesOf("default"), 100);
    const shared = new Budget(100, ["default", "payments"]);
    assert.deepEqual([shared.maxBytesOf("default"), shared.fits("default", 75), shared.fits("default", 76)], [75, true, false]);
    assert.deepEqual([shared.maxBytesOf("guest"), shared.fits("guest", 45), shared.fits("guest", 46)], [45, true, false]);
    shared.add("guest", 1);
    assert.deepEqual([shared.maxBytesOf("default"), shared.fits("default", 68), shared.fits("default", 69)], [68, true, false]);
  });

  it("holds bytes of an upstream that the configuration does not name", () => {
    const budget = new Budget(100, ["default", "payments"]);
    budget.add("gone", 30);

    assert.equal(budget.total, 30);
    assert.equal(budget.fits("default", 54), true);
    assert.equal(budget.fits("default", 55), false);
  });

  it("leaves some room for one more guest, however much the others hold", () => {
    const budget = new Budget(1_000_000, ["default"]);
    for (let guest = 0; guest < 7; guest += 1) {
      while (budget.fits(`guest ${guest}`, 100)) budget.add(`guest ${guest}`, 100);
      assert.ok(budget.fits(`guest ${guest + 1}`, 100), `after ${guest + 1} stuck guests`);
    }
    assert.ok(budget.fits("default", 250_000));
  });

  it("forgets the names of guests that hold nothing", () => {
    const budget = new Budget(100, ["default"]);
    budget.add("guest", 10);
    budget.remove("guest", 10);

    assert.deepEqual([budget.total, budget.isOver("guest"), budget.fits("default", 75)], [0, false, true]);
  });

  it("never lets others fill the share of a configured upstream, nor of the guests once there was one", () => {
    const names = ["default", "payments", "guest 1", "guest 2", "guest 3"];
    const step = fc.record({ name: fc.constantFrom(...names), bytes: fc.integer({ min: 1, max: 400 }), out: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.constantFrom(1, 2), (steps, count) => {
        const configured = names.slice(0, count);
        const budget = new Budget(1_200, configured);
        const held = new Map<string, number>();
        // From the beginning, because a share cannot be kept free for one who was never there.
        budget.add("guest 1", 1);
        held.set("guest 1", 1);
        const share = Math.floor(1_200 / (2 * (count + 1)));
        const has = (name: string): number => held.get(name) ?? 0;
        for (const { name, bytes, out } of steps) {
          if (out) {
            const back = Math.min(bytes, has(name));
            budget.remove(name, back);
            held.set(name, has(name) - back);
          } else if (budget.fits(name, bytes)) {
            assert.ok(bytes <= budget.maxBytesOf(name));
            budget.add(name, bytes);
            held.set(name, has(name) + bytes);
          }
          for (const one of configured) {
            if (has(one) < share) assert.ok(budget.fits(one, share - has(one)), `${one} is kept from its share`);
          }
          const guests = [...held].reduce((sum, [one, used]) => sum + (configured.includes(one) ? 0 : used), 0);
          if (guests < share - 1) assert.ok(budget.fits("guest new", 1), "there is no room for a guest");
          assert.ok(budget.total <= budget.maxBytes);
        }
      }),
    );
  });

  it("says who may be asked to make room for others", () => {
    const budget = new Budget(100, ["default", "payments"]);
    budget.add("default", 26);
    budget.add("payments", 25);

    assert.deepEqual([budget.isOver("default"), budget.isOver("payments"), budget.isOver("unknown")], [true, false, false]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TrailKey } from "../../src/lanes/trail-key.ts";
import { NONE, TrailTable } from "../../src/lanes/trail-table.ts";

describe("TrailTable", () => {
  it("holds what a Map would, in the order of last use, whatever is added, used and removed", () => {
    const step = fc.tuple(fc.constantFrom("add", "touch", "remove"), fc.integer({ min: 0, max: 400 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1_500 }), (steps) => {
        const table = new TrailTable();
        const model = new Map<string, number>();
        for (const [verb, number] of steps) {
          // Some keys are longer than the room beside their neighbours.
          const key = `request_id ${String(number).repeat(number % 40)}${number}`;
          const looked = new TrailKey().write(key);
          const known = model.get(key);
          assert.equal(table.get(looked), known ?? NONE);
          if (known === undefined) {
            if (verb === "add") model.set(key, table.add(looked));
          } else if (verb !== "add") {
            model.delete(key);
            if (verb === "remove") table.remove(known);
            else {
              table.touch(known);
              model.set(key, known);
            }
          }
        }
        const byUse: string[] = [];
        for (let trail = table.oldest; trail !== NONE; trail = table.newer[trail] as number) byUse.push(table.keyOf(trail));

        assert.equal(table.size, model.size);
        assert.deepEqual(byUse, [...model.keys()]);
        for (const [key, trail] of model) assert.equal(table.get(new TrailKey().write(key)), trail);
      }),
    );
  });
});

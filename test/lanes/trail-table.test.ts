import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Trail } from "../../src/lanes/trail.ts";
import { TrailKey } from "../../src/lanes/trail-key.ts";
import { TrailTable } from "../../src/lanes/trail-table.ts";

describe("TrailTable", () => {
  it("holds what a Map would, whatever is added and removed", () => {
    const step = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 400 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1_500 }), (steps) => {
        const table = new TrailTable();
        const model = new Map<string, Trail>();
        for (const [adds, number] of steps) {
          const key = `request_id ${number}`;
          const looked = new TrailKey().write(key);
          const known = model.get(key);
          assert.equal(table.get(looked), known);
          if (adds && known === undefined) {
            const trail = new Trail(4);
            trail.reuse(looked);
            table.add(trail);
            model.set(key, trail);
          } else if (!adds && known !== undefined) {
            table.remove(known);
            model.delete(key);
          }
        }
        assert.equal(table.size, model.size);
        for (const [key, trail] of model) assert.equal(table.get(new TrailKey().write(key)), trail);
      }),
    );
  });
});

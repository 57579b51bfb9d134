import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryBudget } from "../../src/base/memory-budget.ts";
import { MemoryWatch } from "../../src/pipeline/memory-watch.ts";

const MIB = 1 << 20;

/** A process of 100 MiB at most, whose readings a test chooses. */
class Process {
  readonly budget = new MemoryBudget(16 * MIB);
  readonly told: string[] = [];
  taken = 0;
  trails = 32 * MIB;
  halved = 0;
  readonly watch = new MemoryWatch({
    maxBytes: 100 * MIB,
    takenBytes: () => this.taken,
    budget: this.budget,
    trailBytes: () => this.trails,
    halveTrails: () => {
      this.halved += 1;
      this.trails /= 2;
    },
    complain: ({ cause, message }) => this.told.push(`${cause}: ${message}`),
  });

  /** What is in force after it has looked at each of these readings, in MiB. */
  after(...readings: number[]): { shortage: number; room: number; drops: boolean } {
    for (const reading of readings) {
      this.taken = reading * MIB;
      this.watch.look();
    }
    return { shortage: this.watch.shortage, room: this.budget.limit / MIB, drops: this.budget.dropsDatagrams };
  }
}

describe("MemoryWatch", () => {
  it("does nothing while there is enough", () => {
    const one = new Process();
    assert.deepEqual(one.after(10, 84, 80, 84.9), { shortage: 0, room: 16, drops: false });
    assert.deepEqual([one.told, one.halved], [[], 0]);
  });

  it("lets go of trails and of room first, of datagrams later, and says so with the numbers", () => {
    const one = new Process();
    assert.deepEqual(one.after(86), { shortage: 1, room: 8, drops: false });
    assert.equal(one.trails, 16 * MIB);
    assert.deepEqual(one.after(96), { shortage: 2, room: 2, drops: true });
    assert.deepEqual(
      [...one.watch.counts],
      [
        ["trails", 2],
        ["room", 2],
        ["datagrams", 1],
      ],
    );
    assert.deepEqual(one.told.slice(0, 2), [
      "memory_room: 86MiB of 100MiB (max_memory) are taken: inputs have 50 % of their room, and the largest unfinished messages were given up",
      "memory_trails: 86MiB of 100MiB (max_memory) are taken: half of the trails (32MiB) was let go of, those unused for longest",
    ]);
  });

  it("goes to the last step at once when it has to", () => {
    assert.deepEqual(new Process().after(99), { shortage: 2, room: 2, drops: true });
  });

  it("comes back a mark lower, so that it does not flutter", () => {
    const one = new Process();
    assert.equal(one.after(96, 94, 91).shortage, 2);
    assert.deepEqual(one.after(89), { shortage: 1, room: 8, drops: false });
    assert.equal(one.after(84, 81).shortage, 1);
    assert.deepEqual(one.after(79), { shortage: 0, room: 16, drops: false });
    assert.equal(one.watch.counts.get("room"), 1, "to have more again is no step");
  });

  it("halves the trails again after a while, as long as memory stays short and there is something to halve", () => {
    const one = new Process();
    one.after(...Array.from({ length: 10 }, () => 86));
    assert.equal(one.halved, 1);
    one.after(86);
    assert.equal(one.halved, 2);
    one.trails = MIB - 1;
    one.after(...Array.from({ length: 30 }, () => 86));
    assert.equal(one.halved, 2);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { MemoryBudget } from "../../src/base/memory-budget.ts";
import { gunzipBounded } from "../../src/wire/gunzip.ts";
import { UnpackingRoom } from "../../src/wire/unpacking-room.ts";

const MIB = 1 << 20;
const packed = gzipSync(Buffer.alloc(8 * MIB, "a log line that repeats itself "));

describe("the room of what is unpacked", () => {
  it("may be more than half of all where nothing else is under way", async () => {
    const budget = new MemoryBudget(10 * MIB);
    const share = budget.share();
    share.hold(packed.length);
    const room = new UnpackingRoom(share, packed.length);
    const unpacked = await gunzipBounded(packed, 64 * MIB, room.take);
    assert.equal(unpacked.kind, "bytes");
    assert.equal(budget.held, packed.length + 8 * MIB);
    room.release();
    assert.equal(budget.held, packed.length);
  });

  it("is waited for where there is none, without holding any meanwhile", async () => {
    const budget = new MemoryBudget(10 * MIB);
    const share = budget.share();
    share.hold(4 * MIB);
    const room = new UnpackingRoom(share, packed.length);
    assert.equal((await gunzipBounded(packed, 64 * MIB, room.take)).kind, "no_room");
    const again = room.wait();
    assert.equal(budget.held, 4 * MIB);
    share.give(4 * MIB);
    await again;
    assert.equal((await gunzipBounded(packed, 64 * MIB, room.take)).kind, "bytes");
    room.release();
    assert.equal(budget.held, 0);
  });

  it("is given to those who waited one after the other, even beyond what is left beside others", async () => {
    const budget = new MemoryBudget(10 * MIB);
    const share = budget.share();
    share.hold(2 * MIB);
    let most = 0;
    const unpackPatiently = async (): Promise<string> => {
      const room = new UnpackingRoom(share, packed.length);
      let kind = (await gunzipBounded(packed, 64 * MIB, room.take)).kind;
      while (kind === "no_room") {
        await room.wait();
        kind = (await gunzipBounded(packed, 64 * MIB, room.take)).kind;
        most = Math.max(most, budget.held);
      }
      room.release();
      return kind;
    };
    assert.deepEqual(await Promise.all([1, 2, 3, 4].map(unpackPatiently)), ["bytes", "bytes", "bytes", "bytes"]);
    assert.equal(most, 10 * MIB, "never two of them at once");
    assert.equal(budget.held, 2 * MIB);
  });
});

import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Carry, CarryBudget } from "../../src/wire/carry.ts";

describe("Carry", () => {
  it("holds what was not read, wherever it is moved, and never writes over what was", () => {
    const step = fc.record({ chunk: fc.uint8Array({ minLength: 1, maxLength: 40 }), read: fc.nat(60), need: fc.nat(200) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const budget = new CarryBudget(1 << 20);
        const carry = new Carry(budget);
        const handedOut: { given: Buffer; copy: Buffer }[] = [];
        let unread = Buffer.alloc(0);
        for (const { chunk, read, need } of steps) {
          const before = carry.start;
          const moved = carry.append(Buffer.from(chunk), need);
          if (unread.length > 0) assert.equal(carry.start, before - moved);
          unread = Buffer.concat([unread, chunk]);
          const count = Math.min(read, unread.length);
          const given = carry.bytes.subarray(carry.start, carry.start + count);
          handedOut.push({ given, copy: Buffer.from(given) });
          carry.start += count;
          unread = unread.subarray(count);
          const at = carry.start - carry.settle();
          assert.equal(carry.start, unread.length === 0 ? 0 : at);
          assert.deepEqual(carry.bytes.subarray(carry.start, carry.end), unread);
        }
        for (const { given, copy } of handedOut) assert.deepEqual(given, copy);
        carry.release();
        assert.equal(budget.take(1 << 20), true, "the budget has everything back");
      }),
    );
  });

  it("does not copy what is read in one piece", () => {
    const carry = new Carry(new CarryBudget(1_000));
    const chunk = Buffer.from("whole");
    carry.append(chunk);

    assert.equal(carry.bytes, chunk);
  });

  it("lets go of a large buffer for a small rest", () => {
    const carry = new Carry(new CarryBudget(100));
    carry.append(Buffer.alloc(10_000));
    carry.start = 9_990;

    assert.equal(carry.settle(), 9_990);
    assert.equal(carry.bytes.length, 10);
  });

  it("copies a long message a few times at most, however small its pieces", () => {
    const carry = new Carry(new CarryBudget(1 << 24));
    const buffers = new Set<Buffer>();
    for (let i = 0; i < 5_000; i += 1) {
      carry.append(Buffer.alloc(1_000));
      carry.settle();
      buffers.add(carry.bytes);
    }

    assert.equal(carry.end - carry.start, 5_000_000);
    assert.ok(buffers.size < 20, `${buffers.size} buffers`);
  });

  it("gives up what the budget has no room for", () => {
    const budget = new CarryBudget(100);
    const carry = new Carry(budget);
    carry.append(Buffer.alloc(101));

    assert.equal(carry.settle(), -1);
    assert.equal(carry.end - carry.start, 0);
    assert.equal(budget.take(100), true);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { plainEnd } from "../../src/scan/plain.ts";

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e && byte !== 0x22 && byte !== 0x5c;
}

function endOf(bytes: Buffer, start: number, end: number): number {
  return plainEnd(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), start, end);
}

describe("plainEnd", () => {
  it("stops at each byte that does not stand for itself, wherever it lies, and at no other", () => {
    for (let byte = 0; byte < 256; byte += 1) {
      for (let place = 0; place < 9; place += 1) {
        const bytes = Buffer.from("abcdefghij");
        bytes[place] = byte;
        assert.equal(endOf(bytes, 0, 9), isPlain(byte) ? 9 : place, `0x${byte.toString(16)} at ${place}`);
      }
    }
  });

  it("agrees with a look at every byte", () => {
    const byte = fc.oneof(fc.integer({ min: 0x1e, max: 0x24 }), fc.integer({ min: 0x5a, max: 0x82 }), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), fc.nat(40), fc.nat(40), (content, from, to) => {
        const bytes = Buffer.from(content);
        const [start, end] = [Math.min(from, bytes.length), Math.min(to, bytes.length)];
        let expected = start;
        while (expected < end && isPlain(bytes[expected] as number)) expected += 1;
        assert.equal(endOf(bytes, start, end), expected);
      }),
    );
  });
});

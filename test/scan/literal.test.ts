import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decimalAt, Literal, plainStringEnd, wordEnd } from "../../src/scan/literal.ts";

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const few = fc.uint8Array({ min: 0x60, max: 0x63, maxLength: 24 });

describe("Literal", () => {
  it("stands exactly where its bytes do, and never beyond the end", () => {
    fc.assert(
      fc.property(few, few, fc.nat(24), fc.nat(24), (bytes, wanted, at, end) => {
        const limit = Math.min(end, bytes.length);
        const stands = at + wanted.length <= limit && Buffer.from(bytes.subarray(at, at + wanted.length)).equals(wanted);

        assert.equal(new Literal(Buffer.from(wanted)).stands(viewOf(bytes), at, limit), stands);
      }),
      { numRuns: 2_000 },
    );
  });

  it("stands where it was written, with everything around it as it was", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(9), (bytes, at) => {
        const to = new Uint8Array(at + bytes.length + 9).fill(7);
        const literal = new Literal(Buffer.from(bytes));

        assert.equal(literal.write(viewOf(to), at), at + bytes.length);
        assert.ok(literal.stands(viewOf(to), at, to.length));
        assert.deepEqual([...to], [...Array(at).fill(7), ...bytes, ...Array(9).fill(7)]);
      }),
    );
  });
});

describe("plainStringEnd", () => {
  it("is at the first quote, where nothing before it needs more than copying", () => {
    const byte = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
      fc.constantFrom(0x22, 0x5c, 0x7f, 0x80, 0xff, 0x1f, 0),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), fc.nat(4), (bytes, start) => {
        const found = Buffer.from(bytes)
          .toString("latin1")
          .slice(start)
          .search(/[^ !#-[\]-~]/);
        const end = found >= 0 && bytes[start + found] === 0x22 ? start + found : -1;

        assert.equal(plainStringEnd(viewOf(Uint8Array.from(bytes)), Math.min(start, bytes.length), bytes.length), end);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("wordEnd", () => {
  for (const [text, end] of [
    ["-1.5e+7,", 7],
    ["true}", 4],
    ["false", 5],
    ["null ]", 4],
    ['"a"', 0],
    ["", 0],
  ] as const) {
    it(`is at ${end} in ${JSON.stringify(text)}`, () => {
      assert.equal(wordEnd(viewOf(Buffer.from(text)), 0, text.length), end);
    });
  }
});

describe("decimalAt", () => {
  const at = (text: string): number => decimalAt(viewOf(Buffer.from(text)), 0, text.length);

  it("is the double that JSON.parse makes, or says that it does not know", () => {
    const digits = fc.stringMatching(/^(0|[1-9]\d{0,16})(\.\d{1,16})?$/);
    fc.assert(
      fc.property(digits, (text) => {
        const value = at(text);

        if (!Number.isNaN(value)) assert.equal(value, JSON.parse(text));
        else assert.ok(text.length > 15);
      }),
      { numRuns: 5_000 },
    );
  });

  it("knows nothing but digits with perhaps a fraction", () => {
    for (const text of ["", "-1", "01", "00", "1.", ".5", "1.2.3", "1e3", "+1", "0x1", " 1", "true", "1_0"])
      assert.ok(Number.isNaN(at(text)), text);
    assert.deepEqual(["0", "7", "0.5", "1767323045.25"].map(at), [0, 7, 0.5, 1_767_323_045.25]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { clip, clipBytes, clipLong, depthOf, fitsBytes, oneLine } from "../../src/sentry/bounds.ts";

const MEGABYTE = 1 << 20;

describe("bounds", () => {
  it("keeps what fits as it is", () => {
    assert.equal(clip("abc", 3), "abc");
    assert.equal(clipLong("x".repeat(100), 100), "x".repeat(100));
    assert.equal(clipBytes("é".repeat(50), 100), "é".repeat(50));
  });

  it("marks what it cut", () => {
    assert.equal(clip("abcdefgh", 6), "abc...");
    assert.equal(clipLong("x".repeat(1_000), 100), `${"x".repeat(75)}... [925 more characters]`);
    assert.match(clipBytes("é".repeat(1_000), 100), /^é+\.\.\. \[9\d\d more characters\]$/);
  });

  it("never splits a surrogate pair", () => {
    assert.equal(clip("ab😀defgh", 6), "ab...");
    for (const cut of [clipLong("😀".repeat(100), 101), clipBytes("😀".repeat(100), 101)]) {
      assert.equal(Buffer.from(cut).toString(), cut);
    }
  });

  it("holds its limits for any text", () => {
    const texts = fc.oneof(fc.string({ unit: "binary", maxLength: 2_000 }), fc.string({ unit: "grapheme", maxLength: 2_000 }));
    fc.assert(
      fc.property(texts, fc.integer({ min: 100, max: 1_000 }), (text, limit) => {
        assert.ok(clip(text, limit).length <= limit);
        assert.ok(clipLong(text, limit).length <= limit);
        assert.ok(Buffer.byteLength(clipBytes(text, limit)) <= limit);
        assert.equal(fitsBytes(text, limit), Buffer.byteLength(text) <= limit);
      }),
    );
  });

  it("holds its limit where the mark makes the number in it longer", () => {
    for (let length = 8_193; length < 8_300; length += 1)
      assert.ok(clipLong("x".repeat(length), 8_192).length <= 8_192, `${length}`);
    for (const length of [9_191, 9_192, 18_191, 18_192, 108_191]) {
      for (const unit of ["x", "😀"]) assert.ok(clipLong(unit.repeat(length), 8_192).length <= 8_192, `${length}`);
    }
  });

  it("says how many characters are missing", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 200, maxLength: 5_000 }), (text) => {
        const [, kept = "", count = ""] = /^([^]*)\.\.\. \[(\d+) more characters\]$/.exec(clipLong(text, 150)) ?? [];
        assert.equal(kept.length + Number(count), text.length);
      }),
    );
  });

  it("cuts a megabyte of anything", () => {
    for (const unit of ["x", "é", "漢", "\u0000", "\n"]) {
      const text = unit.repeat(MEGABYTE);
      assert.ok(Buffer.byteLength(clipBytes(text, 16_384)) <= 16_384);
      assert.ok(clipLong(text, 8_192).length <= 8_192);
    }
  });

  it("makes one line of many", () => {
    assert.equal(oneLine("a\r\n\r\nb\u2028c"), "a b c");
    assert.equal(oneLine("\n".repeat(MEGABYTE)), " ");
  });

  it("measures depth as far as it is asked to", () => {
    assert.equal(depthOf("x", 5), 0);
    assert.equal(depthOf([], 5), 1);
    assert.equal(depthOf({ a: [1, { b: 2 }] }, 5), 3);
    assert.equal(depthOf([[[[[[[[1]]]]]]]], 3), 4);
  });
});

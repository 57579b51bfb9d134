import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { isInMark, isMark, marker, markEnd } from "../../../src/processors/scrub/mark.ts";

describe("marker", () => {
  it("shows nothing of the secret", () => {
    assert.equal(marker(false, "")("hunter2"), "[Filtered]");
  });

  it("shows 8 digits of the hash, the same for the same secret", () => {
    const expected = createHash("sha256").update("hunter2").digest("hex").slice(0, 8);
    assert.equal(marker(true, "")("hunter2"), `[Filtered:${expected}]`);
    assert.notEqual(marker(true, "")("hunter3"), marker(true, "")("hunter2"));
  });

  it("takes a key into the hash", () => {
    const expected = createHmac("sha256", "k").update("hunter2").digest("hex").slice(0, 8);
    assert.equal(marker(true, "k")("hunter2"), `[Filtered:${expected}]`);
  });
});

describe("marks", () => {
  it("are known when they stand alone", () => {
    for (const mark of ["[Filtered]", "[Filtered:0123abcd]"]) assert.equal(isMark(mark), true);
    for (const text of ["", "Filtered", "[Filtered", "[Filtered]x", "[Filtered:xyz]", "[Filtered:0123abcde]"])
      assert.equal(isMark(text), false);
  });

  it("are known inside a text", () => {
    const text = "a [Filtered] b [Filtered:0123abcd] c [Filtered";
    assert.equal(markEnd(text, 2), 12);
    assert.equal(markEnd(text, 15), 34);
    assert.equal(markEnd(text, 0), 0);
    assert.equal(markEnd(text, 37), 37);
    assert.equal(isInMark(text, 3, 11), true);
    assert.equal(isInMark(text, 2, 12), true);
    assert.equal(isInMark(text, 24, 25), true);
    assert.equal(isInMark(text, 3, 13), false);
    assert.equal(isInMark(text, 0, 1), false);
    assert.equal(isInMark(text, 38, 40), false);
  });
});

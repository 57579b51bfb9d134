import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { letterId, readLetterId, shortOf } from "../../../src/pipeline/dead-letters/letter-id.ts";

const year = { min: Date.UTC(1970), max: Date.UTC(9999) };

describe("the id of a dead letter", () => {
  it("says when the letter died, and is read back", () => {
    fc.assert(
      fc.property(fc.integer(year), fc.integer({ min: 0, max: 0xffff_ffff }), (diedMs, number) => {
        const short = number.toString(16).padStart(8, "0");
        assert.deepEqual(readLetterId(letterId(diedMs, short)), { diedMs, short });
      }),
    );
    assert.equal(letterId(Date.UTC(2026, 10, 20, 13, 21, 42, 123), "1a2b3c4d"), "20261120T132142123Z-1a2b3c4d");
  });

  it("sorts by time", () => {
    fc.assert(
      fc.property(fc.integer(year), fc.integer(year), (a, b) => {
        assert.equal(letterId(a, "00000000") < letterId(b, "00000000"), a < b);
      }),
    );
  });

  it("is not what has no such time, or tries to leave the directory", () => {
    for (const name of [
      "",
      "..",
      "20261399T132142123Z-1a2b3c4d",
      "../20261120T132142123Z-1a2b3c4d",
      "20261120T132142123Z-1A2B3C4D",
    ]) {
      assert.equal(readLetterId(name), undefined, name);
    }
  });

  it("begins with the event id where there is one", () => {
    assert.equal(shortOf("0123456789abcdef0123456789abcdef"), "01234567");
    assert.equal(shortOf(""), undefined);
    assert.equal(shortOf("../../..aa"), undefined);
  });
});

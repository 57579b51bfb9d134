import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { parse } from "yaml";
import { coreScalar } from "../../src/config/core-scalar.ts";

describe("coreScalar", () => {
  it("reads numbers, booleans and null as YAML does without quotes", () => {
    assert.deepEqual(
      ["", "~", "null", "true", "False", "12", "-1.5e3", ".5", "5.", "0x1F", "0o17", ".inf", "-.Inf", ".nan"].map(coreScalar),
      [null, null, null, true, false, 12, -1500, 0.5, 5, 31, 15, Infinity, -Infinity, Number.NaN],
    );
  });

  it("keeps as text what YAML 1.2 reads as text", () => {
    const texts = ["off", "yes", "1_000", "12s", "64KiB", "+", ".", "e3", "0b1", "1.2.3", "tRue"];
    assert.deepEqual(texts.map(coreScalar), texts);
  });

  it("agrees with the YAML parser on anything made of a number's letters", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."0123456789.eE+-xofaFntrul".split("")), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(letters, (text) => {
        // A dash alone opens a list, three of them a document.
        fc.pre(!/^-+$/.test(text));
        assert.deepEqual(coreScalar(text), parse(`a: ${text}`)["a"]);
      }),
      { numRuns: 600 },
    );
  });
});

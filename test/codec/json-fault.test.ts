import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { faultOf } from "../../src/codec/json-fault.ts";

describe("faultOf", () => {
  it("finds none in JSON", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.equal(faultOf(text), undefined);
      }),
    );
  });

  it("finds one in every JSON object that is cut short", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (object, seed) => {
        const text = JSON.stringify(object);
        const cut = text.slice(0, seed % text.length);
        const fault = faultOf(cut);
        assert.ok(fault !== undefined && fault.at <= cut.length);
      }),
    );
  });

  it("is as lenient as the repair", () => {
    for (const text of ["[1,]", '{"a":1,}', '{"a":NaN}', '{"a":-Infinity}', '{"a":"\n"}']) assert.equal(faultOf(text), undefined);
  });
});

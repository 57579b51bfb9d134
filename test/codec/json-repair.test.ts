import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { repairJson } from "../../src/codec/json-repair.ts";

describe("repairJson", () => {
  it("leaves good JSON alone", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.equal(repairJson(text), text);
      }),
    );
  });

  it("escapes raw control characters inside strings, whatever they are", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCharCode(code)) }), (text) => {
        const raw = `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
        assert.equal(JSON.parse(repairJson(raw)), text);
      }),
    );
  });

  it("removes one comma before a closing bracket and no other", () => {
    assert.equal(repairJson("[1,2 ,\n]"), "[1,2 \n]");
    assert.equal(repairJson("[1,,]"), "[1,]");
    assert.equal(repairJson('{"a":",}",}'), '{"a":",}"}');
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { terminalJson } from "../../src/base/json-line.ts";

describe("JSON for a terminal", () => {
  it("escapes what JSON leaves alone and a terminal may obey", () => {
    assert.equal(terminalJson(JSON.stringify("\u009b31m\u007f\u2028\u202e")), '"\\u009b31m\\u007f\\u2028\\u202e"');
  });

  it("means the same as before", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const json = JSON.stringify(value);
        assert.deepEqual(JSON.parse(terminalJson(json)), JSON.parse(json));
      }),
    );
  });
});

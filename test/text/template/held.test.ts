import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { valuesIn } from "../../../src/text/template/held.ts";

describe("valuesIn", () => {
  it("finds what stands where a template is open", () => {
    assert.deepEqual(valuesIn("parcel {Id} lost near {City}", "parcel abc lost near Berlin"), ["abc", "Berlin"]);
    assert.deepEqual(valuesIn("%s took %.2f ms (%(why)s)", "job 7 took 3.10 ms (slow)"), ["job 7", "3.10", "slow"]);
    assert.deepEqual(valuesIn("{@order,-10:0.0}", "x"), ["x"]);
    assert.deepEqual(valuesIn("{a}{b}.", "xy."), ["", "xy"]);
  });

  it("finds nothing where the message is none of that template", () => {
    for (const [template, message] of [
      ["order_lost", "order_lost"],
      ["order {Id} is lost", "basket 7 is lost"],
      ["order {Id} is lost", "order 7 is found"],
      ["a{x}bb", "ab"],
      ["100% sure", "100% sure"],
      ["{x}".repeat(60), "x".repeat(60)],
    ] as const)
      assert.deepEqual(valuesIn(template, message), [], template);
  });

  it("gives back values that hold nothing of the text between them", () => {
    const value = fc.stringMatching(/^[a-z0-9]{1,12}$/);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 10 }), (values) => {
        const template = values.map((_, i) => `{v${i}}`).join(" | ");
        assert.deepEqual(valuesIn(template, values.join(" | ")), values);
      }),
    );
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { printedOf, renderTemplate } from "../../src/codec/message-template.ts";

const values: Record<string, unknown> = { Name: "Ada", Count: 3, Order: { Id: 7 }, Ok: true };
const render = (template: string, renderings?: unknown) => renderTemplate(template, (name) => values[name], renderings);

describe("renderTemplate", () => {
  it("puts values into their places", () => {
    assert.equal(render("{Name} has {Count} of {@Order}, {$Ok}"), 'Ada has 3 of {"Id":7}, true');
  });

  it("takes the given renderings for values with a format, in order", () => {
    assert.equal(render("{Count:000} {Name} {Count,-5:0.0}", ["003", "3.0"]), "003 Ada 3.0");
    assert.equal(render("{Count:000}", undefined), "3");
  });

  it("leaves what has no value, and undoubles braces", () => {
    assert.equal(render("{Missing} {{Name}} {not a name} {"), "{Missing} {Name} {not a name} {");
  });

  it("bounds the message", () => {
    const long = renderTemplate("{A}".repeat(100), () => "x".repeat(10_000), undefined);
    assert.equal(long.length, 65_536);
    assert.ok(long.endsWith("..."));
  });

  it("answers on a hostile template of 1 MiB", () => {
    for (const part of ["{", "}", "{a", "{a,", "{a:", "{@", "{{"])
      assert.ok(render(part.repeat((1 << 20) / part.length)).length > 0);
  });
});

describe("printedOf", () => {
  it("puts Python's arguments into their message, and keeps the template", () => {
    assert.deepEqual(printedOf("parcel %s lost near %s", ["abc", "Berlin"]), {
      template: "parcel %s lost near %s",
      text: "parcel abc lost near Berlin",
    });
    assert.equal(printedOf("%(who)s is 100%% sure", [{ who: "Ada" }])?.text, "Ada is 100% sure");
    assert.equal(printedOf("%(who)s left", { who: "Ada" })?.text, "Ada left");
    assert.equal(printedOf("%s of %s", ["one"])?.text, "one of %s");
  });

  it("is nothing where there is no template, or nothing to put into it", () => {
    for (const [msg, args] of [
      ["plain", ["a"]],
      ["100% sure", ["a"]],
      ["%s", []],
      ["%s", null],
      ["%s", undefined],
      [5, ["a"]],
    ] as const)
      assert.equal(printedOf(msg, args), undefined, String(msg));
  });
});

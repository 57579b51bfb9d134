import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { JsonView } from "../../src/sentry/json-view.ts";

describe("JSON view", () => {
  it("reads what is there", () => {
    const view = JsonView.parse('{"a":{"b":[1,"x",true,{"c":null}]}}');
    const [one, text, yes, object] = view.get("a").get("b").list;
    assert.deepEqual([one?.number, text?.text, yes?.isTrue, object?.text], [1, "x", true, '{"c":null}']);
    assert.deepEqual(
      view.members.map(([name]) => name),
      ["a"],
    );
    assert.equal(view.get("a").isPresent, true);
  });

  it("reads what is missing, or of another type, as empty", () => {
    for (const json of ["", "null", "7", '"x"', "[]", "{"]) {
      const view = JsonView.parse(json).get("a").get("b");
      assert.deepEqual(
        [view.text, view.number, view.isTrue, view.isPresent, view.list, view.members],
        ["", undefined, false, false, [], []],
      );
    }
  });

  it("does not find what every object inherits", () => {
    assert.equal(JsonView.parse("{}").get("toString").isPresent, false);
    assert.equal(JsonView.parse("{}").get("__proto__").isPresent, false);
  });
});

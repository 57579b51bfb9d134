import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FieldNames } from "../../../src/processors/scrub/field-names.ts";
import { SecretNames } from "../../../src/processors/scrub/names.ts";

describe("FieldNames", () => {
  const asked: string[] = [];
  const names = new FieldNames(new SecretNames([], ["my hunter2 name"]), (name) => {
    asked.push(name);
    return name.replaceAll("hunter2", "#");
  });

  it("says what a name means and how it is written without secrets", () => {
    assert.deepEqual([names.get("password").kind.secret, names.get("password").written], [true, undefined]);
    assert.deepEqual([names.get("hunter2 of bob").kind.secret, names.get("hunter2 of bob").written], [false, "# of bob"]);
    assert.equal(names.get("my hunter2 name").written, undefined);
    assert.deepEqual(
      ["rawHeaders", "req.headers", "header"].map((name) => names.get(name).flat),
      [true, true, false],
    );
  });

  it("looks at a name once, however many others come between, and at no short one", () => {
    asked.length = 0;
    for (let turn = 0; turn < 3; turn++) for (const name of ["a name that is long", "short"]) names.get(name);
    assert.deepEqual(asked, ["a name that is long"]);
    for (let index = 0; index < 10_000; index++) names.get(`a name of its own ${index}`);
    assert.equal(names.get("hunter2 of bob").written, "# of bob");
  });

  it("reads endless names, and remembers none of them", () => {
    const long = `hunter2 ${"x".repeat(10_000)}`;
    asked.length = 0;
    for (let turn = 0; turn < 2; turn++) assert.equal(names.get(long).written, long.replace("hunter2", "#"));
    assert.equal(asked.length, 2);
  });
});

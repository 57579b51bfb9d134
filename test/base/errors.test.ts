import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { codeOf, messageOf, RelayError } from "../../src/base/errors.ts";

describe("codeOf", () => {
  it("names what a system or library error says of itself", () => {
    assert.throws(
      () => readFileSync("/no/such/file"),
      (thrown) => codeOf(thrown) === "ENOENT",
    );
    assert.equal(codeOf(new RelayError("RELAY_USAGE", "no")), "RELAY_USAGE");
  });

  it("is empty for everything else that may be thrown", () => {
    for (const thrown of [new Error("x"), { code: 7 }, "ENOENT", null, undefined]) assert.equal(codeOf(thrown), "");
  });
});

describe("messageOf", () => {
  it("has a text for anything that may be thrown", () => {
    assert.deepEqual([new Error("full"), "full", 7, undefined].map(messageOf), ["full", "full", "7", "undefined"]);
  });
});

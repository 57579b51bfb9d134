import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nearest } from "../../src/config/nearest.ts";

describe("nearest", () => {
  it("finds the word behind a slip of the fingers", () => {
    const known = ["gelf_tcp", "gelf_udp", "forward", "listen", "max_age"];
    assert.equal(nearest("gelf_upd", known), "gelf_udp");
    assert.equal(nearest("forwrad", known), "forward");
    assert.equal(nearest("lisen", known), "listen");
    assert.equal(nearest("maxage", known), "max_age");
  });

  it("forgives other spellings and other lengths of a word", () => {
    assert.equal(nearest("Max-Age", ["max_age"]), "max_age");
    assert.equal(nearest("warn", ["error", "warning"]), "warning");
    assert.equal(nearest("label", ["labels"]), "labels");
  });

  it("offers nothing that only looks alike by chance", () => {
    assert.equal(nearest("kafka", ["forward", "stdin", "file"]), undefined);
    assert.equal(nearest("x", ["y"]), undefined);
    assert.equal(nearest("", ["a"]), undefined);
    assert.equal(nearest("abc", []), undefined);
  });
});

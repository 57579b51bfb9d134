import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { interpolate, type Environment } from "../../src/config/interpolate.ts";

function text(written: string, env: Environment = {}): string {
  const { text, problems } = interpolate(written, env);
  assert.deepEqual(problems, []);
  return text;
}

function problem(written: string, env: Environment = {}): string {
  const { problems } = interpolate(written, env);
  assert.equal(problems.length, 1);
  return problems[0]?.message ?? "";
}

describe("interpolate", () => {
  it("replaces variables wherever they stand", () => {
    assert.equal(text("${A}", { A: "1" }), "1");
    assert.equal(text("http://${HOST}:${PORT}/", { HOST: "db", PORT: "80" }), "http://db:80/");
  });

  it("takes the default for an unset and for an empty variable", () => {
    assert.equal(text("${A:-b}"), "b");
    assert.equal(text("${A:-b}", { A: "" }), "b");
    assert.equal(text("${A:-b}", { A: "a" }), "a");
    assert.equal(text("[${A:-}]"), "[]");
    assert.equal(text("${A:-http://x:80/?a=b c}"), "http://x:80/?a=b c");
  });

  it("keeps the empty text of a variable that is set to it", () => {
    assert.equal(text("[${A}]", { A: "" }), "[]");
  });

  it("reads variables inside defaults", () => {
    assert.equal(text("${A:-${B:-c}}d"), "cd");
    assert.equal(text("${A:-${B:-c}}d", { B: "b" }), "bd");
    assert.equal(text("${A:-${B:-c}}d", { A: "a" }), "ad");
  });

  it("asks nothing of a default that is not needed", () => {
    assert.equal(text("${A:-${UNSET}}", { A: "a" }), "a");
  });

  it("does not read again what a variable holds", () => {
    assert.equal(text("${A}", { A: "${B} $${C}" }), "${B} $${C}");
  });

  it("leaves dollars alone that open no variable", () => {
    assert.equal(text("^a$|$HOME|$$|$1"), "^a$|$HOME|$$|$1");
    assert.equal(text("$${A} and $${"), "${A} and ${");
  });

  it("names the variables whose values it took, and no others", () => {
    assert.deepEqual(interpolate("${A}${B:-x}${C:-y}", { A: "1", C: "3" }).variables, ["A", "C"]);
  });

  it("says which variable is not set, and where", () => {
    const { problems } = interpolate("ab${A}${B}", {});
    assert.deepEqual(
      problems.map(({ at, message }) => [at, message]),
      [
        [2, "the variable A is not set"],
        [6, "the variable B is not set"],
      ],
    );
    assert.equal(problems[0]?.hint, "set it, or give a default: ${A:-...}");
  });

  it("says what the author of ${VAR:?message} wanted said", () => {
    assert.equal(problem("${A:?the key of the shop}"), "the variable A is not set: the key of the shop");
    assert.equal(problem("${A:?the key}", { A: "" }), "the variable A is empty: the key");
    assert.equal(problem("${A:?}"), "the variable A is not set");
    assert.equal(text("${A:?the key}", { A: "a" }), "a");
  });

  it("finds fault with anything else that begins like a variable", () => {
    for (const written of ["${}", "${1}", "${a b}", "${A-b}", "${A", "x${"]) assert.match(problem(written), /is no variable$/);
    assert.equal(problem("${A:-b"), "the variable A has no closing }");
    assert.equal(problem("${A:-${B:-c}"), "the variable A has no closing }");
    assert.equal(problem("${A:-".repeat(9)), "variables are nested too deeply");
  });

  it("takes no variable from a prototype", () => {
    assert.equal(problem("${constructor}"), "the variable constructor is not set");
  });

  it("holds for any text: no throw, and no change without a dollar and brace", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("$", "{", "}", "A", ":", "-", "?", " ") }), (written) => {
        const { text, problems } = interpolate(written, { A: "a" });
        if (!written.includes("${")) assert.equal(text, written);
        assert.ok(problems.every(({ at }) => written.startsWith("${", at)));
      }),
    );
  });

  it("gets through a hostile value of a megabyte", () => {
    assert.equal(interpolate("${A:-".repeat(200_000), {}).problems.length, 1);
    assert.equal(text("$".repeat(1 << 20)).length, 1 << 20);
  });
});

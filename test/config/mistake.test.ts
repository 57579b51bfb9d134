import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatMistake, formatPath, isWithin, sortMistakes } from "../../src/config/mistake.ts";

const MISTAKE = { file: "relay.yml", line: 3, col: 11, path: "lanes", message: "expected at least 1, got 0", hint: undefined };

describe("formatMistake", () => {
  it("writes position, path, message and hint in one line", () => {
    assert.equal(formatMistake(MISTAKE), "relay.yml:3:11 lanes: expected at least 1, got 0");
    assert.equal(formatMistake({ ...MISTAKE, hint: "try 1" }), "relay.yml:3:11 lanes: expected at least 1, got 0 (try 1)");
  });

  it("leaves out what there is not", () => {
    assert.equal(formatMistake({ ...MISTAKE, line: 0, col: 0, path: "" }), "relay.yml expected at least 1, got 0");
  });
});

describe("formatPath", () => {
  it("writes names with dots and indices in brackets", () => {
    assert.equal(formatPath(["processors", 1, "rules", 0, "upstream"]), "processors[1].rules[0].upstream");
    assert.equal(formatPath([]), "");
  });
});

describe("isWithin", () => {
  it("takes a path to lie within itself and its ancestors", () => {
    assert.ok(isWithin(["a", 1, "b"], ["a", 1]));
    assert.ok(isWithin(["a"], ["a"]));
    assert.ok(!isWithin(["a"], ["a", 1]));
    assert.ok(!isWithin(["a", 2], ["a", 1]));
  });
});

describe("sortMistakes", () => {
  it("goes from top to bottom and from left to right", () => {
    const at = (line: number, col: number) => ({ ...MISTAKE, line, col });
    assert.deepEqual(sortMistakes([at(10, 1), at(9, 4), at(9, 2)]), [at(9, 2), at(9, 4), at(10, 1)]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { marker } from "../../../src/processors/scrub/mark.ts";
import { SecretNames } from "../../../src/processors/scrub/names.ts";
import { mistakeOf, OwnPatterns, type OwnPattern } from "../../../src/processors/scrub/own-patterns.ts";
import { TextScrubber } from "../../../src/processors/scrub/text.ts";

function scrub(patterns: OwnPattern[], text: string): string {
  const parts = { names: new SecretNames(), mark: marker(false, ""), count: () => undefined };
  return new TextScrubber({ ...parts, own: new OwnPatterns(patterns) }).scrub(text);
}

describe("OwnPatterns", () => {
  it("replaces every match with the mark", () => {
    assert.equal(
      scrub([{ name: "customer", pattern: "KD-\\d{6}" }], "KD-123456 and KD-654321 but KD-12"),
      "[Filtered] and [Filtered] but KD-12",
    );
  });

  it("replaces with a text of the person's own, groups included", () => {
    const own = { name: "mail", pattern: "(\\w+)@(\\w+\\.\\w+)", replace: "$$1=***@$2" };
    assert.equal(
      scrub([own], "from bob@example.com to al@example.org"),
      "from $1=***@example.com to ***@example.org".replace("to ", "to $1="),
    );
  });

  it("leaves out a group that took no part", () => {
    assert.equal(scrub([{ name: "x", pattern: "a(b)?c", replace: "<$1>" }], "ac abc"), "<> <b>");
  });

  it("still scrubs what a replacement brings in", () => {
    assert.equal(scrub([{ name: "x", pattern: "SECRET (\\w+)", replace: "password=$1" }], "SECRET abc"), "password=[Filtered]");
  });

  it("does not find its own marks again", () => {
    for (const pattern of ["\\w{5,}", "[A-Z][a-z]+", "Filtered", "\\[.*?\\]"]) {
      const own = [{ name: "x", pattern }];
      const once = scrub(own, "an Ordinary sentence [with] words");
      assert.equal(scrub(own, once), once, pattern);
    }
  });

  it("matches nothing where a pattern matches the empty text", () => {
    assert.equal(scrub([{ name: "x", pattern: "\\b" }], "a b"), "a b");
  });

  it("gets through hostile lines of 1 MiB", () => {
    for (const pattern of ["(a+)+b", "(a|a)*b", "a.*b.*c", "(\\w+\\s?)+x"]) {
      assert.equal(typeof scrub([{ name: "x", pattern }], "a ab".repeat(1 << 18)), "string");
    }
  });
});

describe("mistakeOf", () => {
  const mistakes: [OwnPattern, RegExp][] = [
    [{ name: "x", pattern: "(" }, /missing closing/],
    [{ name: "x", pattern: "a(?<=b)" }, /RE2/],
    [{ name: "x", pattern: "" }, /empty/],
    [{ name: "x", pattern: "a*" }, /matches the empty text/],
    [{ name: "x", pattern: "\\b" }, /matches the empty text/],
    [{ name: "x", pattern: "a+", replace: "aaa" }, /matches its own replacement/],
  ];
  for (const [own, expected] of mistakes)
    it(`says what is wrong with ${own.pattern}`, () => assert.match(mistakeOf(own) ?? "", expected));

  it("has nothing to say about good ones", () => {
    assert.equal(mistakeOf({ name: "x", pattern: "KD-\\d+" }), undefined);
    assert.equal(mistakeOf({ name: "x", pattern: "a+", replace: "b" }), undefined);
    assert.equal(mistakeOf({ name: "x", pattern: "(a)b", replace: "$1b" }), undefined);
  });
});

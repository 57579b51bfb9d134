import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startsOther, valueAt } from "../../../src/processors/scrub/value.ts";

describe("valueAt", () => {
  const words: [string, string][] = [
    ["hunter2 rest", "hunter2"],
    ["hunter2", "hunter2"],
    ["a,b,c rest", "a,b,c"],
    ["a, b", "a"],
    ["a;x=1", "a"],
    ["a&b=1", "a"],
    ["a&b", "a&b"],
    ["a|b|c=1", "a|b"],
    ["a) b", "a"],
    ["a)b c", "a)b"],
    ["f(x)g) h", "f(x)g"],
    ['a"', "a"],
    ['a"b', 'a"b'],
    ["a' b", "a"],
    ["a<br>", "a"],
    ["a>b", "a"],
    ["a\\nb", "a"],
    ["a\\u0026b", "a"],
    ['a\\"}', "a"],
    ["DOMAIN\\pass", "DOMAIN\\pass"],
    ["[Filtered] x", "[Filtered]"],
    ["[Filtered]&x=1", "[Filtered]"],
    ["[Filtered]more x", "[Filtered]more"],
    ["${VAR} x", "${VAR}"],
    ["", ""],
    [" x", ""],
    ["\u00e9\u4e2d\u{1f600} x", "\u00e9\u4e2d\u{1f600}"],
    ["Bearer abc.def rest", "Bearer abc.def"],
    ["basic abc== rest", "basic abc=="],
    ["Bearer", "Bearer"],
    ["bear er", "bear"],
    ['Digest a="b c", d=e\nrest', 'Digest a="b c", d=e'],
    ["Digest a=b' rest", "Digest a=b"],
    ['Digest a="b', 'Digest a="b'],
  ];
  for (const [text, expected] of words) {
    it(`takes ${JSON.stringify(expected)} from ${JSON.stringify(text)}`, () => {
      const value = valueAt(text, 0);
      assert.equal(text.slice(value.start, value.end), expected);
      assert.equal(value.quoted, false);
    });
  }

  const quoted: [string, string][] = [
    ['"a b" c', "a b"],
    ["'a b' c", "a b"],
    ["`a b` c", "a b"],
    ['"a\\"b" c', 'a\\"b'],
    ['"a\\\\" c', "a\\\\"],
    ['\\"a b\\" c', "a b"],
    ['\\"a\\\\\\"b\\" c', 'a\\\\\\"b'],
    ['\\\\\\"a\\\\\\" c', "a"],
    ['"a b', "a b"],
    ['"a b\nc"', "a b"],
    ['""', ""],
    ['"', ""],
  ];
  for (const [text, expected] of quoted) {
    it(`takes ${JSON.stringify(expected)} out of the quotes of ${JSON.stringify(text)}`, () => {
      const value = valueAt(text, 0);
      assert.equal(text.slice(value.start, value.end), expected);
      assert.equal(value.quoted, true);
    });
  }

  const bracketed: [string, string][] = [
    ["[1,2] x", "[1,2]"],
    ['{"a":{"b":"}"}} x', '{"a":{"b":"}"}}'],
    ['{\\"a\\":[1]} x', '{\\"a\\":[1]}'],
    ["[1,2", "[1,2"],
  ];
  for (const [text, expected] of bracketed) {
    it(`takes ${JSON.stringify(expected)} from ${JSON.stringify(text)}`, () => {
      assert.equal(text.slice(0, valueAt(text, 0).end), expected);
    });
  }

  it("goes on through a list of cookies", () => {
    const text = "a=b; c=d; e next";
    assert.equal(text.slice(0, valueAt(text, 0, true).end), "a=b; c=d; e");
  });

  it("looks no farther than it must for a bracket that is never closed", () => {
    assert.ok(valueAt("[".repeat(1 << 20), 0).end < 10_000);
  });
});

describe("startsOther", () => {
  it("knows another name with its value from a value", () => {
    for (const text of ["user=bob", "a.b-c=1"]) assert.equal(startsOther(text, 0), true, text);
    for (const text of ["dGVzdA==", "hunter2", "a= b", "=", ""]) assert.equal(startsOther(text, 0), false, text);
  });
});

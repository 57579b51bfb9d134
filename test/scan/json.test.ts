import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import {
  INCOMPLETE,
  INVALID,
  skipBrackets,
  skipLooseString,
  skipSpace,
  skipString,
  skipValue,
  TOO_DEEP,
} from "../../src/scan/json.ts";

/** The walk over a whole text. */
function value(text: string, maxDepth?: number): number {
  const bytes = Buffer.from(text);
  return skipValue(bytes, 0, bytes.length, maxDepth);
}

/** Whether skipValue takes a text whole, white space around it included. */
function takes(text: string): boolean {
  const bytes = Buffer.from(text);
  const end = skipValue(bytes, 0, bytes.length, 512);
  return end >= 0 && skipSpace(bytes, end, bytes.length) === bytes.length;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("skipValue", () => {
  it("walks over any value that JSON.stringify writes, and no further", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.nat(3), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), null, indent);
        // A number may go on with a digit, so something that ends it follows.
        assert.equal(value(`${text},1`, 512), Buffer.byteLength(text));
      }),
    );
  });

  it("takes exactly what JSON.parse takes", () => {
    const piece = fc.constantFrom(
      ...Array.from('{}[]",:-+.0123eE \n\t\\'),
      "true",
      "false",
      "null",
      '"a":',
      '"\\u00e9"',
      '"\\ud800x"',
      "\\u12",
      "\u0001",
      "é",
      "1.5e-3",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
        (text) => {
          assert.equal(takes(text), parses(text), JSON.stringify(text));
        },
      ),
      { numRuns: 800 },
    );
  });

  it("takes exactly what JSON.parse takes when one byte of good JSON is changed", () => {
    const change = fc.tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.constantFrom(...Array.from('{}[]",:0a\\ -'), ""));
    fc.assert(
      fc.property(change, ([json, place, character]) => {
        const at = place % (json.length + 1);
        const text = Buffer.from(json.slice(0, at) + character + json.slice(at + 1)).toString();
        assert.equal(takes(text), parses(text), text);
      }),
      { numRuns: 800 },
    );
  });

  it("calls the beginning of a value incomplete, not invalid", () => {
    const whole = '{"a":[1.5e3,-2,true,{"b":"\\u00e9\\n"},null],"c":false}';
    for (let end = 0; end < whole.length; end += 1) assert.equal(value(whole.slice(0, end)), INCOMPLETE, whole.slice(0, end));
  });

  it("names what is no JSON", () => {
    for (const text of [
      "x",
      "{x",
      '{"a"}',
      '{"a":}',
      "[1 2]",
      "[1,]",
      '{"a":1,}',
      "[}",
      "tru3",
      "01x".slice(2),
      '"\n"',
      '"\\x"',
      "-a",
      "1.a",
      "+1",
    ]) {
      assert.equal(value(text), INVALID, text);
    }
  });

  it("reads only the bytes it is given", () => {
    const bytes = Buffer.from('xx{"a":1}yy');
    assert.equal(skipValue(bytes, 2, 9), 9);
    assert.equal(skipValue(bytes, 2, 8), INCOMPLETE);
    assert.equal(skipValue(bytes, 9, 9), INCOMPLETE);
  });

  it("stops at the depth it is told, and at 512 whatever it is told", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    assert.equal(value(nested(64)), 128);
    assert.equal(value(nested(65)), TOO_DEEP);
    assert.equal(value(nested(3), 2), TOO_DEEP);
    assert.equal(value(nested(512), 10_000), 1_024);
    assert.equal(value(nested(513), 10_000), TOO_DEEP);
    assert.equal(value('{"a":'.repeat(65)), TOO_DEEP);
  });

  it("ends on hostile megabytes", () => {
    for (const unit of ["[", '{"a":', '"', "\\", "1", " ", "-", '"\\', "[1,", "nul"]) {
      assert.ok(value(unit.repeat(1 << 20)) !== undefined);
    }
  });
});

describe("skipString", () => {
  it("ends behind the closing quote", () => {
    const bytes = Buffer.from('"a\\"b" "c"');
    assert.equal(skipString(bytes, 0, bytes.length), 6);
    assert.equal(skipString(bytes, 7, bytes.length), 10);
    assert.equal(skipString(bytes, 7, 9), INCOMPLETE);
  });

  it("cuts no escape short", () => {
    const bytes = Buffer.from('"\\u00e9\\\\"');
    for (let end = 1; end < bytes.length; end += 1) assert.equal(skipString(bytes, 0, end), INCOMPLETE);
    assert.equal(skipString(bytes, 0, bytes.length), bytes.length);
  });
});

describe("skipBrackets", () => {
  const brackets = (text: string): number => skipBrackets(Buffer.from(text), 0, Buffer.byteLength(text));

  it("finds the end of every container that is valid JSON", () => {
    const container = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
    fc.assert(
      fc.property(container, (content) => {
        const text = JSON.stringify(content);
        assert.equal(brackets(`${text}{"next":1}`), Buffer.byteLength(text));
      }),
    );
  });

  it("finds the end of what is slightly broken too", () => {
    for (const text of ['{"a":1,}', '{"a":"line\nbreak"}', "{a:1}", '{"a":tru}', "[1,,2]"])
      assert.equal(brackets(text), text.length);
  });

  it("does not take brackets in strings for brackets", () => {
    assert.equal(brackets('{"a":"}\\"}"}'), 12);
    assert.equal(brackets('{"a":"}'), INCOMPLETE);
  });

  it("ends on hostile megabytes", () => {
    for (const unit of ["[", "{", '{"', "\\", '"\\']) assert.equal(brackets(`{${unit.repeat(1 << 20)}`), INCOMPLETE);
  });
});

describe("skipLooseString", () => {
  it("stops at an unescaped quote only", () => {
    const bytes = Buffer.from('"a\n\\"\u0001\\q"x');
    assert.equal(skipLooseString(bytes, 0, bytes.length), bytes.length - 1);
    assert.equal(skipLooseString(bytes, 0, bytes.length - 2), INCOMPLETE);
  });
});

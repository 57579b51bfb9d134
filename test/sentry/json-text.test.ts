import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { joined, jsonText, mendJson, quoted } from "../../src/sentry/json-text.ts";

describe("JSON text", () => {
  it("writes strings as JSON.stringify does", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) =>
        assert.equal(quoted(text.replaceAll("\0", "")), JSON.stringify(text.replaceAll("\0", ""))),
      ),
    );
  });

  it("replaces half of a surrogate pair, which would sink the whole event", () => {
    assert.equal(JSON.parse(quoted("a\ud83d b")), "a\ufffd b");
    assert.equal(JSON.parse(quoted("\ude00")), "\ufffd");
    assert.deepEqual(JSON.parse(jsonText({ ["\ud83d"]: ["\udfff"] })), { "\ufffd": ["\ufffd"] });
  });

  it("replaces NUL", () => {
    assert.equal(JSON.parse(quoted("a\0b")), "a\ufffdb");
  });

  it("keeps a whole pair, and text that only looks like an escape", () => {
    for (const text of ["😀", "\\ud83d", "\\\\ud83d", "\\u0000", "C:\\udata"]) assert.equal(JSON.parse(quoted(text)), text);
  });

  it("mends any text to what is well formed and otherwise the same", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("\ud83d", "\ude00", "\\", '"', "u", "d83d", "\0", "é", "\u001b") }),
        (text) => {
          assert.equal(JSON.parse(quoted(text)), Buffer.from(text).toString().replaceAll("\0", "\ufffd"));
        },
      ),
    );
  });

  it("takes a megabyte of hostile text", () => {
    for (const unit of ["\\", '"', "\ud83d", "\0", "\\ud83d", "\u001b"]) {
      const text = unit.repeat((1 << 20) / unit.length);
      assert.equal(JSON.parse(mendJson(JSON.stringify(text))).length, text.length);
    }
  });

  it("joins members whichever of them are empty", () => {
    assert.equal(joined("", ""), "");
    assert.equal(joined("a", ""), "a");
    assert.equal(joined("", "b"), "b");
    assert.equal(joined("a", "b"), "a,b");
  });

  it("writes nothing as null", () => {
    assert.equal(jsonText(undefined), "null");
  });
});

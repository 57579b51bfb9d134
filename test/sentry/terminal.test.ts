import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { paint, printable, printableLines, printableText } from "../../src/sentry/terminal.ts";

describe("text for a terminal", () => {
  it("shows control characters instead of obeying them", () => {
    assert.equal(printable("\u001b[2J\u0007\u009b31m\u0000x\u007f"), "\\x1b[2J\\x07\\x9b31m\\x00x\\x7f");
    assert.equal(printable("a\r\nb\tc"), "a b c");
  });

  it("shows marks that reorder text", () => {
    assert.equal(printable("user\u202eexe.txt\u2066"), "user\\u202eexe.txt\\u2066");
  });

  it("keeps every other text, emoji and their joiners too", () => {
    for (const text of ["größe 漢字", "👩‍💻 ok", "a \\ b"]) assert.equal(printable(text), text);
  });

  it("splits into lines and says how many are missing", () => {
    assert.deepEqual(printableLines("a\r\n\tb  \n\u001bc", 5), ["a", "    b", "\\x1bc"]);
    assert.deepEqual(printableLines("1\n2\n3\n4", 2), ["1", "2", "... 2 more lines"]);
  });

  it("keeps the lines of a text, and nothing else that moves the cursor", () => {
    assert.equal(printableText("one\n\ttwo\r\n\u001b[2Kthree"), "one\n    two\\x0d\n\\x1b[2Kthree");
  });

  it("never lets a control character through", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) =>
        assert.doesNotMatch(printable(text), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u),
      ),
    );
  });

  it("takes a megabyte of hostile text", () => {
    for (const unit of ["\u001b", "\n", "\r", "\t", "x", "\ud83d"]) {
      printable(unit.repeat(1 << 20));
      assert.ok(printableLines(unit.repeat(1 << 20), 30).length <= 31);
    }
  });

  it("has colours only where they are wanted", () => {
    assert.equal(paint(false).red(paint(false).bold("x")), "x");
    assert.equal(paint(true).red("x"), "\u001b[31mx\u001b[39m");
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withoutColour } from "../../src/codec/ansi.ts";

describe("withoutColour", () => {
  it("removes colours and cursor movements and nothing else", () => {
    assert.equal(withoutColour("\u001b[1;31mERROR\u001b[0m [x] \u001b[38;2;1;2;3mred\u001b[K"), "ERROR [x] red");
    assert.equal(withoutColour("plain [31m text"), "plain [31m text");
    assert.equal(withoutColour("\u001b[31"), "\u001b[31");
  });

  it("answers on a hostile line of 1 MiB", () => {
    for (const part of ["\u001b[", "\u001b", "\u001b[1;", "\u001b[ ", "\u001b[0m"]) {
      assert.equal(typeof withoutColour(part.repeat((1 << 20) / part.length)), "string");
    }
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseTrace } from "../../../src/text/trace.ts";
import { causesOf, findChain } from "../../../src/text/traces/rust-chain.ts";
import { rust } from "../../../src/text/traces/rust.ts";

describe("findChain", () => {
  it("reads causes of several lines, and where eyre saw the error", () => {
    const text =
      "2026-01-02 ERROR shop: Error: checkout failed\n\nCaused by:\n    0: cannot reserve\n       A-17\n    1: refused\n\nLocation:\n    src/main.rs:11:5";

    assert.deepEqual(parseTrace(text), {
      message: "2026-01-02 ERROR shop: Error: checkout failed",
      trace: {
        platform: "native",
        values: [
          { value: "refused", frames: [] },
          { value: "cannot reserve\nA-17", frames: [] },
          {
            type: "Error",
            value: "checkout failed",
            frames: [{ filename: "main.rs", abs_path: "src/main.rs", lineno: 11, colno: 5, in_app: true }],
          },
        ],
      },
    });
  });

  it("is not taken in by the same words elsewhere", () => {
    for (const text of [
      "Caused by:\n  rain",
      "a\nCaused by:\nb",
      "late\n\nStack backtrace:\nsoon",
      "Error: \n  nothing",
      "Message: x\n   0: y",
    ])
      assert.equal(findChain(text.split("\n")), undefined, text);
  });

  it("ends causes at a blank line", () => {
    assert.deepEqual(causesOf(["Caused by:", "    no stock", "", "    more"], 0), { causes: ["no stock"], end: 2 });
  });

  it("gets through hostile megabytes", () => {
    const seeds = ["Error: ", ": Error: ", "\nCaused by:\n    0: x", "\n    0: x", "\nStack backtrace:\n   0: f", "\n   0: f\n      at a.rs:1", "\nLocation:", "', ", "'", "⋮ 1 frames hidden ⋮", "<", "::"]; // prettier-ignore
    for (const seed of seeds) {
      const text = `Error: x\n\nCaused by:\n    0: y\n${seed.repeat(Math.ceil((1 << 20) / seed.length))}`;
      assert.equal(rust.probe(text), true);
      assert.notEqual(rust.parse(text.split("\n", 20_000)), undefined);
      rust.parse([`thread 'main' panicked at '${text.replaceAll("\n", " ")}`]);
      rust.parse(`thread 'main' panicked at '${text}`.split("\n", 20_000));
    }
  });
});

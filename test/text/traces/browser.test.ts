import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openJoin } from "../../../src/text/join.ts";
import { parseTrace } from "../../../src/text/trace.ts";
import { browser } from "../../../src/text/traces/browser.ts";

const MEBIBYTE = 1 << 20;

describe("browser", () => {
  it("reads a stack of one frame only when nothing else is said", () => {
    const frame = "later@https://shop.example/page.js:11:42";

    assert.equal(parseTrace(frame)?.trace.values[0]?.frames.length, 1);
    assert.equal(parseTrace(`see\n${frame}`), undefined);
  });

  it("is not taken in by addresses of people, packages and repositories", () => {
    for (const text of [
      "mail ops@shop.example:25:1\nand dev@shop.example:25:2",
      "git@github.com:acme/shop.git:1:2\ngit@github.com:acme/shop.git:3:4",
      "a@b\nc@d",
      '{"a@https://x/y.js:1:2": 1}\n{"b@https://x/y.js:1:2": 1}',
      "user (admin)@https://x/y.js:1:2\nuser (admin)@https://x/y.js:1:2",
    ])
      assert.equal(parseTrace(text), undefined, text);
  });

  it("keeps names that are no identifiers, and an address with a port and an @", () => {
    const text =
      "TypeError: no\nasync*get sum@http://127.0.0.1:8099/@acme/cart.js:1:151\nwin/</each@resource:///org/gnome/shell/ui/main.js:12:5";

    assert.deepEqual(parseTrace(text)?.trace.values[0]?.frames, [
      { function: "win/</each", filename: "resource:///org/gnome/shell/ui/main.js", lineno: 12, colno: 5, in_app: true },
      { function: "async*get sum", filename: "http://127.0.0.1:8099/@acme/cart.js", lineno: 1, colno: 151, in_app: true },
    ]);
  });

  it("joins more frames than lines may stand without a shape of their own", () => {
    const join = openJoin("RangeError: too much recursion", false);
    for (let i = 0; i < 200; i += 1) assert.equal(join?.offer(`f@https://shop.example/a.js:${i + 1}:1`), true);
    assert.equal(join?.offer("GET / 200"), false);
  });

  it("gets through hostile megabytes", () => {
    for (const seed of [
      "@",
      "a@",
      "a@a:1:1",
      "a@http://",
      "a@/:1:1 ",
      ":1:1",
      "\na@/x.js:1:1",
      "\na@",
      "\nCaused by: Error: x",
      " line 1 > eval",
      "a.js",
    ]) {
      const text = `Error: x\nf@/a.js:1:1${seed.repeat(Math.ceil(MEBIBYTE / seed.length))}`;
      assert.ok(text.length >= MEBIBYTE);
      browser.probe(text);
      browser.parse(text.split("\n", 20_000));
    }
  });
});

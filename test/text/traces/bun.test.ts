import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openJoin } from "../../../src/text/join.ts";
import { parseTrace } from "../../../src/text/trace.ts";
import { bun } from "../../../src/text/traces/bun.ts";

describe("bun", () => {
  it("is not taken in by tables, nor by an excerpt without an error", () => {
    for (const text of [
      "1 | apples\n2 | pears\n      at noon",
      "1 | const a = 1;\n    ^\nerror: no frames follow\n\n      at noon",
      "1 | const a = 1;\n    ^\n\nnothing said\n      at f (/srv/a.js:1:1)",
    ]) {
      assert.equal(bun.parse(text.split("\n")), undefined, text);
    }
  });

  it("lets a row of a table go when no more rows follow", () => {
    const join = openJoin("1 | apples", false);

    assert.equal(join?.offer("done"), false);
    assert.equal(openJoin("1| apples", false), undefined);
    assert.equal(openJoin("12:30 | lunch", false), undefined);
  });

  it("keeps properties out of the message, and a message that looks like one in it", () => {
    const text =
      '7 | throw Object.assign(new Error("no"), { sku: 1 });\n          ^\nerror: no\n  sku: "A-17",\n nested: {},\n\n      at pay (/srv/shop/pay.ts:7:11)\n      at /srv/shop/main.ts:1:1';

    const value = parseTrace(text)?.trace.values[0];

    assert.equal(value?.type, "Error");
    assert.equal(value?.value, "no");
    assert.equal(value?.frames[1]?.context_line, 'throw Object.assign(new Error("no"), { sku: 1 });');
  });

  it("gets through hostile megabytes", () => {
    const seeds = [
      "1 | ",
      "\n1 | a",
      "\n1 | a\n  ^",
      "\n1 | a\n  ^\nerror: x",
      "\n1 | a\n  ^\nerror: x\n      at f (/a:1:1)",
      "^",
      "\n^",
      ": 1 | ",
      " ",
      "\n      at f (1:1)",
    ];
    for (const seed of seeds) {
      const text = `1 | a\n    ^\nerror: x\n      at f (/a.js:1:1)\n${seed.repeat(Math.ceil((1 << 20) / seed.length))}`;
      assert.equal(bun.probe(text), true);
      assert.notEqual(bun.parse(text.split("\n", 20_000)), undefined);
    }
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseTrace } from "../../../src/text/trace.ts";

const frames = "\tat com.acme.shop.Shop.pay(Shop.java:9)\n\tat com.acme.shop.Shop.main(Shop.java:5)";

/** Types and numbers of frames, in the order in which they are sent. */
function read(text: string): (readonly [string | undefined, number])[] {
  return (parseTrace(text)?.trace.values ?? []).map(({ type, frames }) => [type, frames.length]);
}

describe("a trace of Java", () => {
  it("takes a suppressed exception for that of the one around it, wherever the white space went", () => {
    const text = `a.Outer: no\n${frames}\n\tSuppressed: a.Closing: no\n\t\tat a.C.close(C.java:1)\n\t\t... 1 more\nCaused by: a.Root: no\n\t... 2 more`;
    const expected = [
      ["Root", 2],
      ["Closing", 2],
      ["Outer", 2],
    ];

    assert.deepEqual(read(text), expected);
    assert.deepEqual(read(text.replaceAll("\t", "")), expected);
    assert.deepEqual(read(text.replaceAll("\t", "    ")), expected);
    assert.deepEqual(read(text.replaceAll(/^/gm, "  ")), expected);
  });

  it("finds the frames that a cause shares in what it caused, not in what stands above it", () => {
    const text = `a.Outer: no\n${frames}\n\tSuppressed: a.Closing: no\n\t\tat a.C.close(C.java:1)\n\t\tat a.D.e(D.java:1)\n\t\tat a.D.f(D.java:2)\n\tCaused by: a.Inner: no\n\t\t... 3 more\nCaused by: a.Root: no\n\tat a.E.f(E.java:1)\n\t... 1 more`;

    assert.deepEqual(read(text), [
      ["Root", 2],
      ["Inner", 3],
      ["Closing", 3],
      ["Outer", 2],
    ]);
    assert.equal(parseTrace(text)?.trace.values[0]?.frames[0]?.function, "main");
    assert.equal(parseTrace(text)?.trace.values[1]?.frames[0]?.function, "f");
  });

  it("keeps the outermost of too many exceptions", () => {
    const nested = Array.from({ length: 200 }, (_, i) => `${"\t".repeat(i + 1)}Suppressed: a.S${i}: no`).join("\n");
    const chained = Array.from({ length: 200 }, (_, i) => `Caused by: a.C${i}: no`).join("\n");

    for (const text of [nested, chained]) {
      const values = read(`a.Outer: no\n${frames}\n${text}`);
      assert.equal(values.length, 50);
      assert.deepEqual(values.at(-1), ["Outer", 2]);
    }
  });

  it("leaves the namespace with a name that clojure.stacktrace has shortened", () => {
    const text =
      "java.lang.Exception: no\n at acme.orders$total.invoke (orders.clj:10)\n    clojure.core/map (core.clj:1)\n    acme.orders/pay (orders.clj:3)";

    assert.deepEqual(parseTrace(text)?.trace.values[0]?.frames.slice(0, 2), [
      { function: "pay", module: "acme.orders", filename: "orders.clj", lineno: 3, in_app: true },
      { function: "map", module: "clojure.core", filename: "core.clj", lineno: 1, in_app: false },
    ]);
  });

  it("has the exception that was thrown last in its order, whatever stands below it", () => {
    const line = fc.constantFrom(
      "\tat a.B.c(D.java:1)",
      "\t\tat a.B.c(D.java:1)",
      "\t... 1 more",
      "\t\t... 2 more",
      "Caused by: a.C: no",
      "\tCaused by: a.C: no",
      "\tSuppressed: a.S: no",
      "\t\tSuppressed: a.S: no",
      "Suppressed: a.S: no",
      "\tWrapped by: a.W: no",
      "",
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (some) => {
        const values = read(`a.Outer: no\n${frames}\n${some.join("\n")}`);
        const named = 1 + some.filter((text) => text.includes(": no")).length;
        assert.ok(values.length <= named);
        if (!some.some((text) => text.includes("Wrapped"))) {
          assert.deepEqual(values.at(-1)?.[0], "Outer");
          assert.equal(values.length, named);
        }
      }),
    );
  });
});

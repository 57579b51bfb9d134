import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { errorChainOf, javaFrame } from "../../src/codec/error-chain.ts";

const SHAPES: readonly (readonly [
  what: string,
  error: Readonly<Record<string, unknown>>,
  stack: string,
  used: readonly string[],
])[] = [
  [
    "Monolog's exceptions, the first cause first",
    {
      class: "RuntimeException",
      message: "no order",
      code: 7,
      file: "/app/src/Cart.php:12",
      trace: ["/app/src/Kernel.php:33"],
      previous: { class: "PDOException", message: "gone", file: "/app/src/Db.php:5", trace: ["/app/src/Cart.php:12"] },
    },
    [
      "PHP Fatal error:  Uncaught PDOException: gone in /app/src/Db.php:5",
      "Stack trace:",
      "#0 /app/src/Cart.php(12): ",
      "#1 {main}",
      "",
      "Next RuntimeException: no order in /app/src/Cart.php:12",
      "Stack trace:",
      "#0 /app/src/Kernel.php(33): ",
      "#1 {main}",
      "  thrown",
    ].join("\n"),
    ["trace", "previous"],
  ],
  [
    "Log4j's frames, with a cause",
    {
      name: "java.lang.IllegalStateException",
      message: "no order",
      extendedStackTrace: [
        { class: "com.acme.Cart", method: "add", file: "Cart.java", line: 12, location: "?" },
        { class: "java.lang.Thread", method: "run", file: "Thread.java", line: -2, native: true },
      ],
      cause: { name: "java.io.IOException", extendedStackTrace: [{ class: "a.B", method: "c", file: "B.java" }] },
    },
    [
      "java.lang.IllegalStateException: no order",
      "\tat com.acme.Cart.add(Cart.java:12)",
      "\tat java.lang.Thread.run(Native Method)",
      "Caused by: java.io.IOException",
      "\tat a.B.c(B.java)",
    ].join("\n"),
    ["extendedStackTrace", "cause"],
  ],
  [
    "JBoss' frames without files, which stay to be read",
    { exceptionType: "a.E", message: "x", frames: [{ class: "a.B", method: "c", line: 3 }] },
    "a.E: x\n\tat a.B.c(Unknown Source)",
    [],
  ],
  [
    "Semantic Logger's causes",
    {
      name: "RuntimeError",
      message: "no order",
      stack_trace: ["/app/a.rb:12:in `show'", "/app/b.rb:6:in `run'"],
      cause: { name: "PG::Error", message: "gone", stack_trace: ["/app/db.rb:1:in `q'"] },
    },
    "/app/a.rb:12:in `show': no order (RuntimeError)\n\tfrom /app/b.rb:6:in `run'\n/app/db.rb:1:in `q': gone (PG::Error)",
    ["stack_trace", "cause"],
  ],
  [
    "Json.NET's inner exceptions",
    {
      ClassName: "System.InvalidOperationException",
      Message: "no order",
      StackTraceString: "   at Shop.Cart.Add(Int32 id) in /src/Cart.cs:line 12",
      InnerException: { ClassName: "System.Exception", Message: "gone", StackTraceString: "   at Shop.Db.Get()" },
    },
    [
      "System.InvalidOperationException: no order",
      " ---> System.Exception: gone",
      "   at Shop.Db.Get()",
      "   --- End of inner exception stack trace ---",
      "   at Shop.Cart.Add(Int32 id) in /src/Cart.cs:line 12",
    ].join("\n"),
    ["StackTraceString", "InnerException"],
  ],
  [
    "JavaScript's causes, each with a stack of its own",
    {
      name: "Error",
      message: "no order",
      stack: "Error: no order\n    at f (/app/a.js:1:2)",
      cause: { name: "TypeError", message: "gone", stack: "TypeError: gone\n    at g (/app/b.js:3:4)" },
    },
    "Error: no order\n    at f (/app/a.js:1:2)\ncaused by: TypeError: gone\n    at g (/app/b.js:3:4)",
    ["stack", "cause"],
  ],
];

describe("errorChainOf", () => {
  for (const [what, error, stack, used] of SHAPES) {
    it(`prints ${what}`, () => {
      assert.deepEqual(errorChainOf(error), { stack, used: new Set(used) });
      assert.deepEqual(errorChainOf(new Map(Object.entries(error)))?.stack, stack);
    });
  }

  it("leaves alone what one text says already", () => {
    for (const error of [
      {},
      { message: "x" },
      { message: "x", stack: "Error: x\n    at f (a.js:1:2)" },
      { message: "x", stack: "Error: x\n    at f\ncaused by: Error: y", cause: { stack: "Error: y\n    at g" } },
      { class: "E", message: "x", trace: ["not a place"], file: "/a.php:1" },
      { class: "E", message: "x", trace: ["/a.php:1"] },
      { name: "E", stack_trace: ["/a.rb:1:in `x'"] },
      { name: "E", frames: [{ class: "A" }] },
      { name: "E", cause: "a sentence", stack: ["a", "b"] },
    ]) {
      assert.equal(errorChainOf(error), undefined, JSON.stringify(error));
    }
  });

  it("reads causes of causes, but not without end", () => {
    const frame = [{ class: "a.B", method: "c" }];
    let error: Record<string, unknown> = { name: "E0", frames: frame };
    for (let depth = 1; depth < 50; depth += 1) error = { name: `E${depth}`, frames: frame, cause: error };
    const { stack = "" } = errorChainOf(error) ?? {};
    assert.equal(stack.split("Caused by: ").length, 11);
    assert.ok(stack.startsWith("E49\n"));
  });

  it("makes nothing of anything else, and never throws", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("class", "message", "file", "trace", "frames", "stack", "cause"), fc.jsonValue()),
        (error) => {
          const chain = errorChainOf(error as Readonly<Record<string, unknown>>);
          assert.ok(chain === undefined || chain.stack.length > 0);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe("javaFrame", () => {
  it("needs a class and a method", () => {
    assert.equal(
      javaFrame({ declaringClass: "a.B", methodName: "c", fileName: "B.java", lineNumber: 4 }),
      "\tat a.B.c(B.java:4)",
    );
    for (const frame of [undefined, "a.B.c", {}, { class: "a.B" }, { class: 1, method: "c" }])
      assert.equal(javaFrame(frame), undefined);
  });
});

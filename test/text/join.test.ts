import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { continuesTrace, mayBelongToTrace, openJoin, type Join } from "../../src/text/join.ts";
import { parseTrace } from "../../src/text/trace.ts";
import { goldenFiles } from "../support/golden.ts";
import { CORPUS } from "./template-corpus.ts";

const goldens = goldenFiles("traces", ["text", "trace"]);
/** Traces that no rule can tell from two records, with the reason. */
const NOT_BY_LINES = [
  // The message goes on behind the frames, where the program's next line would stand, and nothing follows.
  "python-1",
  "python-11",
  "ruby-4",
  // Two errors that are printed one after the other with their stacks look the same.
  "go-7",
  "go-19",
  // The second line of the message reads like a death of its own, with its place and its calls.
  "perl-2",
];
/** Those that need every line to be loud: behind a logger's line, or the last line of a trace, a quiet line never waits. */
const LOUD_ONLY = ["python-20", "ruby-3", "ruby-10", "ruby-11", "dart-12"];
const without = (names: readonly string[]): readonly (typeof goldens)[number][] =>
  goldens.filter(({ name }) => !names.some((other) => name.endsWith(`/${other}`)));
const linesOf = (text: string): string[] => text.replace(/^\n+/, "").trimEnd().split("\n");

/** Joins lines as a stream brings them, the first one loud; what is joined and what is left. */
function joined(
  lines: readonly string[],
  rest: "loud" | "kin" | "stranger" = "loud",
): { join: Join | undefined; left: readonly string[] } {
  const join = openJoin(lines[0] ?? "", true);
  let at = 1;
  if (join === undefined) return { join, left: lines };
  while (at < lines.length && join.offer(lines[at] ?? "", rest)) at += 1;
  return { join, left: lines.slice(at - join.pending) };
}

function escaped(text: string, style: "json" | "ascii" | "html"): Uint8Array {
  const json = JSON.stringify(text).slice(1, -1);
  const units = (pattern: RegExp): string =>
    json.replaceAll(pattern, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  if (style === "json") return Buffer.from(json);
  return Buffer.from(style === "ascii" ? units(/[^\u0000-\u007f]/g) : units(/[^\u0000-\u007f]|[<>&'+`]/g).replaceAll("/", "\\/")); // oxlint-disable-line no-control-regex
}

describe("openJoin", () => {
  for (const rest of ["loud", "kin"] as const) {
    for (const { name, input } of without(rest === "loud" ? NOT_BY_LINES : [...NOT_BY_LINES, ...LOUD_ONLY])) {
      it(`joins ${name} line by line, ${rest === "loud" ? "each" : "the first"} of them loud, and what follows is not part of it`, () => {
        const lines = linesOf(input);

        const { join, left } = joined([...lines, "2026-01-02 03:04:05 INFO next request"], rest);

        assert.deepEqual(left, ["2026-01-02 03:04:05 INFO next request"]);
        assert.equal(join?.text, lines.join("\n"));
        assert.equal(join?.lines, lines.length);
      });
    }
  }

  it("keeps the lines of the others whole, each within one of its parts", () => {
    for (const name of NOT_BY_LINES) {
      const lines = linesOf(goldens.find((golden) => golden.name.endsWith(`/${name}`))?.input ?? "");

      const { join, left } = joined(lines);

      assert.notDeepEqual(left, [], name);
      assert.equal(
        join?.text,
        lines
          .slice(0, lines.length - left.length)
          .join("\n")
          .trimEnd(),
        name,
      );
    }
  });

  it("opens a quiet trace at its first line", () => {
    const openings = [
      "Traceback (most recent call last):",
      "  + Exception Group Traceback (most recent call last):",
      'Exception in thread "main" java.lang.IllegalStateException: no',
      "java.lang.IllegalStateException: no",
      "com.acme.shop.StockException",
      "TypeError: x is not a function",
      "checkout failed: TypeError: x is not a function",
      "AssertionError [ERR_ASSERTION]: no",
      "[AggregateError: all failed] {",
      "panic: runtime error: index out of range [5] with length 1",
      "fatal error: all goroutines are asleep - deadlock!",
      "goroutine 1 [running]:",
      "2026/11/20 10:48:21 http: panic serving 127.0.0.1:49314: no",
      "/srv/shop/lib/stock.rb:9:in `names': undefined method (NoMethodError)",
      "PHP Fatal error:  Uncaught TypeError: no in /x.php:3",
      "[20-Nov-2026 10:47:40 UTC] PHP Fatal error:  Uncaught LogicException: no in /x.php:3",
      "Unhandled exception. System.InvalidOperationException: no",
      "thread 'main' (24827) panicked at src/main.rs:3:80:",
      "/srv/shop/app.js:12",
      "node:internal/process/promises:389",
      "error: Uncaught (in promise) Error: checkout failed",
      "wasm://wasm/dad4e286:1",
      "4 | export async function checkout() {}",
      '** (KeyError) key "A-17" not found in: %{}',
      "=CRASH REPORT==== 20-Nov-2026::14:16:56.302043 ===",
      "escript: exception error: bad key: a",
      "Unhandled exception:",
      "E/flutter ( 5068): [ERROR:flutter/lib/ui/ui_dart_state.cc(148)] Unhandled Exception: no",
      "The application panicked (crashed).",
    ];

    for (const line of openings) assert.notEqual(openJoin(line, false), undefined, line);
  });

  it("lets quiet records go that open nothing", () => {
    const lines = [
      ...Object.values(CORPUS).flat(),
      "no errors found",
      "ErrorCount: 5",
      "the Error page was shown",
      "panicking is not needed",
      "at last",
      "traceback",
      "/health",
      "GET /x:80",
      "",
      "ExceptionHandler registered",
      "thread pool started",
    ];

    for (const line of lines) assert.equal(openJoin(line, false), undefined, line);
  });

  it("waits behind a loud raw line for the trace that may follow it", () => {
    const { join, left } = joined([
      "ERROR could not charge card",
      "java.lang.IllegalStateException: no",
      "\tat a.b.C.d(C.java:1)",
      "INFO done",
    ]);

    assert.equal(join?.text, "ERROR could not charge card\njava.lang.IllegalStateException: no\n\tat a.b.C.d(C.java:1)");
    assert.deepEqual(left, ["INFO done"]);
  });

  it("does not join a loud line with the next one, nor with a trace that stands for itself", () => {
    for (const next of [
      "ERROR another",
      "could not charge card",
      "  indented",
      "panic: no",
      'Exception in thread "x" a.b.C: no',
      "thread 'main' panicked at x.rs:1:1:",
    ]) {
      assert.deepEqual(joined(["ERROR could not charge card", next]).left, [next]);
    }
  });

  it("ends at a record of its own, even where a message could go on", () => {
    const head = "Unhandled exception. System.Exception: first line";
    for (const next of [
      '{"level":"info"}',
      "2026-01-02 03:04:05 x",
      "[2026-01-02 x",
      "INFO x",
      "<13>x",
      "level=info x",
      "I0102 03:04:05 x",
    ]) {
      assert.deepEqual(joined([head, next]).left, [next]);
    }
    assert.deepEqual(joined([head, "second line", "   at A.B.C()"]).left, []);
  });

  it("drops blank lines at the end, keeps those within, and takes no more than three in a row", () => {
    const python = [
      "Traceback (most recent call last):",
      '  File "x.py", line 1, in f',
      "KeyError: 'x'",
      "",
      "During handling of the above exception, another exception occurred:",
      "",
    ];

    const { join } = joined(python);

    assert.equal(join?.text, python.slice(0, -1).join("\n"));
    assert.equal(join?.lines, 6);
    assert.equal(join?.offer(""), true);
    assert.equal(join?.offer(""), true);
    assert.equal(join?.offer(""), false);
    assert.equal(join?.offer("Traceback (most recent call last):"), false, "an ended trace stays ended");
  });

  it("waits for nothing when one record holds the whole trace", () => {
    for (const { name, input } of goldens.filter(
      ({ name }) => !/python-6|rust-(?:2|6|9|10|12)$|php-(?:4|16|17)$|mysql|clojure-[67]$/.test(name),
    )) {
      assert.equal(openJoin(input, false), undefined, name);
      assert.equal(openJoin(input, true), undefined, name);
    }
    assert.notEqual(openJoin("ERROR no\njava.lang.IllegalStateException: no", true), undefined);
  });

  it("takes a record of several lines as one line of the trace", () => {
    const join = openJoin("ERROR could not charge card", true);

    assert.equal(
      join?.offer("java.lang.IllegalStateException: no\n\tat a.b.C.d(C.java:1)\nodd line\n\tat a.b.C.e(C.java:2)"),
      true,
    );
    assert.equal(join?.offer("\tat a.b.C.f(C.java:3)"), true);
    assert.equal(join?.lines, 6);
    assert.equal(join?.bytes, Buffer.byteLength(join?.text ?? ""));
  });

  it("gives back the same text however a trace is cut into records", () => {
    const whole = without(NOT_BY_LINES);
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.infiniteStream(fc.boolean()), ({ input }, cuts) => {
        const lines = linesOf(input);
        const records: string[] = [lines[0] ?? ""];
        const [first, ...rest] = lines.slice(1);
        if (first !== undefined) records.push(first);
        // Any lines but the first two may share a record.
        for (const line of rest) {
          if (cuts.next().value === true || line.trim() === "") records.push(line);
          else records.push(`${records.pop() ?? ""}\n${line}`);
        }
        const { join, left } = joined(records);
        assert.deepEqual(left, []);
        assert.equal(join?.text, lines.join("\n"));
        assert.deepEqual(parseTrace(join?.text ?? ""), parseTrace(input));
      }),
      { numRuns: 200 },
    );
  });

  it("gets through hostile megabytes", () => {
    const seeds = [
      "a",
      " ",
      "at ",
      "at a (",
      "Error",
      "Error ",
      "Exception: ",
      "(",
      ":1:1",
      "a.",
      "#0 ",
      "/",
      "\t",
      "|",
      "^",
      "-",
      "1: ",
      "\n",
      "\nat a.b(c)",
      "\n^",
      "\n\n",
      "in `",
      "A::",
      "[a] ",
    ];
    for (const seed of seeds) {
      const text = seed.repeat(Math.ceil((1 << 20) / seed.length));
      for (const line of [text, ` ${text}`, `Error: ${text}`, `at ${text}`, `/${text}`]) {
        openJoin(line, false);
        const join = openJoin("Unhandled exception. System.Exception: x", false);
        join?.offer(line);
        continuesTrace(line);
      }
    }
  });
});

describe("continuesTrace", () => {
  it("knows the inside of a trace by one line", () => {
    const inside = [
      "\tat java.base/java.lang.Thread.run(Thread.java:840)",
      "    at async f (file:///x.js:1:2)",
      "   at Shop.Cart.Pay(String card) in /src/Cart.cs:line 5",
      "\t... 3 more",
      "Caused by: java.io.IOException: no",
      '  File "/x.py", line 3, in f',
      "    ~~~~^^^^",
      "During handling of the above exception, another exception occurred:",
      "  | ValueError: x",
      "\tfrom /x.rb:3:in `f'",
      "/srv/x.rb:3:in 'Shop::Stock#reserve'",
      "#0 /x.php(3): f()",
      "#12 {main}",
      "Stack trace:",
      "   --- End of inner exception stack trace ---",
      " ---> System.Exception: no",
      "\t/build/main.go:12 +0x1d",
      "created by main.start in goroutine 1",
      "stack backtrace:",
      "  12:     0x55d0c8a1f2b1 - core::fmt::write",
      "             at /rustc/abc/library/core/src/fmt.rs:12:3",
      "Stack backtrace:",
      "Caused by:",
      "    at wasm://wasm/dad4e286:wasm-function[0]:0x21",
      "      in call from shop_stock:reserve/2 (shop_stock.erl, line 9)",
      "#1      Cart.total.<anonymous closure> (package:shop/cart.dart:29:66)",
      "<asynchronous suspension>",
      "package:shop/cart.dart 29:66      Cart.total.<fn>",
    ];

    for (const line of inside) assert.equal(continuesTrace(line), true, line);
  });

  it("is not taken in by other lines", () => {
    const outside = [
      "",
      "  indented",
      "    at position 18 (line 2)",
      "at noon",
      "... and 3 more",
      "from here",
      "  1: one",
      "#1 priority",
      "- item",
      "| a | b |",
      "--- a/x.c",
      "^",
      'File "x" is missing',
    ];

    for (const line of [...outside, ...Object.values(CORPUS).flat()]) assert.equal(continuesTrace(line), false, line);
  });
});

describe("mayBelongToTrace", () => {
  const goldenLines = goldens.flatMap(({ input }) => linesOf(input));
  const piece = fc.oneof(
    fc.constantFrom(...goldenLines),
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.string({ maxLength: 10 }),
    fc.constantFrom("Error", "Exception: ", "é".repeat(60), '"'.repeat(50), "x".repeat(240), "/", "<>&'+`", "\t", "\n"),
  );

  it("is true whenever a quiet record opens or continues a trace, however its JSON is escaped", () => {
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 4 }),
        fc.constantFrom("json", "ascii", "html" as const),
        (pieces, style) => {
          const text = Buffer.from(pieces.join("")).toString();
          const bytes = escaped(text, style as "json");
          if (openJoin(text, false) !== undefined || continuesTrace(text))
            assert.equal(mayBelongToTrace(bytes, 0, bytes.length), true, text);
        },
      ),
      { numRuns: 400 },
    );
    for (const line of goldenLines) {
      for (const style of ["json", "ascii", "html"] as const) {
        const bytes = escaped(line, style);
        if (openJoin(line, false) !== undefined || continuesTrace(line))
          assert.equal(mayBelongToTrace(bytes, 0, bytes.length), true, line);
      }
    }
  });

  it("looks at nothing outside of the record", () => {
    const bytes = Buffer.from("xxTraceback (most recent call last):TypeError: x");

    assert.equal(mayBelongToTrace(bytes, 2, bytes.length), true);
    assert.equal(mayBelongToTrace(bytes, 2, 8), false);
    assert.equal(mayBelongToTrace(bytes, 0, 30), false);
    assert.equal(mayBelongToTrace(bytes, 36, 45), true);
    assert.equal(mayBelongToTrace(bytes, 5, 5), false);
  });

  it("lets ordinary messages go", () => {
    const lines = Object.values(CORPUS).flat();
    const seen = lines.filter((line) => mayBelongToTrace(Buffer.from(line), 0, Buffer.byteLength(line)));

    assert.ok(seen.length <= lines.length * 0.05, seen.join("\n"));
  });
});

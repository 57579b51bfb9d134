import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { errorTextOf, stackTextOf } from "../../src/codec/error-text.ts";

describe("errorTextOf", () => {
  it("takes a line for a message, with its type where it names one", () => {
    assert.deepEqual(errorTextOf("connection refused"), { type: undefined, message: "connection refused", stack: undefined });
    assert.deepEqual(errorTextOf("KeyError: 'missing'"), { type: "KeyError", message: "'missing'", stack: undefined });
    assert.deepEqual(errorTextOf("java.lang.IllegalStateException"), {
      type: "java.lang.IllegalStateException",
      message: undefined,
      stack: undefined,
    });
    assert.deepEqual(errorTextOf("dial tcp: connection refused"), {
      type: undefined,
      message: "dial tcp: connection refused",
      stack: undefined,
    });
  });

  it("takes lines with frames for a trace, and other lines for a long message", () => {
    const traces = [
      'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\nKeyError: 1',
      "Error: x\n    at run (/app/a.js:1:2)",
      "java.lang.IllegalStateException: x\n\tat a.B.c(B.java:1)",
      "goroutine 1 [running]:\nmain.main()\n\t/x.go:1",
      "PHP Fatal error: x\n#0 /a.php(3): f()",
      "app.rb:3:in 'f': x (RuntimeError)\n\tfrom app.rb:1",
      "System.Exception: x\n   at Shop.Orders.Load()",
      "TypeError: x\nrun@https://shop.example/a.js:1:2",
      "** (KeyError) x\n    (shop 0.1.0) lib/shop/stock.ex:3: Shop.Stock.fetch!/1",
      "exception error: bad key: a\n  in function  map_get/2",
      "checkout failed\n\nCaused by:\n    0: no stock",
      "thread 'main' panicked at src/main.rs:3:80:\nno",
    ];
    for (const stack of traces) assert.deepEqual(errorTextOf(stack), { type: undefined, message: undefined, stack });
    const long = "validation failed:\n- name is blank\n- price is negative";
    assert.deepEqual(errorTextOf(long), { type: undefined, message: long, stack: undefined });
  });

  it("reads Rails' pair of class and message", () => {
    assert.deepEqual(errorTextOf(["RuntimeError", "boom"]), { type: "RuntimeError", message: "boom", stack: undefined });
  });

  it("joins a list of lines, whether or not they end in line ends", () => {
    assert.equal(
      errorTextOf(["Error: x", "    at a (b:1:2)", "    at c (d:1:2)"])?.stack,
      "Error: x\n    at a (b:1:2)\n    at c (d:1:2)",
    );
    assert.equal(errorTextOf(["Traceback:\n", "  File\n", "E: x\n"])?.stack, "Traceback:\n  File\nE: x\n");
  });

  it("prints structlog's dictionaries as Python prints a chain", () => {
    const chain = [
      {
        exc_type: "ValueError",
        exc_value: "bad",
        is_cause: false,
        frames: [{ filename: "a.py", lineno: 3, name: "f", line: "  raise x" }],
      },
      { exc_type: "KeyError", exc_value: "'k'", is_cause: true, frames: [{ filename: "b.py", lineno: 4, name: "g" }] },
      { exc_type: "ZeroDivisionError", exc_value: "", is_cause: false, frames: [] },
    ];

    const { type, message, stack } = errorTextOf(chain) ?? {};

    assert.equal(type, "ValueError");
    assert.equal(message, "bad");
    assert.deepEqual(stack?.split("\n"), [
      "ZeroDivisionError",
      "",
      "During handling of the above exception, another exception occurred:",
      "",
      "Traceback (most recent call last):",
      '  File "b.py", line 4, in g',
      "KeyError: 'k'",
      "",
      "The above exception was the direct cause of the following exception:",
      "",
      "Traceback (most recent call last):",
      '  File "a.py", line 3, in f',
      "    raise x",
      "ValueError: bad",
    ]);
  });

  it("takes what is blank for nothing said", () => {
    for (const blank of [[""], ["", " \n"], ["", ""], " "]) {
      assert.equal(errorTextOf(blank), undefined, JSON.stringify(blank));
    }
    assert.deepEqual(errorTextOf(["NotFound", ""]), { type: "NotFound", message: undefined, stack: undefined });
    assert.equal(stackTextOf(["", "\n"]), undefined);
  });

  it("says nothing of anything else", () => {
    for (const value of ["", "  ", null, undefined, true, 3, {}, [], [1, 2, 3], [{}], [[[]]]])
      assert.equal(errorTextOf(value), undefined);
  });

  it("reads a hostile line of 1 MiB", () => {
    for (const part of [
      "\n",
      "\n ",
      "\n    a",
      "a:1:",
      "Error",
      "\nx:1:in",
      ": ",
      "\n@a",
      "\na@a:1:1",
      "@",
      "\n    a.ex:1:",
      "\n    a.",
      "\n  in ",
      "\nCaused by:",
    ]) {
      assert.ok(errorTextOf(`x${part.repeat((1 << 20) / part.length)}x`));
    }
  });
});

describe("stackTextOf", () => {
  it("prints zerolog's frames below the error", () => {
    const frames = [
      { func: "deep", line: "17", source: "main.go" },
      { func: "main", line: 32, source: "main.go" },
    ];
    assert.equal(stackTextOf(frames, "load: refused"), "load: refused\ndeep\n\tmain.go:17\nmain\n\tmain.go:32");
  });

  it("takes what zap's causes say of where they come from", () => {
    const verbose = "refused\nmain.load\n\t/srv/main.go:17";

    assert.equal(stackTextOf([{ error: "a" }, { error: "refused", errorVerbose: verbose }]), verbose);
    assert.equal(stackTextOf([{ error: "a", errorVerbose: "a" }, { error: "b" }]), undefined);
  });

  it("is undefined for lists of something else", () => {
    for (const value of [[], [1], [{}], [{ func: "f" }], {}, 3, "", " \n"]) assert.equal(stackTextOf(value), undefined);
  });
});

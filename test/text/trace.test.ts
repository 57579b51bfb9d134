import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Frame } from "../../src/record/exception.ts";
import { parseTrace } from "../../src/text/trace.ts";
import { goldenFiles, rewrite, updating } from "../support/golden.ts";

const goldens = goldenFiles("traces", ["text", "trace"]);

/** What a text says, one line a frame, so that a person can read it. */
function shown(text: string): string {
  const parsed = parseTrace(text);
  if (parsed === undefined) return "none";
  const { trace, message } = parsed;
  const values = trace.values.map(({ frames, ...value }) => {
    const lines = frames.map((frame: Frame) => `      ${JSON.stringify(frame)}`);
    const head = JSON.stringify(value).slice(1, -1);
    return `    {${head}${head === "" ? "" : ", "}"frames": [${lines.length === 0 ? "" : `\n${lines.join(",\n")}\n    `}]}`;
  });
  return `{\n  "message": ${JSON.stringify(message)},\n  "platform": "${trace.platform}",\n  "values": [\n${values.join(",\n")}\n  ]\n}`;
}

describe("parseTrace, on traces as they are printed", () => {
  for (const golden of goldens) {
    it(`${golden.name}: ${golden.why}`, () => {
      const output = shown(golden.input);

      if (updating) rewrite(golden, output);
      else assert.equal(output, golden.expected);
    });
  }

  it("has at least ten cases for each language", () => {
    const counts = new Map<string, number>();
    for (const { name } of goldens) {
      const language = name.replace(/^traces\/|-\d+$/g, "");
      counts.set(language, (counts.get(language) ?? 0) + 1);
    }
    assert.equal(counts.size, 24);
    for (const [language, count] of counts) assert.ok(count >= 10, `${language}: ${count}`);
  });
});

describe("parseTrace", () => {
  it("reads a trace whose blank lines were lost on the way", () => {
    for (const { name, input } of goldens) {
      const whole = parseTrace(input)?.trace.values.map(({ frames, type }) => ({ frames, type }));
      const without = parseTrace(input.replaceAll(/\n(?:\s*\n)+/g, "\n"))?.trace.values.map(({ frames, type }) => ({
        frames,
        type,
      }));

      assert.deepEqual(without, whole, name);
    }
  });

  it("reads a trace whose lines end in carriage returns, and one whose newlines were escaped", () => {
    for (const { name, input } of goldens.filter(({ name }) => /java|python-2|dotnet-1/.test(name))) {
      const expected = parseTrace(input)?.trace;

      assert.deepEqual(parseTrace(input.replaceAll("\n", "\r\n"))?.trace, expected, name);
    }
    const java = "boom: java.lang.IllegalStateException: bad\\n\\tat a.b.C.d(C.java:1)\\n\\tat a.b.C.main(C.java:2)";
    assert.equal(parseTrace(java)?.trace.values[0]?.frames.length, 2);
  });

  it("reads a trace in colours", () => {
    const text =
      "\u001b[41mfail\u001b[0m: Shop[1]\n      System.Exception: boom\n         at Shop.Cart.Pay() in /src/Cart.cs:line 5";

    assert.deepEqual(parseTrace(text)?.trace.values, [
      {
        type: "System.Exception",
        value: "boom",
        frames: [
          { function: "Pay", module: "Shop.Cart", filename: "/src/Cart.cs", abs_path: "/src/Cart.cs", lineno: 5, in_app: true },
        ],
      },
    ]);
  });

  it("finds nothing where there is no trace", () => {
    const texts = [
      "",
      "could not charge card",
      "parse error\n    at position 18 (line 2)",
      "look at this (or that)\nand at that: 5",
      "Error: no frames follow",
      "[Error: no frames follow]",
      '"main" #1 prio=5 os_prio=0 cpu=61ms tid=0x00007f\n   java.lang.Thread.State: RUNNABLE\n\tat java.lang.Object.wait(Native Method)\n\tat a.b.C.d(C.java:1)',
      'invalid config\n  File "x.yml" is missing\n  at line 3',
      "#1 first\n#2 second",
      "goroutine 5 is stuck\nmain.go:12",
      "the thread 'main' is busy",
      "select *\n  from orders:12\n where id = 1",
    ];

    for (const text of texts) assert.equal(parseTrace(text), undefined, text);
  });

  it("keeps the newest 250 frames, and the oldest call first", () => {
    const frames = Array.from({ length: 1_024 }, (_, i) => `\tat com.acme.Deep.f${i}(Deep.java:${i + 1})`);

    const kept = parseTrace(`java.lang.StackOverflowError\n${frames.join("\n")}`)?.trace.values[0]?.frames ?? [];

    assert.equal(kept.length, 250);
    assert.equal(kept.at(-1)?.function, "f0");
    assert.equal(kept[0]?.function, "f249");
  });

  it("takes the earliest trace when a text holds two", () => {
    const python = 'Traceback (most recent call last):\n  File "/x.py", line 1, in f\nValueError: x\n';
    const java = "java.lang.RuntimeException: no\n\tat a.b.C.d(C.java:1)\n";

    assert.equal(parseTrace(java + python)?.trace.platform, "java");
    assert.equal(parseTrace(python + java)?.trace.platform, "python");
  });

  it("never throws and never makes up an empty chain, whatever the text", () => {
    const lines = goldens.flatMap(({ input }) => input.split("\n"));
    const line = fc.oneof(fc.constantFrom(...lines), fc.string({ maxLength: 40 }));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (some) => {
        const parsed = parseTrace(some.join("\n"));
        for (const { frames } of parsed?.trace.values ?? []) assert.ok(frames.length <= 250);
        assert.ok(parsed === undefined || parsed.trace.values.length > 0);
      }),
      { numRuns: 400 },
    );
  });

  it("gets through hostile megabytes", () => {
    const size = 1 << 20;
    const seeds = [
      "a", " ", "at ", "at a.b(", "a.", "(", "x:1", ":1:1", "Error: ", "[a", "[a: b] {", "--->", " in ", " in a:line ", "\\", "A::", "A (", "#0 /x(1): ",
      "\n", "\n\tat a.b.C.d(C.java:1)", '\n  File "x", line 1, in f', '"File "', "Caused by: ", "\nCaused by: a.B: c\n\t... 9999 more", "+-", "-", "^~",
      "goroutine 1 [x]:\n", "\nmain.f(0x1)\n\t/x.go:1 +0x1", "thread 'a' panicked at ", "\n   0: f\n             at /x.rs:1:2", "\n\tfrom a.rb:1:in `b'",
      "x.rb:1:in `f': m (E)\n", "PHP Fatal error:  Uncaught E: m in /x:1\n", "\n#0 /x(1): f()", "\n---> (Inner Exception #1) A.B: c", "\n   at A.B(C d) in /e:line 1",
      "\n    ... 9 lines matching cause stack trace ...", "\n  [cause]: Error: x\n      at /x.js:1:1", "\n  | ", "\n+ Exception Group Traceback (most recent call last):",
      "[2026-01-02] x {\"exception\":\"[object] (E(code: 0): m at /x:1)\n", "[tag] ", "\u001b[0m", "\\n", "{closure", "é",
    ]; // prettier-ignore
    const heads = [
      "java.lang.X: y\n\tat a.b.C.d(C.java:1)\n",
      "Traceback (most recent call last):\n",
      "Error: x\n    at f (/x.js:1:1)\n",
      "panicked at ",
      "#0 ",
    ];
    for (const [i, seed] of seeds.entries()) {
      const long = seed.repeat(Math.ceil(size / seed.length));
      for (const head of ["", heads[i % heads.length] ?? ""]) parseTrace(head + long);
    }
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { autoLine } from "../../src/codec/auto-line.ts";
import { isMalformed, NOTHING } from "../../src/component/codec.ts";
import { parseTrace } from "../../src/text/trace.ts";
import { provenance } from "../support/provenance.ts";

// One record for each way in which loggers spell an error with its trace, as their documentation and output have it.

const NODE =
  "TypeError: boom\n    at run (/srv/shop/a.js:1:2)\n    at main (/srv/shop/a.js:3:4)\ncaused by: Error: root\n    at low (/srv/shop/b.js:5:6)";
const JAVA =
  "java.lang.IllegalStateException: no\n\tat com.acme.Cart.pay(Cart.java:12)\n\tat com.acme.Main.main(Main.java:3)\nCaused by: java.io.IOException: disk\n\tat com.acme.Disk.read(Disk.java:7)\n\t... 1 more";
const ROOT_FIRST =
  "java.io.IOException: disk\n\tat com.acme.Disk.read(Disk.java:7)\n\t... 1 common frames omitted\nWrapped by: java.lang.IllegalStateException: no\n\tat com.acme.Cart.pay(Cart.java:12)\n\tat com.acme.Main.main(Main.java:3)";
const PYTHON = 'Traceback (most recent call last):\n  File "/srv/shop/a.py", line 3, in f\n    g()\nValueError: bad';
const STACK_INFO = 'Stack (most recent call last):\n  File "/srv/shop/a.py", line 3, in f\n    g()';
const GO =
  "main.load\n\t/srv/shop/main.go:17\nmain.main\n\t/srv/shop/main.go:32\nruntime.main\n\t/usr/local/go/src/runtime/proc.go:283";
const VERBOSE = "refused\nmain.load\n\t/srv/shop/main.go:17\nmain.main\n\t/srv/shop/main.go:32";
const DOTNET =
  "System.InvalidOperationException: no\n ---> System.IO.IOException: disk\n   at Shop.Disk.Read() in /src/Disk.cs:line 7\n   --- End of inner exception stack trace ---\n   at Shop.Cart.Pay() in /src/Cart.cs:line 12";
const FIREFOX = "run@https://shop.example/a.js:1:2\nmain@https://shop.example/a.js:3:4";
const ELIXIR = "** (KeyError) no\n    lib/a.ex:3: Shop.Stock.fetch!/1\n    (elixir 1.14.0) lib/code.ex:1245: Code.require_file/2";
const DICTS = [
  {
    exc_type: "ValueError",
    exc_value: "bad",
    syntax_error: null,
    is_cause: false,
    is_group: false,
    exceptions: [],
    frames: [{ filename: "/srv/shop/a.py", lineno: 3, name: "f", line: "g()", locals: { a: "1" } }],
  },
];

const node = "node Error(1) < TypeError(2)";
const java = "java IOException(2) < IllegalStateException(2)";
const python = "python ValueError(1)";
const dotnet = "csharp System.IO.IOException(1) < System.InvalidOperationException(1)";
const go = "go ?(2)";

const CASES: readonly (readonly [name: string, record: object, trace: string])[] = [
  ["pino: err", { level: 50, err: { type: "TypeError", message: "boom: root", stack: NODE }, msg: "cannot pay" }, node],
  ["pino: errorKey", { level: 50, error: { type: "TypeError", message: "boom", stack: NODE }, msg: "cannot pay" }, node],
  ["bunyan: err", { v: 0, level: 50, msg: "boom", err: { message: "boom", name: "TypeError", stack: NODE } }, node],
  ["winston: errors({ stack })", { level: "error", message: "boom", stack: NODE }, node],
  ["zap: errorVerbose", { level: "error", msg: "x", error: "refused", errorVerbose: VERBOSE, stacktrace: GO }, go],
  ["zap: stacktrace", { level: "error", msg: "x", error: "refused", stacktrace: GO }, go],
  [
    "zap: errorCauses",
    { level: "error", msg: "x", error: "a; refused", errorCauses: [{ error: "a" }, { error: "refused", errorVerbose: VERBOSE }] },
    go,
  ],
  [
    "zerolog: stack as a list",
    {
      level: "error",
      error: "refused",
      stack: [
        { func: "load", line: "17", source: "main.go" },
        { func: "(*App).run", line: "32", source: "main.go" },
      ],
      message: "x",
    },
    go,
  ],
  ["zerolog: stack as text", { level: "error", error: "refused", stack: GO, message: "x" }, go],
  ["structlog: exception as text", { event: "x", level: "error", exception: PYTHON }, python],
  ["structlog: exception as dictionaries", { event: "x", level: "error", exception: DICTS }, python],
  ["structlog: exc_info", { event: "x", level: "error", exc_info: PYTHON }, python],
  ["structlog: stack", { event: "x", level: "error", stack: STACK_INFO }, "python ?(1)"],
  ["python-json-logger: exc_info", { message: "x", levelname: "ERROR", exc_info: PYTHON }, python],
  ["python-json-logger: exc_info as lines", { message: "x", levelname: "ERROR", exc_info: PYTHON.split("\n") }, python],
  ["python-json-logger: stack_info", { message: "x", levelname: "ERROR", stack_info: STACK_INFO }, "python ?(1)"],
  ["logstash-logback-encoder: stack_trace", { "@version": "1", message: "x", level: "ERROR", stack_trace: JAVA }, java],
  ["logstash-logback-encoder: root cause first", { "@version": "1", message: "x", stack_trace: ROOT_FIRST }, java],
  ["CLEF: @x", { "@t": "2026-01-02T03:04:05.0000000Z", "@mt": "cannot pay {Id}", Id: 3, "@l": "Error", "@x": DOTNET }, dotnet],
  ["Serilog: Exception", { Timestamp: "2026-01-02T03:04:05Z", Level: "Error", MessageTemplate: "x", Exception: DOTNET }, dotnet],
  [
    "ECS: dotted",
    { "log.level": "error", message: "x", "error.type": "java.lang.IllegalStateException", "error.stack_trace": JAVA },
    java,
  ],
  ["ECS: nested", { log: { level: "error" }, message: "x", error: { message: "no", stack_trace: JAVA } }, java],
  ["ECS: lines", { "log.level": "error", message: "x", "error.stack_trace": JAVA.split("\n") }, java],
  ["GELF: full_message", { version: "1.1", host: "h", short_message: "x", full_message: `x\n${JAVA}`, level: 3 }, java],
  ["Spring Boot: _error_stack_trace", { version: "1.1", host: "h", short_message: "x", _error_stack_trace: JAVA }, java],
  ["Google Cloud: stack_trace", { severity: "ERROR", message: "x", stack_trace: JAVA }, java],
  ["Google Cloud: the message itself", { severity: "ERROR", message: JAVA }, java],
  ["journald: MESSAGE", { MESSAGE: PYTHON, PRIORITY: "3", __REALTIME_TIMESTAMP: "1767323045000000" }, python],
  ["journald: MESSAGE as bytes", { MESSAGE: [...Buffer.from(PYTHON)], PRIORITY: "3" }, python],
  ["OpenTelemetry: exception.stacktrace", { severity: "ERROR", body: "x", "exception.stacktrace": JAVA }, java],
  ["log4j2: exception.stacktrace", { level: "ERROR", message: "x", exception: { stacktrace: JAVA } }, java],
  ["a browser: error.stack", { level: "error", message: "x", error: { name: "E", stack: FIREFOX } }, "javascript ?(2)"],
  ["a browser: error as text", { level: "error", message: "x", error: `TypeError: a\n${FIREFOX}` }, "javascript TypeError(2)"],
  ["Elixir: error as text", { level: "error", message: "x", error: ELIXIR }, "elixir KeyError(2)"],
  [
    "tracing (Rust): a chain without frames",
    { level: "ERROR", fields: { message: "x", error: "checkout failed\n\nCaused by:\n    0: no stock\n    1: refused" } },
    "native ?(0) < ?(0) < ?(0)",
  ],
  [
    "Dart: lines",
    { level: "ERROR", message: "x", stacktrace: ["#0      f (package:a/b.dart:1:2)", "#1      main (package:a/c.dart:3:4)"] },
    "other ?(2)",
  ],
];

describe("a record's trace", () => {
  for (const [name, record, expected] of CASES) {
    it(`is found where ${name} has it`, () => {
      const bytes = Buffer.from(JSON.stringify(record));

      const decoded = autoLine.decode(bytes, 0, bytes.length, provenance({ peer: "", receivedMs: 0 }));

      assert.ok(decoded !== NOTHING && !isMalformed(decoded));
      const trace = parseTrace(decoded.stackText ?? decoded.message)?.trace;
      const values = trace?.values.map(({ type, frames }) => `${type ?? "?"}(${frames.length})`).join(" < ");
      assert.equal(`${trace?.platform} ${values}`, expected);
    });
  }

  it("is not seen in texts of several lines without frames", () => {
    for (const error of [
      "no\nmail ops@shop.example:25 or call",
      "a\n    in the end\n    b.ex",
      "Caused by: rain\nand wind",
      "a\n@b:1",
    ]) {
      const bytes = Buffer.from(JSON.stringify({ level: "error", message: "x", error }));
      const decoded = autoLine.decode(bytes, 0, bytes.length, provenance({ peer: "", receivedMs: 0 }));
      assert.ok(decoded !== NOTHING && !isMalformed(decoded));
      assert.equal(decoded.stackText, undefined, error);
    }
  });
});

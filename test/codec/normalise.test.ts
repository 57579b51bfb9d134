import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { recordFromObject } from "../../src/codec/normalise.ts";
import type { Dialect } from "../../src/codec/spellings.ts";
import { severityName } from "../../src/record/severity.ts";
import { provenance } from "../support/provenance.ts";

const DIALECTS: readonly Dialect[] = ["gelf", "json", "forward", "grpc"];
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

function read(members: Record<string, unknown> | ReadonlyMap<string, unknown>, dialect: Dialect = "json", given = {}) {
  const record = recordFromObject(members, provenance(given), dialect);
  return { ...record, level: severityName(record.severity), fields: Object.fromEntries(record.fields) };
}

describe("a record's message", () => {
  it("is the best spelling of the dialect; the others stay fields", () => {
    assert.deepEqual(read({ text: "t", msg: "m", body: "b" }).fields, { text: "t", body: "b" });
    assert.equal(read({ text: "t", msg: "m" }).message, "m");
    assert.equal(read({ message: "m", log: "l" }, "forward").message, "l");
    assert.equal(read({ message: "m", short_message: "s" }, "gelf").message, "s");
    assert.equal(read({ message: "m" }, "gelf").message, "m");
  });

  it("becomes text when it is none", () => {
    const odd: [unknown, string][] = [
      [12345, "12345"],
      [true, "true"],
      [{ a: 1 }, '{"a":1}'],
      [[1, "x"], '[1,"x"]'],
      [12n, "12"],
      [Buffer.from("bytes"), "bytes"],
      [[104, 105], "hi"],
    ];
    for (const dialect of DIALECTS)
      for (const [value, text] of odd) assert.equal(read({ message: value, a: 1 }, dialect).message, text);
  });

  it("is (no message) when it is blank or missing, and no field", () => {
    for (const value of ["", "  \t\n", null, undefined]) {
      const { message, fields } = read({ message: value, a: 1 });
      assert.equal(message, "(no message)");
      assert.deepEqual(fields, { a: 1 });
    }
  });

  it("is the error, its trace, or the long message where there is no other", () => {
    assert.equal(read({ err: { type: "TypeError", message: "x is not a function" } }).message, "TypeError: x is not a function");
    assert.equal(read({ error: "connection refused" }).message, "connection refused");
    assert.equal(read({ stack: "Error: x\n    at a (b:1:2)" }).message, "Error: x");
    assert.equal(read({ short_message: "", full_message: "\nfirst\nsecond" }, "gelf").message, "first");
  });

  it("loses the line end that a collector left", () => {
    assert.equal(read({ log: "text\r\n" }, "forward").message, "text");
  });

  it("is structlog's event where there is no better, and then its template", () => {
    const { message, template } = read({ event: "user_logged_in", level: "info" });
    assert.equal(message, "user_logged_in");
    assert.equal(template, "user_logged_in");
    assert.deepEqual(read({ event: "e", message: "m" }).fields, { event: "e" });
    assert.deepEqual(read({ event: "e", body: "b" }).fields, { body: "b" });
    assert.deepEqual(read({ event: { dataset: "d" }, message: "m" }).fields, { event: { dataset: "d" } });
  });
});

describe("a record's level", () => {
  it("is info, not stated, where it is none", () => {
    for (const level of [undefined, null, "odd", {}, [], true, -1]) {
      const { severity, severityStated } = read({ message: "m", level });
      assert.equal(severity, 9);
      assert.equal(severityStated, false);
    }
    assert.deepEqual(read({ message: "m", level: "odd" }).fields, { level: "odd" });
  });

  it("is a word before a number, but for GELF, whose level is a number", () => {
    assert.equal(read({ message: "m", level: 40, levelname: "ERROR" }).level, "error");
    assert.equal(read({ message: "m", levelno: 40, status: "info" }).level, "error");
    assert.equal(read({ short_message: "m", level: 3, _severity: "info" }, "gelf").level, "error");
    assert.equal(read({ short_message: "m", _level: "info", level: 3 }, "gelf").level, "error");
    assert.equal(read({ short_message: "m", level: 25, _level_name: "WARNING" }, "gelf").level, "warning");
  });

  it("is not repeated among the fields by spellings that say the same", () => {
    assert.deepEqual(read({ message: "m", level: "ERROR", level_value: 40000 }).fields, {});
    assert.deepEqual(read({ message: "m", level: "ERROR", level_value: 30000 }).fields, { level_value: 30000 });
  });

  it("is never guessed from a number that anything may be", () => {
    for (const members of [{ priority: 1 }, { status: 3 }, { L: { a: 1 } }, { extra: { level: 3 } }, { "context.level": 0 }]) {
      assert.equal(read({ message: "m", ...members }).severityStated, false, JSON.stringify(members));
    }
    assert.equal(read({ message: "m", status: "error" }).level, "error");
    assert.equal(read({ message: "m", level: 30, status: "error" }).level, "info");
  });
});

describe("a record's names and ids", () => {
  it("come from their spellings and leave the fields", () => {
    const { fields, ...record } = read({
      message: "m",
      "logger.name": "shop.orders",
      service: { name: "shop", version: "1.4.2", environment: "prod" },
      host: { name: "web-1" },
      build: 7,
      "http.route": "/orders/:id",
      traceparent: `00-${TRACE}-${SPAN}-01`,
      "X-Request-Id": 42,
      fingerprint: ["a", 1],
    });

    assert.deepEqual(fields, { build: 7 });
    assert.equal(record.logger, "shop.orders");
    assert.equal(record.service, "shop");
    assert.equal(record.release, "1.4.2");
    assert.equal(record.environment, "prod");
    assert.equal(record.host, "web-1");
    assert.equal(record.dist, "7");
    assert.equal(record.transaction, "/orders/:id");
    assert.equal(record.traceId, TRACE);
    assert.equal(record.spanId, SPAN);
    assert.equal(record.requestId, "42");
    assert.deepEqual(record.fingerprint, ["a", "1"]);
  });

  it("stay fields where they do not fit, and the next spelling counts", () => {
    const { traceId, logger, fields, timeMs } = read({
      message: "m",
      trace_id: "abc",
      otelTraceID: TRACE,
      logger: 3,
      name: "n",
      timestamp: "soon",
      time: 1787000000,
    });
    assert.equal(traceId, TRACE);
    assert.equal(logger, "n");
    assert.equal(timeMs, 1787000000000);
    assert.deepEqual(fields, { trace_id: "abc", logger: 3, timestamp: "soon" });
  });

  it("prefer a logger to a facility, which stays a field then", () => {
    assert.deepEqual(read({ short_message: "m", facility: "f", _logger: "l" }, "gelf").fields, { facility: "f" });
    assert.equal(read({ short_message: "m", _facility: "f" }, "gelf").logger, "f");
    assert.equal(read({ short_message: "m", _program: "su", _facility: "auth" }, "gelf").logger, "su");
  });

  it("take an everyday word for a logger only where its value is one word", () => {
    for (const name of ["name", "component", "context", "channel"]) {
      assert.equal(read({ message: "m", [name]: "orders" }).logger, "orders", name);
      assert.equal(read({ message: "m", [name]: "Ada Lovelace" }).logger, undefined, name);
    }
    assert.deepEqual(read({ message: "m", name: "Ada Lovelace" }).fields, { name: "Ada Lovelace" });
    assert.equal(read({ message: "m", logger: "order service" }).logger, "order service");
  });

  it("take the peer for a host that the record does not name", () => {
    assert.equal(read({ message: "m" }).host, "10.0.0.7");
    assert.equal(read({ message: "m", host: "" }).host, "10.0.0.7");
    assert.equal(read({ message: "m" }, "json", { peer: "" }).host, undefined);
  });

  it("read Datadog's decimal ids", () => {
    const { traceId, spanId, service, environment, release, fields } = read({
      message: "m",
      dd: { trace_id: "7203685477580712345", span_id: "1", service: "s", env: "e", version: "v" },
    });
    const ids = ["000000000000000063f8a1c66cd6a999", "0000000000000001"];
    assert.deepEqual([traceId, spanId, service, environment, release], [...ids, "s", "e", "v"]);
    assert.deepEqual(fields, {});
    const odd = { trace_id: "18446744073709551616", span_id: "0" };
    assert.deepEqual(read({ message: "m", dd: odd }).fields, { dd: odd });
  });

  it("take a release from a version or a commit, but not from any number", () => {
    const names = ["version", "git_sha", "commit", "image_tag"];
    for (const release of ["1.4.2", "v2.0", "2024.11.3-rc1", "1.0.0+build.5", "3f2a9c8b7d6e"])
      for (const name of names) assert.equal(read({ message: "m", [name]: release }).release, release, name);
    for (const other of ["1", "1.1", 2, "HTTP/1.1", "latest", "abcdefabc", "1234567", "", "x".repeat(2_000)])
      for (const name of names) assert.equal(read({ message: "m", [name]: other }).release, undefined, String(other));
    assert.equal(read({ message: "m", version: "1.4.2", release: "9" }).release, "9");
  });

  it("take the environment from what frameworks call it", () => {
    for (const name of ["NODE_ENV", "rails_env", "APP_ENV", "ASPNETCORE_ENVIRONMENT", "spring.profiles.active", "Environment"])
      assert.equal(read({ message: "m", [name]: "staging" }).environment, "staging", name);
  });

  it("take the user from the objects of frameworks", () => {
    const bob = { id: 7, username: "bob", email: "b@x" };
    for (const members of [
      { user: bob },
      { current_user: bob },
      { currentUser: bob },
      { req: { user: bob } },
      { request: { user: bob } },
    ])
      assert.deepEqual(read({ message: "m", ...members }).user, { ...bob, id: "7" }, JSON.stringify(members));
  });

  it("take a fingerprint of one text, bounded", () => {
    assert.deepEqual(read({ message: "m", fingerprint: "only" }).fingerprint, ["only"]);
    assert.equal(read({ message: "m", fingerprint: Array.from({ length: 20 }, () => "x".repeat(300)) }).fingerprint?.length, 10);
    for (const odd of [[], [""], [{}], {}, " "]) assert.equal(read({ message: "m", fingerprint: odd }).fingerprint, undefined);
  });
});

describe("a record's error", () => {
  it("is read from an object, whose other members stay", () => {
    const { errorType, errorMessage, stackText, fields } = read({
      message: "m",
      err: { type: "E", message: "x", stack: "E: x\n    at a (b:1:2)", code: "EPIPE" },
    });
    assert.deepEqual([errorType, errorMessage, stackText], ["E", "x", "E: x\n    at a (b:1:2)"]);
    assert.deepEqual(fields, { err: { code: "EPIPE" } });
  });

  it("keeps a sentence about it among the fields, but no trace", () => {
    assert.deepEqual(read({ message: "m", error: "refused" }).fields, { error: "refused" });
    assert.deepEqual(read({ message: "m", exception: "E: x\n    at a (b:1:2)" }).fields, {});
    assert.deepEqual(read({ message: "m", exc_info: true }).fields, { exc_info: true });
  });

  it("takes GELF's long message for a trace where it has lines, and keeps it unless it is the short one", () => {
    const trace = "boom\njava.lang.Error\n\tat a.B.c(B.java:1)\n";
    const long = read({ short_message: "boom", full_message: trace }, "gelf");
    assert.equal(long.stackText, trace);
    assert.deepEqual(long.fields, { full_message: trace });
    const same = read({ short_message: "boom", full_message: "boom\n" }, "gelf");
    assert.equal(same.stackText, undefined);
    assert.deepEqual(same.fields, {});
    assert.deepEqual(read({ short_message: "boom", full_message: "one line more" }, "gelf").stackText, undefined);
  });
});

describe("a line inside a record", () => {
  const line = { level: "error", msg: "order failed", time: "2026-08-21T11:59:59Z", stream: "inner", hostname: "pod-1" };
  const text = `${JSON.stringify(line)}\n`;

  it("is merged, and says more than its carrier", () => {
    const { fields, ...record } = read({ log: text, stream: "stdout", time: "2026-08-21T11:59:59.5Z", level: "info" }, "forward");
    assert.equal(record.message, "order failed");
    assert.equal(record.level, "error");
    assert.equal(record.host, "pod-1");
    assert.equal(record.timeMs, Date.parse("2026-08-21T11:59:59Z"));
    assert.equal(record.rawLine, false);
    assert.deepEqual(fields, { stream: "inner" });
  });

  it("is looked for where collectors put it, and nowhere else", () => {
    for (const name of ["log", "message", "msg", "MESSAGE"])
      assert.equal(read({ [name]: text }, "forward").message, "order failed", name);
    assert.equal(read({ log: text }).message, "order failed");
    assert.equal(read({ message: text }).message, text.trimEnd());
    assert.equal(read({ short_message: text }, "gelf").message, text.trimEnd());
    assert.equal(read({ message: text }, "grpc").message, text.trimEnd());
    assert.equal(read({ short_message: text, level: 6, _container_id: "c" }, "gelf").level, "error");
  });

  it("is GELF where it is GELF", () => {
    const { message, fields } = read({ log: '{"version":"1.1","short_message":"m","_team":"checkout"}' }, "forward");
    assert.equal(message, "m");
    assert.deepEqual(fields, { team: "checkout" });
  });

  it("is text where it only looks like an object", () => {
    for (const odd of ["{", "{}", "{oops}", "[1]", '"x"', `{"a":${"[".repeat(50)}}`, "{'a':1}"]) {
      const { message, rawLine } = read({ log: odd }, "forward");
      assert.equal(message, odd);
      assert.equal(rawLine, true, odd);
    }
  });

  it("stands in for a message that it does not have", () => {
    assert.equal(read({ log: '{"a":1}' }, "forward").message, '{"a":1}');
  });
});

describe("a raw line", () => {
  it("is a container's line, without colours", () => {
    const docker = read(
      { log: "\u001b[31mERROR\u001b[0m x", container_id: "c", source: "stderr", "com.example.team": "x" },
      "forward",
    );
    assert.equal(docker.rawLine, true);
    assert.equal(docker.message, "ERROR x");
    assert.equal(read({ message: "tailed", file: "/x.log" }, "forward").rawLine, true);
    assert.equal(read({ MESSAGE: "x", PRIORITY: "6", _PID: "1", SYSLOG_IDENTIFIER: "a" }, "forward").rawLine, true);
    assert.equal(read({ log: "x" }).rawLine, true);
    // A logger that states its level writes records, after which no line of a stack trace comes by itself.
    for (const level of ["error", 50]) {
      assert.equal(read({ message: "x", level }, "forward").rawLine, false);
      assert.equal(read({ log: "x", level, service: "shop", hostname: "h" }, "forward").rawLine, false);
    }
  });

  it("is what Docker's gelf driver sends, whose level is only that of the stream", () => {
    const members = {
      version: "1.1",
      host: "h",
      short_message: "x",
      level: 3,
      _container_id: "c",
      _container_name: "web",
      _image_id: "i",
      _image_name: "web:1.2",
      _command: "x",
      _tag: "t",
      _created: "2026-08-21T11:00:00Z",
    };
    const { rawLine, severityStated, level, release, fields } = read(members, "gelf");
    assert.deepEqual([rawLine, severityStated, level, release], [true, false, "error", "1.2"]);
    assert.deepEqual(fields, {
      container_id: "c",
      container_name: "web",
      image_id: "i",
      image_name: "web:1.2",
      command: "x",
      tag: "t",
      created: "2026-08-21T11:00:00Z",
    });
    const other = read({ short_message: "x", level: 3, _container_id: "c" }, "gelf");
    assert.deepEqual([other.rawLine, other.severityStated], [true, true]);
    assert.equal(read({ ...members, full_message: "long" }, "gelf").rawLine, false);
  });

  it("is no record that says more than a line", () => {
    assert.equal(read({ message: "m", user: "x" }, "forward").rawLine, false);
    assert.equal(read({ message: "m" }).rawLine, false);
    assert.equal(read({ log: "x", stack: "E\n  at a" }, "forward").rawLine, false);
    assert.equal(read({ message: "m" }, "grpc").rawLine, false);
  });
});

describe("request metadata", () => {
  const metadata = new Map([
    ["traceparent", `00-${TRACE}-${SPAN}-01`],
    ["user_id", "42"],
    ["env", "prod"],
    ["tenant", "acme"],
    ["message", "never"],
  ]);

  it("fills what the record does not carry", () => {
    const { traceId, spanId, user, environment, fields, message } = read({ message: "m" }, "grpc", { metadata });
    assert.deepEqual([traceId, spanId, environment, message], [TRACE, SPAN, "prod", "m"]);
    assert.deepEqual(user, { id: "42" });
    assert.deepEqual(fields, { tenant: "acme" });
  });

  it("gives way to what the record carries", () => {
    const { traceId, user, environment, fields } = read(
      { message: "m", trace_id: "a".repeat(32), user_id: 7, environment: "dev", tenant: "own" },
      "grpc",
      { metadata },
    );
    assert.deepEqual([traceId, environment], ["a".repeat(32), "dev"]);
    assert.deepEqual(user, { id: "7" });
    assert.deepEqual(fields, { tenant: "own" });
  });

  it("is not mixed up with labels, which are not copied", () => {
    assert.deepEqual(read({ message: "m" }, "grpc", { labels: new Map([["team", "x"]]) }).fields, {});
  });
});

describe("recordFromObject", () => {
  it("keeps every other member under its mended name, in order", () => {
    const record = recordFromObject(
      { short_message: "m", _b: 1, _a: true, c: [1], _id: "x", version: "1.1" },
      provenance(),
      "gelf",
    );
    assert.deepEqual(
      [...record.fields],
      [
        ["b", 1],
        ["a", true],
        ["c", [1]],
        ["gelf_id", "x"],
      ],
    );
  });

  it("reads maps as it reads objects", () => {
    const members = { message: "m", level: "error", n: { a: 1 }, user: { id: "1" } };
    const map = new Map<string, unknown>([
      ["message", "m"],
      ["level", "error"],
      ["n", new Map([["a", 1]])],
      ["user", new Map([["id", "1"]])],
    ]);
    assert.deepEqual(read(map), read(members));
  });

  it("keeps nothing of one record in the next", () => {
    read({
      message: "m",
      level: "fatal",
      trace_id: TRACE,
      user_id: 1,
      url: "/",
      kubernetes: { pod_name: "p" },
      template: "x",
      err: { type: "E" },
    });
    const { fields, from: _from, ...record } = read({ message: "n" });
    assert.deepEqual(fields, {});
    for (const [name, value] of Object.entries(record)) {
      assert.ok(
        value === undefined || ["timeMs", "severity", "severityStated", "message", "rawLine", "host", "level"].includes(name),
        name,
      );
    }
  });

  it("fills every property in one order, so that records look alike to the engine", () => {
    const shapes = DIALECTS.map((dialect) =>
      Object.keys(recordFromObject({ message: "m", url: "/", user_id: 1, kubernetes: {} }, provenance(), dialect)).join(),
    );
    assert.equal(new Set(shapes).size, 1);
  });

  it("makes a valid record of anything", () => {
    const names = fc.oneof(
      fc.constantFrom(
        "message",
        "level",
        "time",
        "log",
        "error",
        "err",
        "exception",
        "stack",
        "kubernetes",
        "http",
        "req",
        "user",
        "trace_id",
        "fields",
        "context",
        "fingerprint",
        "full_message",
        "short_message",
        "_container_id",
        "@mt",
        "__proto__",
        "constructor",
        "toString",
      ),
      fc.string(),
    );
    const value = fc.anything({
      withBigInt: true,
      withMap: true,
      withDate: true,
      withTypedArray: true,
      withNullPrototype: true,
      maxDepth: 4,
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(names, value), { maxLength: 12 }),
        fc.constantFrom(...DIALECTS),
        fc.boolean(),
        (entries, dialect, asMap) => {
          const members = asMap ? new Map(entries) : (Object.fromEntries(entries) as Record<string, unknown>);
          const record = recordFromObject(members, provenance(), dialect);
          assert.ok(record.message !== "");
          assert.ok(Number.isFinite(record.timeMs));
          assert.ok([1, 5, 9, 10, 13, 17, 21].includes(record.severity));
          assert.equal(typeof JSON.stringify([...record.fields]), "string");
          assert.ok(record.fields.size <= 270);
        },
      ),
      { numRuns: 500 },
    );
  });
});

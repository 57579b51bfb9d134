import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { Writable } from "node:stream";
import { describe, it } from "node:test";
import { pino } from "pino";
import winston from "winston";
import { autoLine } from "../../src/codec/auto-line.ts";
import { isMalformed, NOTHING } from "../../src/component/codec.ts";
import type { LogRecord } from "../../src/record/record.ts";
import { severityName } from "../../src/record/severity.ts";
import { provenance } from "../support/provenance.ts";

/** The part of bunyan used here; it comes without types. */
interface Bunyan {
  createLogger(options: object): Record<"info" | "error" | "fatal", (fields: object | string, message?: string) => void>;
  readonly stdSerializers: object;
}
const bunyan = createRequire(import.meta.url)("bunyan") as Bunyan;

/** What the lines of a real logger decode to. */
function recordsOf(log: (sink: Writable) => void): LogRecord[] {
  let text = "";
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  log(sink);
  const from = provenance({ peer: "", receivedMs: Date.now() });
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const bytes = Buffer.from(line);
      const decoded = autoLine.decode(bytes, 0, bytes.length, from);
      assert.ok(decoded !== NOTHING && !isMalformed(decoded));
      return decoded;
    });
}

/** A logger stamps its lines just now. */
function assertNow({ timeMs }: LogRecord): void {
  assert.ok(Math.abs(timeMs - Date.now()) < 60_000, String(timeMs));
}

describe("pino itself", () => {
  it("is read with its levels, errors, requests and children", () => {
    const records = recordsOf((sink) => {
      const log = pino({ name: "shop", level: "trace" }, sink);
      log.info({ team: "checkout" }, "hello %s", "there");
      log.error(new TypeError("boom", { cause: new Error("root") }));
      log.error({ err: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }) }, "cannot load");
      log.child({ reqId: "r-1" }).warn(
        {
          req: { method: "GET", url: "/a?b=1", headers: { host: "shop" }, remoteAddress: "10.0.0.9" },
          res: { statusCode: 500 },
        },
        "request failed",
      );
      log.trace("low");
      log.fatal("high");
    });
    const [info, boom, refused, request] = records;

    assert.deepEqual(
      records.map(({ severity }) => severityName(severity)),
      ["info", "error", "error", "warning", "trace", "fatal"],
    );
    for (const record of records) {
      assertNow(record);
      assert.equal(record.logger, "shop");
      assert.equal(record.severityStated, true);
      assert.ok(record.host);
    }
    assert.equal(info?.message, "hello there");
    assert.equal(info?.fields.get("team"), "checkout");
    assert.equal(boom?.message, "boom");
    assert.equal(boom?.errorType, "TypeError");
    assert.match(boom?.stackText ?? "", /^TypeError: boom\n[^]*caused by: Error: root\n/);
    assert.deepEqual(refused?.fields.get("err"), { code: "ECONNREFUSED" });
    assert.equal(request?.requestId, "r-1");
    assert.deepEqual(request?.request, {
      method: "GET",
      url: "/a",
      query_string: "b=1",
      status: 500,
      headers: { Host: "shop" },
      remoteAddress: "10.0.0.9",
    });
  });

  it("is read with labels for levels, ISO times and other keys", () => {
    const [record] = recordsOf((sink) => {
      const log = pino(
        {
          messageKey: "message",
          timestamp: pino.stdTimeFunctions.isoTime,
          formatters: { level: (level) => ({ severity: level.toUpperCase() }) },
        },
        sink,
      );
      log.error("x");
    });
    assert.ok(record);
    assertNow(record);
    assert.equal(record.message, "x");
    assert.equal(record.severity, 17);
  });
});

describe("bunyan itself", () => {
  it("is read with its levels, errors and requests", () => {
    const [info, error, fatal] = recordsOf((sink) => {
      const log = bunyan.createLogger({ name: "shop", serializers: bunyan.stdSerializers, streams: [{ stream: sink }] });
      log.info("hello");
      log.error({ err: new RangeError("x") }, "oops");
      log.fatal(
        { req: { method: "GET", url: "/x", headers: {}, connection: { remoteAddress: "10.0.0.9", remotePort: 2 } } },
        "dead",
      );
    });

    assert.ok(info && error && fatal);
    assertNow(info);
    assert.deepEqual([info.message, info.logger, severityName(info.severity)], ["hello", "shop", "info"]);
    assert.deepEqual(
      [error.message, error.errorType, error.errorMessage, severityName(error.severity)],
      ["oops", "RangeError", "x", "error"],
    );
    assert.match(error.stackText ?? "", /^RangeError: x\n/);
    assert.equal(severityName(fatal.severity), "fatal");
    assert.deepEqual(fatal.request, { method: "GET", url: "/x", remoteAddress: "10.0.0.9" });
  });
});

describe("winston itself", () => {
  it("is read with its levels, errors, times and objects", () => {
    const { errors, timestamp, json, combine } = winston.format;
    const records = recordsOf((sink) => {
      const log = winston.createLogger({
        level: "silly",
        defaultMeta: { service: "shop" },
        format: combine(errors({ stack: true }), timestamp(), json()),
        transports: [new winston.transports.Stream({ stream: sink })],
      });
      log.error(new Error("bad"));
      log.warn("hot", { degrees: 90 });
      log.http("GET /");
      log.log({ level: "info", message: { a: 1 } as unknown as string });
      log.silly("hm");
    });

    assert.deepEqual(
      records.map(({ severity, message }) => [severityName(severity), message]),
      [
        ["error", "bad"],
        ["warning", "hot"],
        ["debug", "GET /"],
        ["info", '{"a":1}'],
        ["trace", "hm"],
      ],
    );
    for (const record of records) {
      assertNow(record);
      assert.equal(record.service, "shop");
    }
    assert.match(records[0]?.stackText ?? "", /^Error: bad\n {4}at /);
    assert.deepEqual([...(records[1]?.fields ?? [])], [["degrees", 90]]);
  });

  it("is read with syslog levels and colours", () => {
    const records = recordsOf((sink) => {
      const log = winston.createLogger({
        levels: winston.config.syslog.levels,
        format: winston.format.combine(winston.format.colorize({ colors: winston.config.syslog.colors }), winston.format.json()),
        transports: [new winston.transports.Stream({ stream: sink })],
      });
      log.log("crit", "a");
      log.log("notice", "b");
    });
    assert.deepEqual(
      records.map(({ severity }) => severityName(severity)),
      ["fatal", "notice"],
    );
  });
});

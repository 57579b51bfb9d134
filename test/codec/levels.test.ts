import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { severityOf } from "../../src/codec/levels.ts";
import type { Form } from "../../src/codec/spellings.ts";
import { severityName } from "../../src/record/severity.ts";

function named(value: unknown, form?: Form, gelf = false): string | undefined {
  const severity = severityOf(value, form, gelf);
  return severity === undefined ? undefined : severityName(severity);
}

const WORDS: Record<string, string> = {
  fatal: "emerg emergency panic alert crit critical fatal dpanic FATAL Critical FTL FATL PANIC Fault f C ASSERT A wtf CRT abort",
  error: "err error severe ERR Error SEVERE E eror ERRO LOG_ERR E! exception fail Failure SCHWERWIEGEND Grave \u4e25\u91cd",
  warning: "warn warning WARN Warning WRN w W! caution minor deprecated WARNUNG Avertissement \u8b66\u544a",
  notice: "notice NOTICE Notice note N",
  info: "info information informational INFO Info inf log success I DEFAULT AUDIT I! STATEMENT Infos \u4fe1\u606f",
  debug: "debug fine finer config verbose DEBUG Verbose DBG VERB http timing DEBUG5 d V",
  trace: "trace finest silly TRACE TRC trce t ALL",
};

describe("severityOf", () => {
  for (const [severity, words] of Object.entries(WORDS)) {
    it(`knows the words for ${severity}`, () => {
      for (const word of words.split(" ")) assert.equal(named(word), severity, word);
    });
  }

  it("reads words in any case, padded, coloured, bracketed", () => {
    assert.equal(named("wArNiNg"), "warning");
    assert.equal(named(" WARN"), "warning");
    assert.equal(named("INFO    "), "info");
    assert.equal(named("\u001b[32minfo\u001b[39m"), "info");
    assert.equal(named("\u001b[1;31mERROR\u001b[0m"), "error");
    assert.equal(named("[ERROR]"), "error");
    assert.equal(named("warn:"), "warning");
    assert.equal(named("<debug>"), "debug");
  });

  it("reads slog's levels with their offsets", () => {
    const levels = ["DEBUG-4", "DEBUG-1", "DEBUG+2", "INFO+1", "INFO+2", "WARN+1", "WARN-1", "ERROR-1", "ERROR+2", "ERROR+4"];
    const expected = ["trace", "debug", "debug", "info", "info", "warning", "info", "warning", "error", "fatal"];
    assert.deepEqual(
      levels.map((level) => named(level)),
      expected,
    );
  });

  it("reads OpenTelemetry's short names and numbers", () => {
    assert.deepEqual(
      ["TRACE2", "DEBUG3", "INFO4", "WARN2", "ERROR3", "FATAL4"].map((level) => named(level)),
      ["trace", "debug", "info", "warning", "error", "fatal"],
    );
    assert.deepEqual(
      [1, 4, 5, 9, 10, 13, 16, 17, 20, 21, 24].map((level) => named(level, "otel")),
      ["trace", "trace", "debug", "info", "notice", "warning", "warning", "error", "error", "fatal", "fatal"],
    );
    assert.equal(named(0, "otel"), undefined);
    assert.equal(named(25, "otel"), undefined);
  });

  it("takes 0 to 7 for syslog everywhere, and nothing else in GELF", () => {
    const syslog = ["fatal", "fatal", "fatal", "error", "warning", "notice", "info", "debug"];
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((level) => named(level, undefined, true)),
      syslog,
    );
    assert.deepEqual(
      ["0", "1", "2", "3", "4", "5", "6", "7"].map((level) => named(level, undefined, true)),
      syslog,
    );
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((level) => named(level)),
      syslog,
    );
    for (const level of [8, 9, 10, 25, 30, 50, -1, 2.5, Number.NaN])
      assert.equal(named(level, undefined, true), undefined, String(level));
    assert.equal(named("err", undefined, true), "error");
  });

  it("reads pino's and bunyan's numbers, and those in between", () => {
    assert.deepEqual(
      [10, 20, 25, 30, 35, 40, 50, 55, 60, 70].map((level) => named(level)),
      ["trace", "debug", "debug", "info", "info", "warning", "error", "error", "fatal", "fatal"],
    );
    assert.equal(named("50"), "error");
    assert.equal(named(8), undefined);
    assert.equal(named(9), undefined);
  });

  it("reads the numbers of Python, Monolog, logback, Google Cloud and Serilog where the name tells", () => {
    assert.deepEqual(
      [5, 10, 20, 25, 30, 40, 50, 60].map((level) => named(level, "python")),
      ["trace", "debug", "info", "info", "warning", "error", "fatal", "fatal"],
    );
    assert.deepEqual(
      [100, 200, 250, 300, 400, 500, 550, 600].map((level) => named(level)),
      ["debug", "info", "notice", "warning", "error", "fatal", "fatal", "fatal"],
    );
    assert.deepEqual(
      [5000, 10000, 20000, 30000, 40000, 50000].map((level) => named(level, "logback")),
      ["trace", "debug", "info", "warning", "error", "fatal"],
    );
    assert.deepEqual(
      [100, 200, 300, 400, 500, 600, 800].map((level) => named(level, "cloud")),
      ["debug", "info", "notice", "warning", "error", "fatal", "fatal"],
    );
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5].map((level) => named(level, "serilog")),
      ["trace", "debug", "info", "warning", "error", "fatal"],
    );
  });

  it("reads the numbers of Application Insights and of MySQL", () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5].map((level) => named(level, "insights")),
      ["debug", "info", "warning", "error", "fatal", undefined],
    );
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((level) => named(level, "mysql")),
      ["info", "error", "warning", "info", undefined],
    );
  });

  it("takes a guess only for what it can be", () => {
    assert.equal(named("error", "word"), "error");
    assert.equal(named("500", "word"), undefined);
    assert.equal(named(500, "word"), undefined);
    assert.equal(named("config", "word"), undefined);
    assert.equal(named("3", "digit"), "error");
    assert.equal(named(3, "digit"), undefined);
    assert.equal(named("W", "letter"), "warning");
    assert.equal(named("w", "letter"), undefined);
  });

  it("finds none in anything else", () => {
    for (const value of [
      "",
      " ",
      "loud",
      "level 3",
      "high",
      "-",
      "x".repeat(1 << 20),
      null,
      undefined,
      true,
      {},
      [],
      ["error"],
    ]) {
      assert.equal(named(value), undefined);
    }
  });
});

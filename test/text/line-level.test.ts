import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { severityName } from "../../src/record/severity.ts";
import { levelOfLine } from "../../src/text/line-level.ts";

const LINES: readonly (readonly [line: string, level: string | undefined])[] = [
  ["ERROR could not charge card", "error"],
  ["2026-01-02 03:04:05,123 ERROR [main] c.a.Shop - no", "error"],
  ["2026-01-02T03:04:05.123Z WARN  shop::stock: low", "warning"],
  ["2026/08/21 17:00:43 [error] 31#31: *7 connect() failed", "error"],
  ["[warn] low disk", "warning"],
  ["[ERROR] FATAL UNHANDLED EXCEPTION: System.Exception", "error"],
  ["Jan  2 03:04:05 web-1 shop[12]: CRITICAL: no", "fatal"],
  ["WARN: slow", "warning"],
  ["warning: unused variable", "warning"],
  ["fail: Microsoft.AspNetCore.Server.Kestrel[13]", "error"],
  ["SEVERE: request 12 failed", "error"],
  ["E0123 12:34:56.789012   1234 file.go:12] no", "error"],
  ["I0123 12:34:56.789012   1234 file.go:12] yes", "info"],
  ["F20261120 14:43:26.808656 15003 stock.cc:2] Check failed: n > 5", "fatal"],
  ["Nov 20 10:47:40 a-host-with-a-long-name.shop.example shop/worker[812]: 2026-11-20 10:47:40 UTC [17] app@shop ERROR:  no", "error"],
  ["Nov 20 10:47:40 web1 shop[812]: main.swift:5: Fatal error: no", "fatal"],
  ["<3>something broke", "error"],
  ["<187>Aug 21 17:00:43 web1 nginx: x", "error"],
  ['level=warn msg="slow query"', "warning"],
  ['time=2026-01-02T03:04:05Z level=ERROR msg="no"', "error"],
  ['{"level":"error","msg":"no"}', "error"],
  ["E, [2026-01-02T03:04:05.678 #12] ERROR -- : no", "error"],
  ["12:00:00.000 [main] DEBUG c.a.Shop - x", "debug"],
  ["1:M 02 Jan 2026 03:04:05.678 # Server started", undefined],
  ["[2026-01-02T03:04:05.634945+00:00] app.ERROR: could not check out [] []", "error"],
  ["[2026-01-02 03:04:05] production.EMERGENCY: no", "fatal"],
  ["[2026-01-02 03:04:05] see shop.README: no", undefined],
  ["FATAL:  password authentication failed", "fatal"],
  ["|INFO|", "info"],
  ["CRITICAL:root:x", "fatal"],
  ["INFO:     127.0.0.1:1234 - \"GET / HTTP/1.1\" 200 OK", "info"],
  ["no errors found", undefined],
  ["0 error(s), 3 warning(s)", undefined],
  ["the error was handled", undefined],
  ["TypeError: x is not a function", undefined],
  ["ERROR_COUNT=5", undefined],
  ["/var/log/ERROR.log rotated", undefined],
  ["user@ERROR.example", undefined],
  ["INFORMATION about ERRORS", undefined],
  ["shop/main.swift:5: Fatal error: Unexpectedly found nil", "fatal"],
  ["stock.c:23:50: runtime error: signed integer overflow", "error"],
  ["no fatal error: all is well", undefined],
  ["level up!", undefined],
  ["config: loaded /etc/shop.yml", undefined],
  ["[config] loaded", undefined],
  ["CONFIG: logger set up", "debug"],
  ["dbug: Shop.Cart[0]", "debug"],
  ["<999>not syslog", undefined],
  [`${"x".repeat(90)} ERROR too late`, undefined],
  ["", undefined],
]; // prettier-ignore

describe("levelOfLine", () => {
  for (const [line, level] of LINES) {
    it(`${level === undefined ? "sees no level" : `sees ${level}`} in ${JSON.stringify(line.slice(0, 60))}`, () => {
      const found = levelOfLine(line);

      assert.equal(found === undefined ? undefined : severityName(found), level);
    });
  }

  it("gets through hostile megabytes", () => {
    for (const seed of ["[", "level=", "ERROR", "<1", "a", " ", "[error", "|"]) levelOfLine(seed.repeat(1 << 20));
  });
});

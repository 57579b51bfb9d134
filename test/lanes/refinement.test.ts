import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refine } from "../../src/lanes/refinement.ts";
import { newRecord, type LogRecord } from "../../src/record/record.ts";
import { Severity } from "../../src/record/severity.ts";

const from = { input: "edge", peer: "", receivedMs: 0, tag: "", labels: undefined, metadata: undefined };

function refined(message: string, overrides: Partial<LogRecord> = {}): LogRecord {
  const record = Object.assign(newRecord(from, message), overrides);
  refine(record);
  return record;
}

describe("refine", () => {
  it("reads the level of a raw line, and of no other", () => {
    assert.equal(refined("2026-01-02 03:04:05 ERROR boom", { rawLine: true }).severity, Severity.error);
    assert.equal(refined("2026-01-02 03:04:05 ERROR boom").severity, Severity.info);
    assert.equal(refined("ERROR boom", { rawLine: true, severityStated: true }).severity, Severity.info);
  });

  it("takes a trace without any level for an error", () => {
    const trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nValueError: x';

    assert.equal(refined(trace).severity, Severity.error);
    assert.equal(refined(trace, { severityStated: true }).severity, Severity.info);
  });

  it("reads an nginx error line, whatever brought it", () => {
    const text =
      "2026/08/21 17:00:43 [crit] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.9, " +
      'server: shop.example, request: "GET /a?b=1 HTTP/1.1", upstream: "http://10.0.0.2:8080/a", host: "shop.example", referrer: "https://x.example/"';
    const one = refined(text);
    const other = refined(
      text.replaceAll("10.0.0", "10.1.1").replaceAll("/a", "/b").replace("*7", "*9").replace("31#31", "32#32"),
    );

    assert.deepEqual([one.logger, one.severity, one.user?.ip_address], ["nginx", Severity.fatal, "10.0.0.9"]);
    assert.deepEqual(one.request, {
      method: "GET",
      url: "http://shop.example/a",
      query_string: "b=1",
      headers: { Host: "shop.example", Referer: "https://x.example/" },
    });
    assert.equal(one.fields.get("upstream"), "http://10.0.0.2:8080/a");
    assert.equal(one.template, other.template);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventJson } from "../../src/sentry/event.ts";
import { withStormReport, type HeldBack } from "../../src/sentry/storm-report.ts";
import { DEFAULTS, eventParts, NOON_MS, record } from "../support/sentry-records.ts";

const HELD: HeldBack = {
  suppressed: 12,
  firstMs: NOON_MS,
  lastMs: NOON_MS + 1_000,
  hosts: new Map([
    ["web-1", 7],
    ['web "2"', 2],
  ]),
  otherHosts: 3,
};

const REPORT = {
  storm: "12 more since 2026-11-20T10:00:00.123Z",
  storm_suppressed: 12,
  storm_first: "2026-11-20T10:00:00.123Z",
  storm_last: "2026-11-20T10:00:01.123Z",
  storm_hosts: { "web-1": 7, 'web "2"': 2 },
  storm_other_hosts: 3,
};

function extraOf(body: Uint8Array): object {
  return (JSON.parse(Buffer.from(body).toString()) as { extra: object }).extra;
}

describe("storm report", () => {
  it("joins what is in extra already", () => {
    for (const fields of [{}, { a: 1 }, { a: {} }, { a: { b: {} } }, { text: 'ends with "}}' }]) {
      const body = Buffer.from(eventJson(eventParts(record({ fields })), DEFAULTS));
      const { extra, ...event } = JSON.parse(withStormReport(body, HELD).toString()) as { extra: object };
      const { extra: _before, ...before } = JSON.parse(body.toString()) as { extra: object };
      assert.deepEqual(extra, { ...fields, ...REPORT });
      assert.deepEqual(event, before);
    }
  });

  it("says nothing of other hosts where all are named", () => {
    const body = Buffer.from('{"extra":{}}');
    const { storm_other_hosts: _, ...report } = REPORT;
    assert.deepEqual(extraOf(withStormReport(body, { ...HELD, otherHosts: 0 })), report);
  });

  it("keeps the largest event within what a tracker takes, whatever hosts are called", () => {
    const fields = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, "x".repeat(16_000)]));
    const breadcrumbs = Array.from({ length: 100 }, () => `{"message":"${"y".repeat(15_000)}"}`);
    const body = Buffer.from(eventJson(eventParts(record({ fields }), { breadcrumbs }), DEFAULTS));
    const hosts = new Map(Array.from({ length: 10 }, (_, index) => [`${index}${"\u0001".repeat(99)}`, 1_000_000]));

    const reported = withStormReport(body, { ...HELD, hosts });

    assert.ok(body.length > 980_000);
    assert.ok(reported.length - body.length > 6_000 && reported.length <= 1_000_000, `${reported.length}`);
    assert.ok(Buffer.byteLength(JSON.stringify(extraOf(reported))) <= 262_144);
  });

  it("leaves any other body as it is", () => {
    for (const text of ["", "}", "}}", '{"a":1}', "not JSON"]) {
      assert.equal(withStormReport(Buffer.from(text), HELD).toString(), text);
    }
  });
});

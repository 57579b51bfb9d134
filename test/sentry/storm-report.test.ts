import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventJson } from "../../src/sentry/event.ts";
import { withStormReport } from "../../src/sentry/storm-report.ts";
import { DEFAULTS, eventParts, NOON_MS, record } from "../support/sentry-records.ts";

describe("storm report", () => {
  it("joins what is in extra already", () => {
    for (const fields of [{}, { a: 1 }, { a: {} }, { a: { b: {} } }, { text: 'ends with "}}' }]) {
      const body = Buffer.from(eventJson(eventParts(record({ fields })), DEFAULTS));
      const { extra, ...event } = JSON.parse(withStormReport(body, 12, NOON_MS).toString()) as { extra: object };
      const { extra: _before, ...before } = JSON.parse(body.toString()) as { extra: object };
      assert.deepEqual(extra, { ...fields, storm: "12 more since 2026-11-20T10:00:00.123Z", storm_suppressed: 12 });
      assert.deepEqual(event, before);
    }
  });

  it("leaves any other body as it is", () => {
    for (const text of ["", "}", "}}", '{"a":1}', "not JSON"]) {
      assert.equal(withStormReport(Buffer.from(text), 1, 0).toString(), text);
    }
  });
});

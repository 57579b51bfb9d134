import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Severity, SEVERITY_NAMES } from "../../src/record/severity.ts";
import { eventLevel, logLevel, secondsText, unixSeconds } from "../../src/sentry/level.ts";

describe("levels", () => {
  it("says warning in events and warn in logs", () => {
    assert.deepEqual(
      SEVERITY_NAMES.map((name) => [name, eventLevel(Severity[name]), logLevel(Severity[name])]),
      [
        ["trace", "debug", "trace"],
        ["debug", "debug", "debug"],
        ["info", "info", "info"],
        ["notice", "info", "info"],
        ["warning", "warning", "warn"],
        ["error", "error", "error"],
        ["fatal", "fatal", "fatal"],
      ],
    );
  });
});

describe("times", () => {
  it("are seconds, exact to the microsecond, those of breadcrumbs to the millisecond", () => {
    assert.equal(unixSeconds(1_795_168_800_123), 1_795_168_800.123);
    assert.equal(unixSeconds(1_795_168_800_123.456), 1_795_168_800.123_456);
    assert.equal(secondsText(1_795_168_800_007), "1795168800.007");
    assert.equal(secondsText(1_795_168_800_000), "1795168800");
  });

  it("are the same number in both writings", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 4e12, noNaN: true }), (ms) =>
        assert.equal(Number(secondsText(ms)), unixSeconds(Math.round(ms))),
      ),
    );
  });
});

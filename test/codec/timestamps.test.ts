import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { timeOf } from "../../src/codec/timestamps.ts";

const RECEIVED = Date.UTC(2026, 7, 21, 17, 1);
const AT = Date.UTC(2026, 7, 21, 17, 0, 43);

describe("timeOf", () => {
  it("tells seconds, milliseconds, microseconds and nanoseconds by their size", () => {
    assert.equal(timeOf(1787331643, RECEIVED), AT);
    assert.equal(timeOf(1787331643.25, RECEIVED), AT + 250);
    assert.equal(timeOf(1787331643250, RECEIVED), AT + 250);
    assert.equal(timeOf(1787331643250500, RECEIVED), AT + 250.5);
    assert.equal(timeOf(1787331643250500000, RECEIVED), AT + 250.5);
    assert.equal(timeOf(1787331643250500123n, RECEIVED), AT + 250.5);
    assert.equal(timeOf(1.787331643e9, RECEIVED), AT);
  });

  it("reads numbers that are text", () => {
    assert.equal(timeOf("1787331643", RECEIVED), AT);
    assert.equal(timeOf("1787331643.250", RECEIVED), AT + 250);
    assert.equal(timeOf(" 1787331643250 ", RECEIVED), AT + 250);
    assert.equal(timeOf("1787331643250500", RECEIVED), AT + 250.5);
    assert.equal(timeOf("1787331643250500123", RECEIVED), AT + 250.5);
    assert.equal(timeOf("1.787331643e9", RECEIVED), AT);
  });

  const SAME = [
    "2026-08-21T17:00:43Z",
    "2026-08-21t17:00:43z",
    "2026-08-21 17:00:43",
    "2026-08-21T17:00:43",
    "2026/08/21 17:00:43",
    "2026-08-21T17:00:43+00:00",
    "2026-08-21T19:00:43+02:00",
    "2026-08-21T19:00:43+0200",
    "2026-08-21T19:00:43+02",
    "2026-08-21 11:30:43 -0530",
    "2026-08-21 17:00:43 UTC",
    "2026-08-21 19:00:43 +0200 CEST",
    "2026-08-21 17:00:43 +0000 UTC m=+0.1",
    "21/Aug/2026:17:00:43 +0000",
    "[21/Aug/2026:19:00:43 +0200]",
  ];
  for (const text of SAME) {
    it(`reads ${text}`, () => {
      assert.equal(timeOf(text, RECEIVED), AT);
    });
  }

  it("reads fractions after a point or a comma, and cuts them after nine digits", () => {
    assert.equal(timeOf("2026-08-21T17:00:43.5Z", RECEIVED), AT + 500);
    assert.equal(timeOf("2026-08-21 17:00:43,123", RECEIVED), AT + 123);
    assert.equal(timeOf("2026-08-21T17:00:43.123456Z", RECEIVED), AT + 123.456);
    assert.equal(timeOf("2026-08-21T17:00:43.1234567+00:00", RECEIVED), AT + 123.4567);
    assert.equal(timeOf("2026-08-21T17:00:43.123456789123Z", RECEIVED), AT + 123.456789);
  });

  it("reads the objects of Google Cloud, Log4j and MongoDB, and dates", () => {
    assert.equal(timeOf({ seconds: 1787331643, nanos: 250_000_000 }, RECEIVED), AT + 250);
    assert.equal(timeOf({ seconds: "1787331643" }, RECEIVED), AT);
    assert.equal(timeOf({ epochSecond: 1787331643, nanoOfSecond: 1_000_000 }, RECEIVED), AT + 1);
    assert.equal(timeOf({ $date: "2026-08-21T17:00:43.000+00:00" }, RECEIVED), AT);
    assert.equal(timeOf(new Map([["seconds", 1787331643]]), RECEIVED), AT);
    assert.equal(timeOf(new Date(AT), RECEIVED), AT);
  });

  it("takes none from before 1970, and none more than a minute ahead", () => {
    for (const value of [0, -1, -1787331643, "1969-12-31T23:59:59Z", "0", new Date(-1)])
      assert.equal(timeOf(value, RECEIVED), undefined);
    assert.equal(timeOf(RECEIVED + 60_000, RECEIVED), RECEIVED + 60_000);
    assert.equal(timeOf(RECEIVED + 60_001, RECEIVED), undefined);
    assert.equal(timeOf("2027-01-01T00:00:00Z", RECEIVED), undefined);
  });

  it("takes a small number for a duration or a count", () => {
    for (const value of [0.012, 12.5, 99_999_999, "12.5", "1e3"]) assert.equal(timeOf(value, RECEIVED), undefined);
    assert.equal(timeOf(100_000_000, RECEIVED), 100_000_000_000);
  });

  it("never guesses", () => {
    const odd = [
      "",
      "now",
      "yesterday",
      "Fri Aug 21 2026",
      "Aug 21 17:00:43",
      "21.08.2026 17:00",
      "2026-08-21",
      "17:00:43",
      "2026-13-01T00:00:00Z",
      "2026-08-32T00:00:00Z",
      "2026-08-21T25:00:00Z",
      "2026-08-21T17:00:43 Mars",
      "2026-08-21T17:00:43+99:00",
      "2026-08-21T17:00:4x",
      "21/Foo/2026:17:00:43 +0000",
      "1e400",
      "0x6a",
      "1787331643s",
      "1".repeat(30),
      "2".repeat(1 << 20),
      true,
      null,
      {},
      [],
      Number.NaN,
      Number.POSITIVE_INFINITY,
      new Date(Number.NaN),
      { seconds: "x" },
      { $date: {} },
    ];
    for (const value of odd) assert.equal(timeOf(value, RECEIVED), undefined, JSON.stringify(value)?.slice(0, 40));
  });

  it("reads back every moment that a date prints", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: RECEIVED }), (ms) => {
        assert.equal(timeOf(new Date(ms).toISOString(), RECEIVED), ms);
      }),
    );
  });

  it("answers nothing but a moment or none, whatever the value", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const ms = timeOf(value, RECEIVED);
        assert.ok(ms === undefined || (ms > 0 && ms <= RECEIVED + 60_000));
      }),
    );
  });
});

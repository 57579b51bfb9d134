import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { clockCheck, skewOf } from "../../../src/commands/doctor/clock-skew.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

function dateOf(ms: number): string {
  return new Date(ms).toUTCString();
}

/** What a tracker whose clock is `behindMs` behind ours answers after a round trip of 100 ms. */
function checked(behindMs: number): { verdict: string; what: string; todo?: string } {
  const {
    verdict,
    what,
    todo = "",
  } = clockCheck("upstream default", {
    date: dateOf(NOW + 50 - behindMs),
    askedMs: NOW,
    answeredMs: NOW + 100,
  });
  return { verdict, what, todo };
}

describe("the clock check", () => {
  it("agrees with any clock that is right, whatever the round trip and the part of the second", () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(30_000), fc.nat(30_000), (offset, there, back) => {
        const askedMs = NOW + offset;
        const facts = { date: dateOf(askedMs + there), askedMs, answeredMs: askedMs + there + back };
        assert.equal(skewOf(facts), 0);
      }),
    );
  });

  it("never says more than there is, and at most a second and the round trip less", () => {
    fc.assert(
      fc.property(fc.integer({ min: -200_000, max: 200_000 }), fc.nat(2_000), (aheadMs, roundTripMs) => {
        const facts = { date: dateOf(NOW - aheadMs), askedMs: NOW, answeredMs: NOW + roundTripMs };
        const said = Math.abs(skewOf(facts) ?? Number.NaN);
        assert.ok(said <= Math.abs(aheadMs) + 1_000);
        assert.ok(said >= Math.abs(aheadMs) - 1_000 - roundTripMs);
      }),
    );
  });

  it("warns from five seconds, and finds a problem from a minute, in both directions", () => {
    assert.equal(checked(4_000).verdict, "ok");
    assert.equal(checked(7_000).verdict, "warn");
    assert.equal(checked(-7_000).verdict, "warn");
    assert.equal(checked(58_000).verdict, "warn");
    assert.equal(checked(62_000).verdict, "fail");
    assert.equal(checked(-62_000).verdict, "fail");
  });

  it("says which clock is ahead, by how much, and what to do", () => {
    assert.match(
      checked(90_000).what,
      /^this machine's clock is 1\.5m ahead of the tracker's: events dated more than a minute ahead/,
    );
    assert.match(checked(-90_000).what, /^this machine's clock is 1\.5m behind the tracker's/);
    assert.match(checked(90_000).todo ?? "", /timedatectl set-ntp true$/);
  });

  it("compares nothing without a date that is one", () => {
    for (const date of [undefined, "", "yesterday", "2026-01-02T03:04:05Z", "1", "Fri, 99 Jan 2026 03:04:05 GMT"]) {
      const check = clockCheck("g", { date, askedMs: NOW, answeredMs: NOW });
      assert.deepEqual([check.verdict, skewOf({ date, askedMs: NOW, answeredMs: NOW })], ["note", undefined], date);
    }
  });
});

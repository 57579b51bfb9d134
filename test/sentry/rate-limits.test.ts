import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { limitsOf, retryAfterMs } from "../../src/sentry/rate-limits.ts";

const NOW_MS = Date.UTC(2026, 10, 20, 10, 0, 0);

function limits(rateLimits: string | readonly string[] | undefined, status = 200, retryAfter?: string) {
  return Object.fromEntries(limitsOf({ status, rateLimits, retryAfter }, NOW_MS));
}

describe("rate limits", () => {
  it("hold the categories that a response names, on any status", () => {
    const header = "60:transaction:key, 2700:default;error;security:organization:quota_exceeded, 30:log_item:project:q:custom";
    for (const status of [200, 429, 503]) assert.deepEqual(limits(header, status), { error: 2_700_000, log_item: 30_000 });
  });

  it("hold everything when no category is named", () => {
    assert.deepEqual(limits("60::organization"), { all: 60_000 });
    assert.deepEqual(limits("60"), { all: 60_000 });
    assert.deepEqual(limits("60: :key:reason"), { all: 60_000 });
  });

  it("ignore unknown categories, and a limit that names only such", () => {
    assert.deepEqual(limits("60:transaction;profile:key"), {});
    assert.deepEqual(limits("60:telepathy;error:key"), { error: 60_000 });
    assert.deepEqual(limits("60:;:key"), {});
  });

  it("hold logs by count and by bytes, events by both their names", () => {
    assert.deepEqual(limits("10:log_byte:key, 20:default:key"), { log_item: 10_000, error: 20_000 });
  });

  it("take the longest of several, also over several header lines", () => {
    assert.deepEqual(limits(["10:error:key, 30:error:project", "20:error:organization"]), { error: 30_000 });
  });

  it("round up, and take what is no positive number for nothing", () => {
    assert.deepEqual(limits("1.2:error:key"), { error: 2_000 });
    assert.deepEqual(limits("0:error:a, -5:error:b, NaN:error:c, inf:error:d, :error:e, x:error:f, 1e999:error:g"), {});
  });

  it("never last longer than a day", () => {
    assert.deepEqual(limits("99999999999:error:key"), { error: 86_400_000 });
  });

  it("of a bare 429 are what Retry-After says, else a minute", () => {
    assert.deepEqual(limits(undefined, 429, "13"), { all: 13_000 });
    assert.deepEqual(limits(undefined, 429, "Fri, 20 Nov 2026 10:00:42 GMT"), { all: 42_000 });
    assert.deepEqual(limits(undefined, 429, "soon"), { all: 60_000 });
    assert.deepEqual(limits(undefined, 429), { all: 60_000 });
  });

  it("of a bare 429 are none when Retry-After is no time at all, so that the backoff decides", () => {
    assert.deepEqual(limits(undefined, 429, "0"), {});
    assert.deepEqual(limits(undefined, 429, "Fri, 20 Nov 2026 09:59:59 GMT"), {});
  });

  it("let the header win over Retry-After, even when it names nothing of ours", () => {
    assert.deepEqual(limits("5:error:key", 429, "100"), { error: 5_000 });
    assert.deepEqual(limits("5:transaction:key", 429, "100"), {});
  });

  it("are none for other answers without a header", () => {
    assert.deepEqual(limits(undefined, 200, "13"), {});
    assert.deepEqual(limits(undefined, 503, "13"), {});
  });

  it("never throw, and are positive, whatever a tracker says", () => {
    const header = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(":", ";", ",", " ", "6", "0", ".", "error", "log_item", "-") }),
    );
    fc.assert(
      fc.property(header, header, fc.constantFrom(200, 429), (rateLimits, retryAfter, status) => {
        for (const ms of limitsOf({ status, rateLimits, retryAfter }, NOW_MS).values())
          assert.ok(ms > 0 && ms <= 86_400_000 && Number.isInteger(ms));
      }),
    );
  });

  it("are read from a megabyte of hostile header", () => {
    for (const unit of [",", ":", ";", "6", " ", "60:error:key,"])
      limits(unit.repeat((1 << 20) / unit.length), 429, unit.repeat((1 << 20) / unit.length));
  });
});

describe("Retry-After", () => {
  it("is seconds or a date, as milliseconds from now", () => {
    assert.equal(retryAfterMs("2", NOW_MS), 2_000);
    assert.equal(retryAfterMs(["1.5", "9"], NOW_MS), 1_500);
    assert.equal(retryAfterMs("Fri, 20 Nov 2026 09:00:00 GMT", NOW_MS), 0);
  });

  it("is ignored when it is neither", () => {
    for (const text of [undefined, "", "-3", "1 2", "Monday", "0x10"]) assert.equal(retryAfterMs(text, NOW_MS), undefined, text);
  });
});

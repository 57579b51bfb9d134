import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Holds } from "../../../src/pipeline/delivery/holds.ts";

const BACKOFF = { firstMs: 500, maxMs: 30_000 };

function failure(startedMs: number, afterMs?: number) {
  return { cause: "connection refused", afterMs, startedMs };
}

describe("Holds", () => {
  it("doubles the wait of what failed with each failure, up to the maximum", () => {
    const holds = new Holds(BACKOFF, () => 1);
    const waits: number[] = [];
    let now = 0;
    for (let i = 0; i < 8; i += 1) {
      holds.failed(failure(now), now + 1);
      now += 1;
      waits.push(holds.retryWaitMs(now));
      now += holds.retryWaitMs(now);
    }

    assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    holds.succeeded(now, now);
    assert.equal(holds.retryWaitMs(now), 0);
  });

  it("lets others ask at once while it is in doubt, then makes everything wait, twice as long each time", () => {
    const holds = new Holds(BACKOFF, () => 1);
    const waits: number[] = [];
    let now = 0;
    for (let i = 0; i < 11; i += 1) {
      holds.failed(failure(now), now + 1);
      now += 1;
      waits.push(holds.waitMs("error", now));
      now += holds.waitMs("error", now);
    }

    assert.deepEqual(waits, [0, 0, 0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it("forgets all failures with a success", () => {
    const holds = new Holds(BACKOFF, () => 1);
    for (let i = 0; i < 5; i += 1) holds.failed(failure(i), i + 0.5);
    assert.deepEqual([holds.probing, holds.waitMs("error", 4.5)], [true, 1_000]);

    assert.equal(holds.succeeded(5, 6), "reached");

    assert.deepEqual([holds.probing, holds.waitMs("error", 6), holds.status(6).cause], [false, 0, undefined]);
    assert.equal(holds.succeeded(6, 7), undefined);
  });

  it("makes the first retry of a parcel wait at most as long as configured, with full jitter", () => {
    assert.equal(new Holds(BACKOFF, () => 1).delayMs(1), 500);
    assert.equal(new Holds(BACKOFF, () => 0.1).delayMs(2), 100);
    assert.equal(new Holds(BACKOFF, () => 1).delayMs(5_000), 30_000);
  });

  it("counts requests that failed together as one failure, however long each took to fail", () => {
    const holds = new Holds(BACKOFF, () => 1);

    for (let i = 0; i < 8; i += 1) holds.failed(failure(i), 10 + 5_000 * i);

    assert.equal(holds.status(50_000).failures, 1);
    assert.equal(holds.waitMs("error", 50_000), 0);
  });

  it("says since when nothing has got through: since the first request that failed began, unless others did", () => {
    const hanging = new Holds(BACKOFF, () => 1);
    hanging.failed(failure(5), 30_005);
    hanging.failed(failure(30_010), 60_010);
    assert.equal(hanging.status(60_010).failingSince, 5);

    const overtaken = new Holds(BACKOFF, () => 1);
    overtaken.succeeded(6, 20_000);
    overtaken.failed(failure(5), 30_005);
    assert.equal(overtaken.status(30_005).failingSince, 20_000);
  });

  it("lets a straggler that fails after a success say nothing", () => {
    const holds = new Holds(BACKOFF, () => 1);
    holds.failed(failure(0), 10);
    holds.succeeded(11, 12);

    holds.failed(failure(1), 13);

    assert.deepEqual([holds.probing, holds.status(13).failingSince], [false, undefined]);
  });

  it("waits as long as the tracker asked, without jitter, from the first failure on", () => {
    const holds = new Holds(BACKOFF, () => 0);
    holds.failed(failure(0, 7_000), 1);

    assert.equal(holds.waitMs("error", 1), 7_000);
  });

  it("keeps what Retry-After asked for when another request that was under way gets through", () => {
    const holds = new Holds(BACKOFF, () => 1);
    holds.failed(failure(0, 7_000), 10);
    holds.failed(failure(1, 9_000), 11);

    assert.equal(holds.succeeded(2, 12), "reached");

    assert.equal(holds.waitMs("error", 12), 8_999);
  });

  it("holds only the categories that were limited, and all of them when none was named", () => {
    const holds = new Holds(BACKOFF, () => 1);
    holds.limit(new Map([["error", 5_000]]), 0);
    assert.deepEqual([holds.waitMs("error", 0), holds.waitMs("log_item", 0), holds.waitMs("all", 0)], [5_000, 0, 0]);

    holds.limit(new Map([["all", 2_000]]), 0);
    assert.deepEqual([holds.waitMs("error", 0), holds.waitMs("log_item", 0), holds.waitMs("all", 0)], [5_000, 2_000, 2_000]);
  });

  it("never shortens a limit", () => {
    const holds = new Holds(BACKOFF, () => 1);
    holds.limit(new Map([["error", 5_000]]), 0);
    holds.limit(new Map([["error", 1_000]]), 0);

    assert.equal(holds.waitMs("error", 0), 5_000);
  });

  it("takes a rate limit as a sign of life", () => {
    const holds = new Holds(BACKOFF, () => 1);
    holds.failed(failure(0), 1);

    assert.equal(holds.limited(new Map([["error", 5_000]]), 2, 3), "reached");

    assert.equal(holds.probing, false);
    assert.equal(holds.expiryOutcome("error", 3, 0), "rate_limited");
  });

  it("holds a refused DSN for a minute, until a request that began later is taken", () => {
    const holds = new Holds(BACKOFF, () => 1);
    holds.dsnRefused("HTTP 401 Unauthorized", 10);
    assert.equal(holds.waitMs("error", 10), 60_000);

    assert.equal(holds.succeeded(9, 11), undefined, "it was under way before the key was refused");
    assert.equal(holds.limited(new Map(), 12, 13), undefined, "a limit says nothing of the key");
    assert.equal(holds.status(13).dsnRefused, true);
    assert.equal(holds.waitMs("error", 13), 59_997);

    holds.dsnRefused("HTTP 401 Unauthorized", 60_010);
    assert.equal(holds.waitMs("error", 60_010), 60_000);
    assert.equal(holds.succeeded(120_010, 120_011), "accepted");
    assert.deepEqual([holds.status(120_011).dsnRefused, holds.waitMs("error", 120_011)], [false, 0]);
  });

  it("names the door of what grew too old by why it waited", () => {
    const holds = new Holds(BACKOFF, () => 1);
    assert.equal(holds.expiryOutcome("error", 0, 0), "expired");
    assert.equal(holds.expiryOutcome("error", 0, 1), "rate_limited");
    holds.limit(new Map([["error", 5_000]]), 0);
    assert.equal(holds.expiryOutcome("error", 0, 0), "rate_limited");
    assert.equal(holds.expiryOutcome("log_item", 0, 0), "expired");
    holds.failed(failure(0), 0);
    assert.equal(holds.expiryOutcome("error", 0, 0), "network_error");
    holds.dsnRefused("HTTP 401 Unauthorized", 0);
    assert.equal(holds.expiryOutcome("error", 0, 0), "rejected");
  });
});

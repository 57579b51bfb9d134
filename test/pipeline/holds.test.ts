import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Holds } from "../../src/pipeline/holds.ts";

const BACKOFF = { firstMs: 500, maxMs: 30_000 };

describe("Holds", () => {
  it("doubles the wait with each failure up to the maximum, and forgets all with a success", () => {
    const holds = new Holds(BACKOFF, () => 1);
    const waits: number[] = [];
    let now = 0;
    for (let i = 0; i < 8; i += 1) {
      holds.failed("connection refused", undefined, now);
      waits.push(holds.waitMs("error", now));
      now += holds.waitMs("error", now);
    }

    assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    holds.succeeded();
    assert.equal(holds.waitMs("error", now), 0);
    assert.equal(holds.probing, false);
  });

  it("counts requests that failed together as one failure", () => {
    const holds = new Holds(BACKOFF, () => 1);

    for (let i = 0; i < 8; i += 1) holds.failed("connection refused", undefined, 10);

    assert.equal(holds.waitMs("error", 10), 500);
  });

  it("waits as long as the tracker asked, without jitter", () => {
    const holds = new Holds(BACKOFF, () => 0);
    holds.failed("503", 7_000, 0);

    assert.equal(holds.waitMs("error", 0), 7_000);
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

  it("names the door of what grew too old by why it waited", () => {
    const holds = new Holds(BACKOFF, () => 1);
    assert.equal(holds.expiryOutcome("error", 0, 0), "expired");
    assert.equal(holds.expiryOutcome("error", 0, 1), "rate_limited");
    holds.limit(new Map([["error", 5_000]]), 0);
    assert.equal(holds.expiryOutcome("error", 0, 0), "rate_limited");
    holds.failed("reset", undefined, 0);
    assert.equal(holds.expiryOutcome("error", 0, 0), "network_error");
    holds.dsnRefused("HTTP 401 Unauthorized", 0);
    assert.equal(holds.expiryOutcome("error", 0, 0), "rejected");
  });
});

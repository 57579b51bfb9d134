import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HoldStatus } from "../../src/pipeline/delivery/holds.ts";
import { readinessOf } from "../../src/pipeline/readiness.ts";

const HEALTHY: HoldStatus = { failures: 0, cause: undefined, dsnRefused: false, failingSince: undefined, limits: new Map() };

function causes(state: "starting" | "ready" | "draining", queueFull: boolean, status: HoldStatus, tickMs = 0): string[] {
  return readinessOf({
    state,
    queue: { full: queueFull, trouble: undefined },
    senders: [{ name: "default", status }],
    tickMs,
  }).causes.map(({ cause }) => cause);
}

describe("readiness", () => {
  it("is given while a tracker is merely slow or briefly gone", () => {
    assert.deepEqual(causes("ready", false, HEALTHY), []);
    assert.deepEqual(causes("ready", false, { ...HEALTHY, failures: 3, failingSince: 0 }, 59_000), []);
  });

  it("names every reason against it", () => {
    assert.deepEqual(causes("starting", false, HEALTHY), ["starting"]);
    assert.deepEqual(causes("draining", true, HEALTHY), ["draining", "queue_full"]);
    assert.deepEqual(causes("ready", false, { ...HEALTHY, failures: 9, failingSince: 0 }, 60_000), ["upstream_stuck"]);
    assert.deepEqual(causes("ready", false, { ...HEALTHY, failures: 1, failingSince: 0, dsnRefused: true }), ["dsn_rejected"]);
  });
});

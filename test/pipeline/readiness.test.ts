import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readinessOf } from "../../src/pipeline/readiness.ts";

type Status = Parameters<typeof readinessOf>[0]["senders"][number]["status"];

const HEALTHY: Status = {
  failures: 0,
  cause: undefined,
  dsnRefused: false,
  failingSince: undefined,
  limits: new Map(),
  idle: false,
};

function causes(state: "starting" | "ready" | "draining", queueFull: boolean, status: Status, tickMs = 0): string[] {
  return readinessOf({
    shortage: 0,
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

  it("is given again when nothing waits for a tracker that was gone: nobody would ask whether it is back", () => {
    const gone = { ...HEALTHY, failures: 9, failingSince: 0 };

    assert.deepEqual(causes("ready", false, { ...gone, idle: true }, 60_000), []);
    assert.deepEqual(causes("ready", false, { ...gone, idle: true, dsnRefused: true }, 60_000), ["dsn_rejected"]);
  });

  it("names every reason against it", () => {
    assert.deepEqual(causes("starting", false, HEALTHY), ["starting"]);
    assert.deepEqual(causes("draining", true, HEALTHY), ["draining", "queue_full"]);
    assert.deepEqual(causes("ready", false, { ...HEALTHY, failures: 9, failingSince: 0 }, 60_000), ["upstream_stuck"]);
    assert.deepEqual(causes("ready", false, { ...HEALTHY, failures: 1, failingSince: 0, dsnRefused: true }), ["dsn_rejected"]);
  });
});

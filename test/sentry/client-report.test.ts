import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { OUTCOMES } from "../../src/record/outcome.ts";
import { clientReportJson, discardReason } from "../../src/sentry/client-report.ts";

describe("client report", () => {
  it("has Sentry's word for each outcome that drops something on purpose", () => {
    assert.deepEqual(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, discardReason(outcome)])), {
      delivered: undefined,
      absorbed: undefined,
      malformed: "internal_sdk_error",
      too_large: undefined,
      filtered: "event_processor",
      sampled: "sample_rate",
      storm: "backpressure",
      queue_full: "queue_overflow",
      expired: "cache_overflow",
      rate_limited: "ratelimit_backoff",
      rejected: "send_error",
      network_error: "network_error",
    });
  });

  it("sums equal reasons and categories", () => {
    const discarded = [
      { reason: "queue_overflow", category: "log_item", quantity: 3 },
      { reason: "queue_overflow", category: "log_byte", quantity: 900 },
      { reason: "queue_overflow", category: "log_item", quantity: 2 },
    ];
    assert.deepEqual(JSON.parse(clientReportJson(discarded, 1_795_168_800_500)), {
      timestamp: 1_795_168_800.5,
      discarded_events: [
        { reason: "queue_overflow", category: "log_item", quantity: 5 },
        { reason: "queue_overflow", category: "log_byte", quantity: 900 },
      ],
    });
  });

  it("leaves out what counts nothing", () => {
    const discarded = [0, -1, 1.5, Number.NaN].map((quantity) => ({ reason: "sample_rate", category: "error", quantity }));
    assert.deepEqual(JSON.parse(clientReportJson(discarded, 0)), { timestamp: 0, discarded_events: [] });
  });
});

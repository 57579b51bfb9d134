import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deliveryOf, type TrackerResponse } from "../../src/sentry/response.ts";

const NOW_MS = Date.UTC(2026, 10, 20, 10, 0, 0);

function delivery(status: number, parts: Partial<TrackerResponse> = {}, sent: "error" | "log_item" | undefined = "error") {
  const response = { status, rateLimits: undefined, retryAfter: undefined, error: undefined, body: "", ...parts };
  return deliveryOf(response, sent, NOW_MS);
}

describe("a tracker's answer", () => {
  it("of 2xx is a delivery, with the limits it announces", () => {
    assert.deepEqual(delivery(200), { kind: "delivered", limits: new Map() });
    assert.deepEqual(delivery(202, { rateLimits: "9:log_item:key" }), {
      kind: "delivered",
      limits: new Map([["log_item", 9_000]]),
    });
  });

  it("of 429 holds what it names and keeps the parcels", () => {
    assert.deepEqual(delivery(429, { rateLimits: "9:error:key" }), { kind: "limited", limits: new Map([["error", 9_000]]) });
    assert.deepEqual(delivery(429, { retryAfter: "3" }, undefined), { kind: "limited", limits: new Map([["all", 3_000]]) });
  });

  it("of 429 for another category waits for the backoff, or it would be repeated at once", () => {
    const retry = delivery(429, { rateLimits: "9:log_item:key", retryAfter: "4" });
    assert.deepEqual(retry, {
      kind: "retry",
      afterMs: 4_000,
      cause: "HTTP 429 Too Many Requests",
      limits: new Map([["log_item", 9_000]]),
    });
    assert.equal(delivery(429, { rateLimits: "0:error:key" }).kind, "retry");
    assert.equal(delivery(429, { retryAfter: "0" }).kind, "retry");
    assert.equal(delivery(429, { rateLimits: "9:transaction:key" }).kind, "retry");
  });

  it("of 401 and 403 refuses the DSN", () => {
    for (const status of [401, 403]) assert.equal(delivery(status).kind, "refused_dsn");
    assert.deepEqual(delivery(403, { body: '{"detail":"bad sentry DSN public key"}' }), {
      kind: "refused_dsn",
      status: 403,
      cause: "HTTP 403 Forbidden: bad sentry DSN public key",
    });
  });

  it("of trouble on its side is tried again, after the time it asks for", () => {
    for (const status of [500, 501, 502, 503, 504, 520, 599, 408, 425, 301, 307, 308])
      assert.equal(delivery(status).kind, "retry", String(status));
    const retry = delivery(503, { retryAfter: "Fri, 20 Nov 2026 10:00:07 GMT", rateLimits: "5::key" });
    assert.deepEqual(retry, {
      kind: "retry",
      afterMs: 7_000,
      cause: "HTTP 503 Service Unavailable",
      limits: new Map([["all", 5_000]]),
    });
  });

  it("of any other 4xx is final, with the tracker's words", () => {
    for (const status of [400, 404, 405, 410, 413, 422]) assert.equal(delivery(status).kind, "rejected", String(status));
    const rejected = delivery(413, { body: '{"detail":"event too big","causes":["too_large","event"]}' });
    assert.deepEqual(rejected, {
      kind: "rejected",
      status: 413,
      cause: "HTTP 413 Payload Too Large: event too big; too_large; event",
      limits: new Map(),
      unknownItem: false,
    });
  });

  it("of 400 says whether the tracker is too old for the item", () => {
    const unknown = [
      { body: '{"detail":"bad","causes":["unknown variant `log`, expected one of `event`, `transaction`"]}' },
      { body: "Invalid envelope item type" },
      { error: "unsupported item: log" },
    ];
    for (const parts of unknown) {
      const rejected = delivery(400, parts, "log_item");
      assert.equal(rejected.kind === "rejected" && rejected.unknownItem, true, JSON.stringify(parts));
    }
    const known = [
      delivery(400, { body: "invalid event envelope" }),
      delivery(413, { body: "unknown variant `log`" }, "log_item"),
    ];
    for (const rejected of known) assert.equal(rejected.kind === "rejected" && rejected.unknownItem, false);
  });

  it("is quoted from where it says something", () => {
    const causes = [
      [{ error: "missing auth" }, "missing auth"],
      [{ error: "header", body: '{"detail":"body"}' }, "body"],
      [{ body: '{"error":"from GlitchTip"}' }, "from GlitchTip"],
      [{ body: "<html>Nope\n</html>" }, "<html>Nope </html>"],
      [{ body: '{"detail":7}' }, '{"detail":7}'],
      [{ body: "null" }, "null"],
    ] as const;
    for (const [parts, said] of causes) {
      const rejected = delivery(400, parts);
      assert.equal(rejected.kind === "rejected" && rejected.cause, `HTTP 400 Bad Request: ${said}`);
    }
  });

  it("is quoted in one printable line of bounded length", () => {
    const rejected = delivery(418, { body: "\u001b[31mred\u001b[0m\r\n".repeat(100_000) });
    assert.ok(rejected.kind === "rejected");
    assert.ok(rejected.cause.length < 350);
    // oxlint-disable-next-line no-control-regex -- exactly those must be absent
    assert.doesNotMatch(rejected.cause, /[\u0000-\u001f\u007f-\u009f]/);
    assert.match(rejected.cause, /^HTTP 418: \[31mred/);
  });
});

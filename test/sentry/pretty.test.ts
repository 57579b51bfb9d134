import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ParsedTrace } from "../../src/record/exception.ts";
import { breadcrumbJson } from "../../src/sentry/breadcrumb.ts";
import { eventJson, type EventParts } from "../../src/sentry/event.ts";
import { logJson } from "../../src/sentry/log-item.ts";
import { prettyShipment } from "../../src/sentry/pretty.ts";
import { parcel } from "../support/parcels.ts";
import { DEFAULTS, eventParts, NOON_MS, record, type RecordOptions } from "../support/sentry-records.ts";

const TRACE: ParsedTrace = {
  platform: "python",
  values: [
    {
      type: "ConnectionRefusedError",
      value: "[Errno 111]",
      frames: [{ function: "connect", filename: "socket.py", lineno: 60, in_app: false }],
    },
    {
      type: "PaymentError",
      value: "gateway is down",
      frames: [
        { function: "main", filename: "app.py", lineno: 3, in_app: true },
        { function: "pay", filename: "shop/pay.py", lineno: 41, in_app: true, context_line: "    raise PaymentError(why)" },
      ],
    },
  ],
};

function event(options: RecordOptions, overrides: Partial<EventParts> = {}, colour = false): string {
  const body = Buffer.from(eventJson(eventParts(record(options), overrides), DEFAULTS));
  return prettyShipment({ kind: "event", parcels: [parcel({ body })] }, colour);
}

describe("pretty text", () => {
  it("shows an event as a person wants to read it", () => {
    const breadcrumbs = [
      breadcrumbJson(
        record({ severity: 9, timeMs: NOON_MS - 125_300, logger: "http", message: "GET /cart", request: { status: 200 } }),
      ),
      breadcrumbJson(record({ severity: 13, timeMs: NOON_MS - 12_301, logger: "pay", message: "retrying" })),
    ];
    const options = {
      message: "cannot charge",
      logger: "shop.pay",
      host: "web-3",
      environment: "production",
      service: "cart",
      fields: { order: 17 },
    };
    assert.equal(
      event(options, { trace: TRACE, breadcrumbs }),
      [
        "ERROR   PaymentError: gateway is down",
        "        2026-11-20 10:00:00.123 UTC  shop.pay  web-3  production",
        "        service=cart input=edge",
        "        cannot charge",
        "  exception",
        "    PaymentError: gateway is down",
        "      > pay  shop/pay.py:41",
        "          | raise PaymentError(why)",
        "      > main  app.py:3",
        "    caused by ConnectionRefusedError: [Errno 111]",
        "        connect  socket.py:60",
        "  trail",
        "      -2m05s  info    http  GET /cart status_code=200",
        "    -12.301s  warning pay  retrying",
        "  extra",
        "    order  17",
        "  grouped by  cannot charge",
        "  event 9ec79c33ec9942ab8353589fcb2e04dc",
        "",
        "",
      ].join("\n"),
    );
  });

  it("shows a plain message with all its lines, and the request", () => {
    const options = {
      message: "upstream timed out\n  at step 2",
      request: { method: "GET", url: "/a", status: 504, remoteAddress: "10.0.0.9" },
    };
    assert.equal(
      event(options),
      [
        "ERROR   upstream timed out",
        "        2026-11-20 10:00:00.123 UTC  10.0.0.7",
        "        input=edge",
        "          at step 2",
        "  request",
        "    GET /a -> 504 from 10.0.0.9",
        "  grouped by  upstream timed out   at step 2",
        "  event 9ec79c33ec9942ab8353589fcb2e04dc",
        "",
        "",
      ].join("\n"),
    );
  });

  it("shows who it happened to, what its issue is grouped by, and the trace it belongs to", () => {
    const options = {
      message: "order 17 is lost",
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      user: { id: "42", ip_address: "10.0.0.9" },
    };
    const text = event(options, { fingerprint: ["order <num> is lost", "shop"] });
    assert.match(text, /\n {2}user\n {4}id=42 ip_address=10\.0\.0\.9\n {2}grouped by {2}order <num> is lost \+ shop\n/);
    assert.match(text, /\n {2}event 9ec79c33ec9942ab8353589fcb2e04dc {2}trace 4bf92f3577b34da6a3ce929d0e0e4736\n/);
    const request = { method: "GET", url: "/a" };
    assert.match(event({ ...options, request }), /\n {4}GET \/a from 10\.0\.0\.9\n {2}user\n {4}id=42\n/);
  });

  it("keeps the title of an error of several lines to its first", () => {
    const text = event(
      { message: "m" },
      { trace: { platform: "other", values: [{ type: "ERROR", value: "duplicate key\nDETAIL: Key (id)=(1)", frames: [] }] } },
    );
    assert.match(text, /^ERROR {3}ERROR: duplicate key\n.*\n.*\n {8}DETAIL: Key \(id\)=\(1\)\n/);
  });

  it("names the line of a frame that has no file", () => {
    const frames = [{ function: "charge(integer)", lineno: 3, in_app: true }];
    assert.match(
      event({}, { trace: { platform: "other", values: [{ type: "E", frames }] } }),
      /\n {6}> charge\(integer\) {2}line 3\n/,
    );
  });

  it("shows the last of a long trail, and how many came before", () => {
    const breadcrumbs = Array.from({ length: 100 }, (_, index) =>
      breadcrumbJson(record({ message: `step ${index}`, timeMs: NOON_MS - 100 + index })),
    );
    const text = event({}, { breadcrumbs });
    assert.match(text, /trail\n {4}\.\.\. 85 earlier\n {5}-0\.015s {2}error {3}edge {2}step 85\n/);
    assert.equal(text.match(/step \d+/g)?.length, 15);
  });

  it("cuts long stacks and long lists of fields", () => {
    const frames = Array.from({ length: 60 }, (_, index) => ({ function: `f${index}`, filename: "a.js" }));
    const fields = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`field${index}`, index]));
    const text = event({ fields }, { trace: { platform: "node", values: [{ type: "E", frames }] } });
    assert.match(text, /\.\.\. 40 more frames/);
    assert.match(text, /\.\.\. 15 more\n/);
  });

  it("shows logs in one line each", () => {
    const body = Buffer.from(
      logJson(
        record({ severity: 13, message: "low stock", fields: { left: 2 } }),
        { template: "", params: [], traceId: "a".repeat(32) },
        DEFAULTS,
      ),
    );
    const text = prettyShipment({ kind: "logs", parcels: [parcel({ body }), parcel({ body })] }, false);
    assert.equal(text, "10:00:00.123 warn  low stock server.address=10.0.0.7 input=edge left=2\n".repeat(2));
  });

  it("shows what was dropped on purpose", () => {
    const discarded = [{ reason: "backpressure", category: "error", quantity: 3 }];
    assert.equal(prettyShipment({ kind: "client_report", discarded }, false), "not sent on purpose: 3 error (backpressure)\n");
  });

  it("lets nothing from a record reach the terminal as a command", () => {
    const evil = "\u001b]0;owned\u0007\u001b[2J\u009b31m\rx\u202e\b";
    const trace = {
      platform: "node",
      values: [
        {
          type: evil,
          value: evil,
          module: evil,
          frames: [{ function: evil, module: evil, filename: evil, in_app: true, context_line: evil }],
        },
      ],
    };
    const options: RecordOptions = {
      message: `${evil}\n${evil}`,
      logger: evil,
      host: evil,
      service: evil,
      environment: evil,
      release: evil,
      transaction: evil,
      request: { method: evil, url: evil, query_string: evil },
      fields: { [evil]: evil, nested: { [evil]: [evil] } },
      from: { input: evil, labels: new Map([[evil, evil]]) },
    };
    const breadcrumbs = [breadcrumbJson(record(options))];
    const log = Buffer.from(logJson(record(options), { template: "", params: [], traceId: "a".repeat(32) }, DEFAULTS));
    const texts = [
      event(options, { breadcrumbs }),
      event(options, { breadcrumbs, trace }),
      prettyShipment({ kind: "logs", parcels: [parcel({ body: log })] }, false),
    ];
    for (const text of texts) assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\u202e]/u);
    assert.match(texts[0] ?? "", /\\x1b\]0;owned\\x07/);
  });

  it("uses colour where the terminal has it", () => {
    assert.ok(event({ severity: 21 }, {}, true).startsWith("\u001b[1m\u001b[31mFATAL   \u001b[39m\u001b[22m"));
  });

  it("survives a body that is no event", () => {
    for (const text of [
      "",
      "null",
      "[]",
      "{",
      '{"level":7,"tags":[],"breadcrumbs":3,"exception":{"values":[null,1]},"timestamp":1e300}',
    ]) {
      const body = Buffer.from(text);
      assert.match(prettyShipment({ kind: "event", parcels: [parcel({ body })] }, false), /\n$/);
      assert.match(prettyShipment({ kind: "logs", parcels: [parcel({ body })] }, false), /\n$/);
    }
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseEnvelope } from "@sentry/core";
import * as fc from "fast-check";
import type { Parcel } from "../../src/record/parcel.ts";
import { breadcrumbJson } from "../../src/sentry/breadcrumb.ts";
import { envelopeOf } from "../../src/sentry/envelope.ts";
import { eventJson } from "../../src/sentry/event.ts";
import { logJson } from "../../src/sentry/log-item.ts";
import { parseEnvelopeStrictly } from "../support/envelope-parser.ts";
import { eventProblems } from "../support/event-rules.ts";
import { DEFAULTS, EVENT_ID, eventParts, NOON_MS, record } from "../support/sentry-records.ts";

const SENDING = { sentAtMs: NOON_MS, version: "0.1.0" };

function parcel(json: string, eventId = ""): Parcel {
  const category = eventId === "" ? "log_item" : "error";
  return { upstream: "default", input: "in", category, body: Buffer.from(json), records: 1, bornMs: 0, eventId, issue: 0 };
}

function log(message: string): Parcel {
  return parcel(
    logJson(record({ message }), { template: "", params: [], traceId: "0123456789abcdef0123456789abcdef" }, DEFAULTS),
  );
}

describe("envelope", () => {
  it("frames an event with its id, the time of sending, and its length in bytes", () => {
    const bytes = envelopeOf({ kind: "event", parcels: [parcel('{"message":"é"}', EVENT_ID)] }, SENDING);
    assert.equal(
      bytes.toString(),
      `{"event_id":"${EVENT_ID}","sent_at":"2026-11-20T10:00:00.123Z","sdk":{"name":"crumbtrail","version":"0.1.0"}}\n` +
        `{"type":"event","length":16,"content_type":"application/json"}\n{"message":"é"}\n`,
    );
  });

  it("puts logs into one container that keeps the tracker from inferring anything", () => {
    const bytes = envelopeOf({ kind: "logs", parcels: [parcel('{"body":"a"}'), parcel('{"body":"ü"}')] }, SENDING);
    const [headers, item, payload, rest] = bytes.toString().split("\n");
    assert.equal(headers, `{"sent_at":"2026-11-20T10:00:00.123Z","sdk":{"name":"crumbtrail","version":"0.1.0"}}`);
    assert.deepEqual(JSON.parse(item ?? ""), {
      type: "log",
      item_count: 2,
      content_type: "application/vnd.sentry.items.log+json",
      length: Buffer.byteLength(payload ?? ""),
    });
    assert.equal(
      payload,
      `{"version":2,"ingest_settings":{"infer_ip":"never","infer_user_agent":"never"},"items":[{"body":"a"},{"body":"ü"}]}`,
    );
    assert.equal(rest, "");
  });

  it("carries a client report alone", () => {
    const discarded = [{ reason: "sample_rate", category: "error", quantity: 3 }];
    const { headers, items } = parseEnvelopeStrictly(envelopeOf({ kind: "client_report", discarded }, SENDING));
    assert.equal(headers["event_id"], undefined);
    assert.deepEqual(
      items.map(({ header, payload }) => [header["type"], payload]),
      [["client_report", { timestamp: NOON_MS / 1_000, discarded_events: discarded }]],
    );
  });

  it("is taken apart by Sentry's own parser, whatever the records say", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("\n", "\r", "\ud83d", "\ude00", "\0", "é", "}", '"', "\u2028") }),
    );
    fc.assert(
      fc.property(text, text, fc.array(text, { maxLength: 5 }), (message, field, crumbs) => {
        const breadcrumbs = crumbs.map((crumb) => breadcrumbJson(record({ message: crumb, fields: { [field]: crumb } })));
        const made = record({ message, logger: field, fields: { [field]: message } });
        const bytes = envelopeOf(
          { kind: "event", parcels: [parcel(eventJson(eventParts(made, { breadcrumbs }), DEFAULTS), EVENT_ID)] },
          SENDING,
        );

        const [headers, [[item, payload] = []]] = parseEnvelope(bytes);
        assert.equal(headers.event_id, EVENT_ID);
        assert.equal(item?.type, "event");
        const event = JSON.parse(Buffer.from(payload as Uint8Array).toString()) as {
          readonly logentry: { readonly formatted: string };
        };
        assert.deepEqual(event, parseEnvelopeStrictly(bytes).items[0]?.payload);
        assert.deepEqual(eventProblems(event), []);
        assert.equal(event.logentry.formatted, Buffer.from(message).toString().replaceAll("\0", "\ufffd"));
      }),
    );
  });

  it("holds as many logs as it says, whatever they say", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", minLength: 1 }), { minLength: 1, maxLength: 100 }), (messages) => {
        const bytes = envelopeOf({ kind: "logs", parcels: messages.map(log) }, SENDING);
        const [, [[item] = []]] = parseEnvelope(bytes);
        assert.equal((item as { item_count?: number } | undefined)?.item_count, messages.length);
        const [container] = parseEnvelopeStrictly(bytes).items;
        const { items } = (container?.payload ?? { items: [] }) as { readonly items: readonly { readonly body: string }[] };
        assert.deepEqual(
          items.map(({ body }) => body),
          messages.map((message) => Buffer.from(message).toString().replaceAll("\0", "\ufffd")),
        );
      }),
      { numRuns: 50 },
    );
  });

  it("is stamped anew on each attempt", () => {
    const shipment = { kind: "event", parcels: [parcel("{}", EVENT_ID)] } as const;
    const later = parseEnvelopeStrictly(envelopeOf(shipment, { ...SENDING, sentAtMs: NOON_MS + 3_600_000 }));
    assert.equal(later.headers["sent_at"], "2026-11-20T11:00:00.123Z");
  });
});

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { status } from "@grpc/grpc-js";
import { GrpcSender } from "../support/real-senders-grpc.ts";
import { crumbsOf, eventOf, of, SharedRelay, trailOf } from "../support/real-senders-relay.ts";

const at = (ms: number): object => ({ seconds: 1_700_000_000 + Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1e6 });

describe("grpc, end to end", () => {
  let relay: SharedRelay;
  let sender: GrpcSender;
  before(async () => {
    relay = await SharedRelay.start(`  rpc: { type: grpc, listen: "127.0.0.1:0" }`);
    sender = new GrpcSender(await relay.port("rpc"));
  });
  after(async () => {
    sender.close();
    await relay.close();
  });
  beforeEach(() => relay.begin());

  it("shows everything a record says, and the trail of its service", async () => {
    const base = { host: "pod-1", service: "billing" };
    const fields = {
      fields: {
        environment: { stringValue: "production" },
        release: { stringValue: "billing@2.0.1" },
        user_id: { stringValue: "u-1" },
        attempt: { numberValue: 3 },
        ok: { boolValue: false },
        cart: {
          structValue: { fields: { items: { listValue: { values: [{ numberValue: 1 }, { nullValue: "NULL_VALUE" }] } } } },
        },
      },
    };
    const ack = await sender.send({
      id: "b-1",
      records: [
        { ...base, time: at(0), severity: "INFO", message: "order opened", logger: "billing.orders" },
        { ...base, time: at(125), severity: "debug", message: "card looked up" },
        {
          ...base,
          time: at(250),
          severity: "error",
          message: "charge of 42 failed",
          logger: "billing.cards",
          trace_id: "0af7651916cd43dd8448eb211c80319c",
          span_id: "00f067aa0ba902b7",
          fields,
        },
        { ...base, time: at(375), severity: "WARN", message: "retrying" },
      ],
    });
    assert.deepEqual({ ...ack }, { id: "b-1", accepted: 4, malformed: 0 });

    const { events, outcomes, warnings } = await relay.harvest(4);

    assert.deepEqual([outcomes, warnings], [{ delivered: 1, absorbed: 3 }, []]);
    const { event_id: _id, sdk: _sdk, breadcrumbs: _crumbs, ...rest } = events[0] as Record<string, unknown>;
    assert.deepEqual(rest, {
      timestamp: 1_700_000_000.25,
      platform: "other",
      level: "error",
      logger: "billing.cards",
      logentry: { formatted: "charge of 42 failed", message: "charge of <*> failed", params: ["42"] },
      server_name: "pod-1",
      release: "billing@2.0.1",
      environment: "production",
      fingerprint: ["charge of <*> failed", "billing.cards"],
      user: { id: "u-1" },
      tags: { service: "billing", logger: "billing.cards", input: "rpc" },
      contexts: { trace: { type: "trace", trace_id: "0af7651916cd43dd8448eb211c80319c", span_id: "00f067aa0ba902b7" } },
      extra: { attempt: 3, ok: false, cart: { items: [1, null] } },
    });
    assert.deepEqual(
      crumbsOf(events[0]).map(({ timestamp, level, category, message }) => [timestamp, level, category, message]),
      [
        [1_700_000_000, "info", "billing.orders", "order opened"],
        [1_700_000_000.125, "debug", "billing", "card looked up"],
      ],
    );
  });

  it("takes trace, request and user from the metadata of the call, and joins the trail of the trace", async () => {
    const records = (message: string, severity: string): object => ({
      records: [{ message, severity, host: message.slice(0, 1) }],
    });
    const b3 = { "x-b3-traceid": "463ac35c9f6413ad48485a3953bb6124", "x-b3-spanid": "0020000000000001" };
    await sender.send(records("a: opened", "info"), b3);
    await sender.send(records("b: failed", "error"), {
      ...b3,
      "x-user-id": "42",
      "x-user-email": "ann@example.org",
      "x-real-ip": "203.0.113.7",
      "x-request-id": "r-9",
    });
    await sender.send(records("c: failed", "error"), { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });

    const { events } = await relay.harvest(3);

    const first = eventOf(events, "b: failed");
    assert.deepEqual(of(first, "contexts", "trace"), {
      type: "trace",
      trace_id: "463ac35c9f6413ad48485a3953bb6124",
      span_id: "0020000000000001",
    });
    assert.deepEqual(first["user"], { id: "42", email: "ann@example.org", ip_address: "203.0.113.7" });
    assert.deepEqual([trailOf(first), of(first, "extra", "request_id")], [["a: opened"], "r-9"]);
    const second = eventOf(events, "c: failed");
    assert.equal(of(second, "contexts", "trace", "trace_id"), "0af7651916cd43dd8448eb211c80319c");
    assert.deepEqual([second["user"], trailOf(second)], [undefined, []]);
  });

  it("answers the batches of a stream in order", async () => {
    const batches = Array.from({ length: 40 }, (_, batch) => ({
      id: `s-${batch}`,
      records: Array.from({ length: 25 }, (_, i) => ({
        message: `step ${batch}.${i}`,
        severity: i === 24 && batch % 10 === 9 ? "error" : "info",
        service: "streamed",
      })),
    }));

    const acks = await sender.stream(batches);

    assert.deepEqual(
      acks.map(({ id, accepted, malformed }) => [id, accepted, malformed]),
      batches.map(({ id }) => [id, 25, 0]),
    );
    const { events, outcomes } = await relay.harvest(1_000);
    assert.deepEqual(outcomes, { delivered: 4, absorbed: 996 });
    const trail = trailOf(eventOf(events, "step 39.24"));
    assert.deepEqual([trail.length, trail[0], trail.at(-1)], [100, "step 35.24", "step 39.23"]);
  });

  it("makes one issue of a batch whose answer was lost, and another of a new batch with the same id and records", async () => {
    // What may go on as a stack trace waits for the rest, and its answer with it.
    const record = { message: "Traceback (most recent call last):", severity: "error", service: "once" };
    const batch = { id: "lost", records: [record] };
    await assert.rejects(sender.send(batch, {}, { deadline: Date.now() + 100 }), ({ code }) => code === status.DEADLINE_EXCEEDED);
    await sender.send(batch);
    const repeated = await relay.harvest(2);
    await sender.send(batch);
    const another = await relay.harvest(1);

    assert.deepEqual([repeated.outcomes, repeated.events.length], [{ delivered: 2 }, 1]);
    assert.equal(another.events.length, 1);
  });

  it("says that it is healthy", async () => {
    assert.deepEqual([await sender.health(""), await sender.health("crumbtrail.v1.LogRelay")], ["SERVING", "SERVING"]);
  });
});

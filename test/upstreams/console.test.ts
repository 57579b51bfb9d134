import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventJson } from "../../src/sentry/event.ts";
import { console } from "../../src/upstreams/console.ts";
import { parcel } from "../support/parcels.ts";
import { DEFAULTS, eventParts, record } from "../support/sentry-records.ts";
import { upstreamHost } from "../support/upstream-host.ts";

const NEVER = new AbortController().signal;

describe("console", () => {
  it("prints each event and takes it", async () => {
    const host = upstreamHost();
    const upstream = console.create(console.config.parse({}), host);
    await upstream.start(NEVER);
    const body = Buffer.from(eventJson(eventParts(record({ message: "disk full" })), DEFAULTS));

    const delivery = await upstream.deliver({ kind: "event", parcels: [parcel({ body })] }, NEVER);

    assert.deepEqual(delivery, { kind: "delivered", limits: new Map() });
    assert.match(host.printed.join(""), /^ERROR {3}disk full\n/);
    await upstream.stop(NEVER);
  });

  it("uses colour where there is a terminal", async () => {
    const host = upstreamHost({ colour: true });
    const body = Buffer.from(eventJson(eventParts(record()), DEFAULTS));
    await console.create({}, host).deliver({ kind: "event", parcels: [parcel({ body })] }, NEVER);
    assert.ok(host.printed.join("").includes("\u001b[31m"));
  });

  it("is told nothing about what was dropped", () => {
    assert.equal(console.create({}, upstreamHost()).pace.reportEveryMs, undefined);
  });
});

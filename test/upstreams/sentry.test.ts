import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it, type TestContext } from "node:test";
import type * as z from "zod";
import type { Delivery, Shipment, Upstream } from "../../src/component/delivery.ts";
import { eventJson } from "../../src/sentry/event.ts";
import { logJson } from "../../src/sentry/log-item.ts";
import { sentry } from "../../src/upstreams/sentry.ts";
import { ManualClock } from "../support/clock.ts";
import { MiniSentry, type Behaviour } from "../support/mini-sentry.ts";
import { parcel } from "../support/parcels.ts";
import { DEFAULTS, EVENT_ID, eventParts, NOON_MS, record } from "../support/sentry-records.ts";
import { upstreamHost } from "../support/upstream-host.ts";

const NEVER = new AbortController().signal;

type Written = Partial<z.input<typeof sentry.config>>;

async function setUp(
  t: TestContext,
  written: Written = {},
  pathPrefix = "",
): Promise<{ mini: MiniSentry; upstream: Upstream; clock: ManualClock }> {
  const mini = await MiniSentry.start();
  t.after(() => mini.close());
  const clock = new ManualClock(NOON_MS);
  const upstream = sentry.create(sentry.config.parse({ dsn: mini.dsn("42", pathPrefix), ...written }), upstreamHost({ clock }));
  await upstream.start(NEVER);
  t.after(() => upstream.stop(AbortSignal.timeout(1_000)));
  return { mini, upstream, clock };
}

function event(message = "payment failed", eventId = EVENT_ID): Shipment {
  const body = Buffer.from(eventJson(eventParts(record({ message, fields: { message } }), { eventId }), DEFAULTS));
  return { kind: "event", parcels: [parcel({ body, eventId })] };
}

async function answered(t: TestContext, behaviour: Behaviour, written: Written = {}): Promise<Delivery> {
  const { mini, upstream } = await setUp(t, written);
  mini.script(behaviour);
  return upstream.deliver(event(), NEVER);
}

describe("sentry", () => {
  it("delivers an event that the tracker takes as it is", async (t) => {
    const { mini, upstream } = await setUp(t);

    assert.deepEqual(await upstream.deliver(event("größe 😀"), NEVER), { kind: "delivered", limits: new Map() });

    const [stored] = mini.events();
    assert.deepEqual(stored?.["logentry"], { formatted: "größe 😀", message: "größe 😀" });
    assert.deepEqual(mini.problems, []);
    const [request] = mini.requests;
    assert.deepEqual(request?.auth, { key: "0123456789abcdef0123456789abcdef", secret: undefined, client: "crumbtrail/0.1.0" });
    assert.equal(request?.headers["user-agent"], "crumbtrail/0.1.0");
    assert.equal(request?.headers["content-type"], "application/x-sentry-envelope");
    assert.equal(request?.envelope?.headers["sent_at"], "2026-11-20T10:00:00.123Z");
    assert.deepEqual([request?.project, request?.pathPrefix], ["42", ""]);
  });

  it("delivers logs in one container, and client reports", async (t) => {
    const { mini, upstream } = await setUp(t);
    const body = Buffer.from(
      logJson(record(), { template: "", params: [], traceId: "0123456789abcdef0123456789abcdef" }, DEFAULTS),
    );
    const discarded = [{ reason: "sample_rate", category: "error", quantity: 2 }];

    await upstream.deliver(
      { kind: "logs", parcels: Array.from({ length: 100 }, () => parcel({ body, category: "log_item" })) },
      NEVER,
    );
    await upstream.deliver({ kind: "client_report", discarded }, NEVER);

    assert.equal(mini.logs().length, 100);
    assert.deepEqual(
      mini.clientReports().map((report) => report["discarded_events"]),
      [discarded],
    );
    assert.deepEqual(mini.problems, []);
  });

  it("puts a path prefix before /api", async (t) => {
    const { mini, upstream } = await setUp(t, {}, "/errors/sentry");
    assert.equal((await upstream.deliver(event(), NEVER)).kind, "delivered");
    assert.equal(mini.requests[0]?.pathPrefix, "/errors/sentry");
  });

  it("stamps each attempt with its own time, and keeps the event's id", async (t) => {
    const { mini, upstream, clock } = await setUp(t);
    mini.script({ status: 503 });
    const shipment = event();

    await upstream.deliver(shipment, NEVER);
    clock.advance(3_600_000);
    await upstream.deliver(shipment, NEVER);

    const headers = mini.requests.map((request) => [request.envelope?.headers["event_id"], request.envelope?.headers["sent_at"]]);
    assert.deepEqual(headers, [
      [EVENT_ID, "2026-11-20T10:00:00.123Z"],
      [EVENT_ID, "2026-11-20T11:00:00.123Z"],
    ]);
  });

  it("zips what is worth it, and nothing when told so", async (t) => {
    const zipping = await setUp(t);
    await zipping.upstream.deliver(event("x".repeat(500)), NEVER);
    await zipping.upstream.deliver(event("x".repeat(5_000)), NEVER);
    await zipping.upstream.deliver({ kind: "client_report", discarded: [] }, NEVER);
    const plain = await setUp(t, { compression: "none" });
    await plain.upstream.deliver(event("x".repeat(5_000)), NEVER);

    const encodings = [...zipping.mini.requests, ...plain.mini.requests].map(({ headers }) => headers["content-encoding"]);
    assert.deepEqual(encodings, ["gzip", "gzip", undefined, undefined]);
    assert.ok(Number(zipping.mini.requests[1]?.headers["content-length"]) < 1_500);
    assert.equal(zipping.mini.events().length + plain.mini.events().length, 3);
  });

  it("reuses its connections, whatever the answers were", async (t) => {
    const { mini, upstream } = await setUp(t, { concurrency: 1 });
    mini.script({}, { status: 400 }, { status: 429 }, { status: 503, body: "x".repeat(10_000) }, { status: 413 }, {});
    for (let i = 0; i < 6; i += 1) await upstream.deliver(event(), NEVER);
    assert.deepEqual([mini.stats().requests, mini.stats().connections], [6, 1]);
  });

  it("opens no more connections than it may have requests", async (t) => {
    const { mini, upstream } = await setUp(t, { concurrency: 3 });
    mini.always = { delayMs: 5 };
    const deliveries = await Promise.all(
      Array.from({ length: 30 }, (_, index) => upstream.deliver(event(`${index}`, randomBytes(16).toString("hex")), NEVER)),
    );
    assert.ok(deliveries.every(({ kind }) => kind === "delivered"));
    assert.equal(mini.uniqueEvents().length, 30);
    assert.equal(mini.stats().connections, 3);
  });

  it("goes on when the tracker closes connections", async (t) => {
    const { mini, upstream } = await setUp(t, { concurrency: 1 });
    mini.script({ fault: "close" }, { fault: "close" });
    for (let i = 0; i < 3; i += 1) assert.equal((await upstream.deliver(event(), NEVER)).kind, "delivered");
    assert.equal(mini.stats().connections, 3);
  });
});

describe("what an answer means", () => {
  it("tells of limits that come with a success", async (t) => {
    const delivery = await answered(t, { headers: { "x-sentry-rate-limits": ["60:error:key", "5:log_item:key"] } });
    assert.deepEqual(delivery, {
      kind: "delivered",
      limits: new Map([
        ["error", 60_000],
        ["log_item", 5_000],
      ]),
    });
  });

  it("holds on 429, for as long as the tracker says or a minute", async (t) => {
    assert.deepEqual(await answered(t, { status: 429, headers: { "x-sentry-rate-limits": "7::organization" } }), {
      kind: "limited",
      limits: new Map([["all", 7_000]]),
    });
    assert.deepEqual(await answered(t, { status: 429, headers: { "retry-after": "Fri, 20 Nov 2026 10:01:00 GMT" } }), {
      kind: "limited",
      limits: new Map([["all", 59_877]]),
    });
    assert.deepEqual(await answered(t, { status: 429 }), { kind: "limited", limits: new Map([["all", 60_000]]) });
  });

  it("refuses the DSN on 401 and 403, and says why", async (t) => {
    assert.deepEqual(await answered(t, { status: 403, body: '{"detail":"project is disabled"}' }), {
      kind: "refused_dsn",
      status: 403,
      cause: "HTTP 403 Forbidden: project is disabled",
    });
    assert.equal((await answered(t, { status: 401 })).kind, "refused_dsn");
  });

  it("does not repeat a key that the tracker repeats", async (t) => {
    const { mini, upstream } = await setUp(t);
    mini.script({ status: 403, body: `{"detail":"no project for ${mini.dsn()}"}` });
    const delivery = await upstream.deliver(event(), NEVER);
    assert.ok(delivery.kind === "refused_dsn");
    assert.match(delivery.cause, /no project for http:\/\/\*\*\*@127/);
  });

  it("rejects on other 4xx, with the beginning of a long answer", async (t) => {
    const delivery = await answered(t, { status: 413, body: `too big ${"x".repeat(1 << 20)}` });
    assert.ok(delivery.kind === "rejected");
    assert.match(delivery.cause, /^HTTP 413 Payload Too Large: too big x+\.\.\.$/);
    assert.equal((await answered(t, { status: 400 })).kind, "rejected");
    assert.equal((await answered(t, { status: 404 })).kind, "rejected");
  });

  it("tries again on 5xx, when the tracker says so", async (t) => {
    for (const status of [500, 502, 504]) assert.equal((await answered(t, { status })).kind, "retry");
    const delivery = await answered(t, { status: 503, headers: { "retry-after": "9" }, body: "" });
    assert.deepEqual(delivery, { kind: "retry", afterMs: 9_000, cause: "HTTP 503 Service Unavailable", limits: new Map() });
  });

  it("holds to the status when the rest of the answer is lost", async (t) => {
    assert.equal((await answered(t, { fault: "cut_answer" })).kind, "delivered");
    assert.equal((await answered(t, { fault: "stall_answer" }, { timeout: "200ms" })).kind, "delivered");
    assert.equal((await answered(t, { status: 413, fault: "cut_answer" })).kind, "rejected");
    assert.equal((await answered(t, { status: 413, fault: "stall_answer" }, { timeout: "200ms" })).kind, "rejected");
  });
});

describe("trouble on the way", () => {
  it("is a retry when the connection is reset before, within or after the body", async (t) => {
    const { mini, upstream } = await setUp(t, { compression: "none", concurrency: 1 });
    const large: Shipment = { kind: "event", parcels: [parcel({ body: Buffer.alloc(8 << 20, "x"), eventId: EVENT_ID })] };
    mini.script({ fault: "reset" }, { fault: "reset_midway" }, { fault: "reset_after" }, {});

    for (const shipment of [large, large, event()]) {
      const delivery = await upstream.deliver(shipment, NEVER);
      assert.ok(delivery.kind === "retry");
      assert.match(delivery.cause, /ECONNRESET|EPIPE|closed|UND_ERR_SOCKET/);
    }
    assert.equal((await upstream.deliver(event(), NEVER)).kind, "delivered");

    assert.equal(mini.events().length, 2, "the one whose answer was lost came again");
    assert.equal(mini.uniqueEvents().length, 1, "under the same id");
  });

  it("is a retry when no answer comes in time", async (t) => {
    const delivery = await answered(t, { fault: "hang" }, { timeout: "150ms" });
    assert.deepEqual(delivery, { kind: "retry", afterMs: undefined, cause: "no answer within 150ms", limits: new Map() });
  });

  it("is a retry when nobody listens, and works again when somebody does", async (t) => {
    const gone = await MiniSentry.start();
    const { port } = gone;
    const upstream = sentry.create(sentry.config.parse({ dsn: gone.dsn() }), upstreamHost());
    await gone.close();
    await upstream.start(NEVER);
    t.after(() => upstream.stop(NEVER));

    const delivery = await upstream.deliver(event(), NEVER);
    assert.ok(delivery.kind === "retry");
    assert.match(delivery.cause, /ECONNREFUSED/);

    const back = await MiniSentry.start({ port });
    t.after(() => back.close());
    assert.equal((await upstream.deliver(event(), NEVER)).kind, "delivered");
  });

  it("is a retry when the dispatcher gives up, before or during the request", async (t) => {
    const { mini, upstream } = await setUp(t);
    mini.always = { fault: "hang" };
    const abort = new AbortController();
    const waiting = Array.from({ length: 20 }, () => upstream.deliver(event(), abort.signal));
    await mini.waitFor("requests", () => mini.stats().requests >= 8);
    abort.abort();
    for (const delivery of [...(await Promise.all(waiting)), await upstream.deliver(event(), abort.signal)]) {
      assert.deepEqual(delivery, { kind: "retry", afterMs: undefined, cause: "the relay is stopping", limits: new Map() });
    }
  });
});

describe("the life of a sentry upstream", () => {
  it("lets requests under way end when it stops, and takes no more", async (t) => {
    const { mini, upstream } = await setUp(t);
    mini.script({ delayMs: 50 });
    const delivery = upstream.deliver(event("x".repeat(2_000)), NEVER);
    await mini.waitFor("the connection", () => mini.stats().connections === 1);
    await upstream.stop(AbortSignal.timeout(5_000));
    assert.equal((await delivery).kind, "delivered");
    assert.equal((await upstream.deliver(event(), NEVER)).kind, "retry");
    await upstream.stop(NEVER);
  });

  it("gives up requests under way at the deadline", async (t) => {
    const { mini, upstream } = await setUp(t);
    mini.script({ fault: "hang" });
    const delivery = upstream.deliver(event(), NEVER);
    await mini.waitFor("the request", () => mini.stats().requests === 1);
    await upstream.stop(AbortSignal.abort());
    assert.equal((await delivery).kind, "retry");
  });

  it("stops without having started", async () => {
    const upstream = sentry.create(sentry.config.parse({ dsn: "https://key@sentry.example/42" }), upstreamHost());
    await upstream.stop(NEVER);
    assert.equal((await upstream.deliver(event(), NEVER)).kind, "retry");
  });

  it("takes its pace from the configuration", () => {
    const written = {
      dsn: "https://key@sentry.example/42",
      rate_limit: "1000/min",
      concurrency: 4,
      max_age: "2h",
      backoff: { first: "1s" },
    };
    assert.deepEqual(sentry.create(sentry.config.parse(written), upstreamHost()).pace, {
      concurrency: 4,
      rateLimit: { count: 1_000, perMs: 60_000 },
      maxAgeMs: 7_200_000,
      backoff: { firstMs: 1_000, maxMs: 30_000 },
      reportEveryMs: 30_000,
    });
  });

  it("says in a sentence what is wrong with a DSN, without repeating it", () => {
    const { error } = sentry.config.safeParse({ dsn: "https://secretkey@sentry.example" });
    assert.deepEqual(
      error?.issues.map(({ path, message }) => [path.join("."), message]),
      [["dsn", "the DSN has no project after its host; it looks like https://PUBLIC_KEY@HOST/PROJECT_ID"]],
    );
    assert.doesNotMatch(String(error), /secretkey/);
  });

  it("prints to the console when there is no DSN, and says so once", async () => {
    const host = upstreamHost();
    const upstream = sentry.create(sentry.config.parse({ dsn: "" }), host);
    await upstream.start(NEVER);

    assert.equal((await upstream.deliver(event("disk full"), NEVER)).kind, "delivered");

    assert.match(host.printed.join(""), /^ERROR {3}disk full\n/);
    assert.equal(host.told.length, 1);
    assert.match(host.told[0] ?? "", /no DSN .* console/);
    assert.equal(upstream.pace.reportEveryMs, undefined);
    await upstream.stop(NEVER);
  });

  describe("for others, who name a DSN", () => {
    const DSN = "https://secretkey@sentry.example/42";

    function tenancy(written: Written, dsn: string) {
      const config = sentry.config.parse({ dsn: DSN, ...written });
      const found = sentry.tenant?.(config, dsn);
      assert.ok(found !== undefined);
      return found;
    }

    it("sends to the host of its own DSN, with its own settings and their key", () => {
      const found = tenancy({ timeout: "3s", concurrency: 2 }, "https://otherkey@sentry.example/43");
      assert.equal(found.kind, "tenant");
      assert.match(found.account, /^https:\/\/sentry\.example\/43#[0-9a-f]{8}$/);
      assert.deepEqual([found.config.dsn?.publicKey, found.config.timeout, found.config.concurrency], ["otherkey", 3_000, 2]);
      const upstream = sentry.create(found.config, upstreamHost());
      assert.deepEqual([upstream.account, upstream.pace.concurrency], [found.account, 2]);
    });

    it("sends nowhere else, not even to another port or without encryption, unless it may", () => {
      for (const dsn of ["https://k@other.example/1", "https://k@sentry.example:8443/1", "http://k@sentry.example/1"]) {
        const found = tenancy({}, dsn);
        assert.equal(found.kind === "refused" && found.cause, "foreign", dsn);
      }
      assert.equal(tenancy({ allow_dsn_hosts: ["*.other.example"] }, "https://k@o1.other.example/1").kind, "tenant");
      assert.equal(tenancy({ allow_dsn_hosts: ["other.example"] }, DSN).kind, "refused");
      assert.equal(tenancy({ allow_dsn_hosts: [] }, DSN).kind, "refused");
      assert.equal(tenancy({ dsn: "" }, DSN).kind, "refused");
      assert.equal(tenancy({ dsn: "", allow_dsn_hosts: ["sentry.example"] }, DSN).kind, "tenant");
    });

    it("says why not without repeating a key", () => {
      for (const dsn of [
        "https://secretkey@sentry.example",
        "secretkey",
        "https://secretkey@other.example/1",
        `https://secretkey@sentry.example/${"p".repeat(250)}`,
      ]) {
        const found = tenancy({}, dsn);
        assert.ok(found.kind === "refused" && found.message.length > 10);
        assert.doesNotMatch(found.message, /secretkey/);
      }
    });

    it("takes no list of hosts that means anything", () => {
      const { error } = sentry.config.safeParse({ dsn: DSN, allow_dsn_hosts: ["sentry.example", "*"] });
      assert.deepEqual(
        error?.issues.map(({ path }) => path.join(".")),
        ["allow_dsn_hosts.1"],
      );
    });
  });
});

import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { Daemon } from "../support/daemon.ts";
import { GelfSender } from "../support/gelf-sender.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

interface Set {
  readonly mini: MiniSentry;
  readonly daemon: Daemon;
  readonly sender: GelfSender;
}

async function relay(t: TestContext, upstream = "", rest = ""): Promise<Set> {
  const mini = await MiniSentry.start();
  const daemon = await Daemon.start({
    config: `inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:0" } }
policy: { storm: "off" }
upstreams: { default: { type: sentry, dsn: "${mini.dsn()}", backoff: { first: 50ms }${upstream} } }
${rest}`,
  });
  const sender = await GelfSender.connect(await daemon.port("edge"));
  t.after(async () => {
    sender.socket.destroy();
    await daemon.stop("SIGKILL");
    await mini.close();
  });
  return { mini, daemon, sender };
}

const text = (event: Readonly<Record<string, unknown>> | undefined): unknown =>
  (event?.["logentry"] as { formatted?: string } | undefined)?.formatted;

// Each test has its own daemon, and most of them wait: side by side they take a third of the time.
describe("delivery", { concurrency: 4 }, () => {
  it("sends an event with its trail, as every tracker rule demands", async (t) => {
    const { mini, daemon, sender } = await relay(t);
    await sender.send(
      { short_message: "cart opened", level: 6, _service: "shop" },
      { short_message: "card declined for order 1042", _service: "shop" },
    );

    const [event] = await mini.waitForEvents(1);

    assert.equal(text(event), "card declined for order 1042");
    const crumbs = (event?.["breadcrumbs"] as { values: readonly { message: string }[] } | undefined)?.values ?? [];
    assert.deepEqual(
      crumbs.map(({ message }) => message),
      ["cart opened"],
    );
    assert.deepEqual(mini.problems, []);
    await daemon.settled(2);
    assert.equal(await daemon.stop(), 0);
  });

  it("shows every count with zero before anything came in", async (t) => {
    const { daemon } = await relay(t);

    const body = await (await daemon.get("/metrics")).text();

    for (const series of [
      'records_received_total{input="edge"}',
      'bytes_received_total{input="edge"}',
      'parcels_delivered_total{upstream="default",category="error"}',
      'upstream_requests_total{upstream="default",result="retry"}',
    ]) {
      assert.ok(body.includes(`crumbtrail_${series} 0\n`), series);
    }
  });

  it("keeps trying through 503, resets and hung requests, and delivers each event once", async (t) => {
    const { mini, daemon, sender } = await relay(t, ", timeout: 300ms, concurrency: 2");
    mini.script(
      { status: 503 },
      { fault: "reset" },
      { fault: "reset_midway" },
      { fault: "hang" },
      { status: 502 },
      { status: 504 },
    );
    await sender.send(...Array.from({ length: 5 }, (_, i) => ({ short_message: `failure ${i}` })));

    await daemon.settled(5);

    assert.deepEqual(mini.uniqueEvents().map(text).sort(), ["failure 0", "failure 1", "failure 2", "failure 3", "failure 4"]);
    assert.equal(mini.events().length, 5);
  });

  it("holds events through a 429 for as long as the tracker asks", async (t) => {
    const { mini, daemon, sender } = await relay(t, ", concurrency: 1");
    mini.script({ status: 429, headers: { "x-sentry-rate-limits": "1:error:project" } });
    await sender.send({ short_message: "one" });
    await sender.send({ short_message: "two" });

    await daemon.settled(2);

    const refused = mini.requests.find(({ status }) => status === 429);
    const taken = mini.requests.filter(({ status }) => status === 200);
    assert.equal(taken.length, 2);
    assert.ok(taken.every(({ receivedAt }) => receivedAt - (refused?.receivedAt ?? Infinity) >= 1_000));
  });

  it("honours a limit announced with a 200", async (t) => {
    const { mini, daemon, sender } = await relay(t, ", concurrency: 1");
    mini.script({ status: 200, headers: { "x-sentry-rate-limits": "1::organization" } });
    await sender.send({ short_message: "one" });
    await mini.waitForEvents(1);
    await sender.send({ short_message: "two" });

    await daemon.settled(2);

    const [first, second] = mini.requests;
    assert.ok((second?.receivedAt ?? 0) - (first?.receivedAt ?? 0) >= 1_000);
  });

  it("gives up what the tracker refuses for good, counts it, and reports it", async (t) => {
    const { mini, daemon, sender } = await relay(t, ", client_report_interval: 200ms");
    mini.script({ status: 413 });
    await sender.send({ short_message: "too much" }, { short_message: "fine" });

    const ledger = await daemon.settled(2);

    assert.equal(ledger.settled["rejected"], 1);
    assert.equal(ledger.settled["delivered"], 1);
    await mini.waitFor("a client report", ({ stats }) => stats.call(mini).clientReports > 0);
    assert.deepEqual(mini.clientReports()[0]?.["discarded_events"], [{ reason: "send_error", category: "error", quantity: 1 }]);
  });

  it("pauses a refused DSN and says so on /readyz", async (t) => {
    const { mini, daemon, sender } = await relay(t);
    mini.always = { status: 403 };
    await sender.send({ short_message: "nobody may have this" });
    await mini.waitFor("the refusal", ({ requests }) => requests.length > 0);

    const waiting = async (): Promise<{ causes: readonly { cause: string }[] }> => {
      for (;;) {
        const response = await daemon.get("/readyz");
        const body = (await response.json()) as { causes: readonly { cause: string }[] };
        if (response.status === 503) return body;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };

    assert.deepEqual(
      (await waiting()).causes.map(({ cause }) => cause),
      ["dsn_rejected"],
    );
    assert.equal(mini.requests.length, 1);
  });

  it("never sends more than rate_limit says", async (t) => {
    const { mini, daemon, sender } = await relay(t, ', rate_limit: "3/2s"');
    const started = performance.now();
    await sender.send(...Array.from({ length: 7 }, (_, i) => ({ short_message: `event ${i}` })));

    await daemon.settled(7);

    // Three at once, three after two seconds, the last after four: a busy machine can only make it longer.
    assert.ok(performance.now() - started >= 4_000);
    assert.equal(mini.uniqueEvents().length, 7);
  });

  it("never lets a held upstream delay another one", async (t) => {
    const slow = await MiniSentry.start();
    t.after(() => slow.close());
    slow.always = { fault: "hang" };
    const mini = await MiniSentry.start();
    t.after(() => mini.close());
    const daemon = await Daemon.start({
      config: `inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:0" } }
processors: [{ type: route, rules: [{ match: { team: "slow*" }, upstream: slow }] }]
upstreams:
  default: { type: sentry, dsn: "${mini.dsn()}" }
  slow: { type: sentry, dsn: "${slow.dsn()}" }`,
    });
    t.after(() => daemon.stop("SIGKILL"));
    const sender = await GelfSender.connect(await daemon.port("edge"));
    for (let i = 0; i < 20; i += 1)
      await sender.send({ short_message: `stuck ${i}`, _team: "slow" }, { short_message: `passes ${i}` });

    const events = await mini.waitForEvents(10);

    assert.ok(events.every((event) => String(text(event)).startsWith("passes")));
    sender.socket.destroy();
  });

  it("sends logs in one container where the policy asks for them", async (t) => {
    const mini = await MiniSentry.start();
    const daemon = await Daemon.start({
      config: `inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:0" } }
policy: { log: info }
upstreams: { default: { type: sentry, dsn: "${mini.dsn()}" } }`,
    });
    t.after(async () => {
      await daemon.stop("SIGKILL");
      await mini.close();
    });
    const sender = await GelfSender.connect(await daemon.port("edge"));
    await sender.send(...Array.from({ length: 149 }, (_, i) => ({ short_message: `line ${i}`, level: 6 })), {
      short_message: "boom",
    });
    await sender.end();
    await mini.waitFor("a full container", (now) => now.logs().length >= 100);

    assert.equal(await daemon.stop(), 0);

    assert.equal(mini.logs().length, 150);
    assert.equal(mini.events().length, 1);
    assert.equal(mini.requests.filter(({ envelope }) => envelope?.items[0]?.header["type"] === "log").length, 2);
    assert.deepEqual(mini.problems, []);
  });

  it("delivers what it has accepted when told to stop", async (t) => {
    const { mini, daemon, sender } = await relay(t);
    mini.always = { delayMs: 50 };
    await sender.send(...Array.from({ length: 40 }, (_, i) => ({ short_message: `event ${i}` })));
    await mini.waitForEvents(1);

    assert.equal(await daemon.stop(), 0);

    assert.equal(mini.uniqueEvents().length, 40);
  });

  it("stops in time when the tracker is gone, and says how much was lost", async (t) => {
    const { mini, daemon, sender } = await relay(t, "", "shutdown_timeout: 300ms");
    mini.always = { fault: "hang" };
    await sender.send({ short_message: "lost" });
    await mini.waitFor("the request", ({ requests, stats }) => requests.length + stats.call(mini).requests > 0);

    assert.equal(await daemon.stop(), 0);

    assert.match(daemon.stderr, /"records":1,"msg":"stopped with undelivered records/);
  });
});

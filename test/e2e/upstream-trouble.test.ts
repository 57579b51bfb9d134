import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Daemon } from "../support/daemon.ts";
import { GelfSender } from "../support/gelf-sender.ts";
import { MiniSentry } from "../support/mini-sentry.ts";

async function trackerOf(t: TestContext): Promise<MiniSentry> {
  const mini = await MiniSentry.start();
  t.after(() => mini.close());
  return mini;
}

async function daemonOf(t: TestContext, config: string): Promise<{ daemon: Daemon; sender: GelfSender }> {
  const daemon = await Daemon.start({
    config: `inputs: { edge: { type: gelf_tcp, listen: "127.0.0.1:0" } }\n${config}`,
  });
  t.after(() => daemon.stop("SIGKILL"));
  const sender = await GelfSender.connect(await daemon.port("edge"));
  t.after(() => sender.socket.destroy());
  return { daemon, sender };
}

function lines(count: number): { short_message: string; level: number }[] {
  return Array.from({ length: count }, (_, i) => ({ short_message: `line ${i}`, level: 6 }));
}

async function concurrencyOf(daemon: Daemon): Promise<Readonly<Record<string, number>>> {
  const { upstreams } = (await (await daemon.get("/status")).json()) as {
    readonly upstreams: readonly { readonly name: string; readonly concurrency: number }[];
  };
  return Object.fromEntries(upstreams.map(({ name, concurrency }) => [name, concurrency]));
}

describe("trouble with an upstream", { concurrency: 4 }, () => {
  it("splits a container of logs that is too large until it fits", async (t) => {
    const mini = await trackerOf(t);
    const { daemon, sender } = await daemonOf(
      t,
      `policy: { log: info, issue: "off" }\nupstreams: { default: { type: sentry, dsn: "${mini.dsn()}", concurrency: 1 } }`,
    );
    // A hundred, its halves, and one of its quarters.
    mini.script({ status: 413 }, { status: 413 }, {}, {}, { status: 413 });
    await sender.send(...lines(100));
    await mini.waitFor("all logs", (now) => now.logs().length >= 100);

    await daemon.settled(100);

    const bodies = mini.logs().map((log) => log["body"]);
    assert.equal(new Set(bodies).size, 100);
    assert.equal(bodies.length, 100);
    assert.equal(mini.requests.filter(({ status }) => status === 413).length, 3);
  });

  it("learns that a tracker knows neither logs nor client reports, and remembers it over a restart", async (t) => {
    const mini = await trackerOf(t);
    const dataDir = mkdtempSync(join(tmpdir(), "crumbtrail-data-"));
    t.after(() => rmSync(dataDir, { recursive: true, force: true }));
    const config = `policy: { log: info, storm: "off" }
data_dir: "${dataDir}"
upstreams: { default: { type: sentry, dsn: "${mini.dsn()}", client_report_interval: 100ms } }`;
    const kinds = (): string[] => mini.requests.map(({ envelope }) => String(envelope?.items[0]?.header["type"]));
    const first = await daemonOf(t, config);
    mini.script({ status: 400, body: '{"detail":"unknown variant `log`, expected one of `event`, `transaction`"}' });
    await first.sender.send(...lines(100));
    await mini.waitFor("the container", () => kinds().length === 1);
    // The next is refused for good, which makes a client report.
    mini.script({ status: 413 }, { status: 400, body: '{"detail":"invalid"}' });
    await first.sender.send({ short_message: "too large", level: 3 });
    await mini.waitFor("the report", () => kinds().includes("client_report"));
    await first.sender.end();
    assert.equal(await first.daemon.stop(), 0);
    assert.deepEqual(kinds(), ["log", "event", "client_report"]);
    assert.match(first.daemon.stderr, /takes no logs[^"]*unknown variant/);

    const second = await daemonOf(t, config);
    await second.sender.send(...lines(250), { short_message: "fine", level: 3 });
    await second.daemon.settled(251);
    await mini.waitForEvents(1);
    await second.sender.end();
    assert.equal(await second.daemon.stop(), 0);

    assert.deepEqual(kinds(), ["log", "event", "client_report", "event"]);
    assert.equal(second.daemon.stderr.match(/takes no logs/g)?.length, 1);
  });

  it("delays nobody else while one upstream hangs, and delivers everything once it answers", async (t) => {
    const [slow, mini] = [await trackerOf(t), await trackerOf(t)];
    slow.always = { fault: "hang" };
    const { daemon, sender } = await daemonOf(
      t,
      `policy: { storm: "off" }
processors: [{ type: route, rules: [{ match: { team: slow }, upstream: slow }] }]
upstreams:
  default: { type: sentry, dsn: "${mini.dsn()}" }
  slow: { type: sentry, dsn: "${slow.dsn()}", timeout: 500ms, backoff: { first: 50ms, max: 200ms } }`,
    );
    for (let i = 0; i < 200; i += 1)
      await sender.send({ short_message: `stuck ${i}`, _team: "slow" }, { short_message: `passes ${i}` });
    await mini.waitForEvents(200);
    assert.equal(slow.events().length, 0);
    while ((await concurrencyOf(daemon))["slow"] !== 1) await pause(20);
    assert.ok(((await concurrencyOf(daemon))["default"] ?? 0) >= 2);

    slow.always = {};
    await slow.waitForEvents(200);

    const ledger = await daemon.settled(400);
    assert.equal(ledger.settled["delivered"], 400);
    assert.equal(slow.uniqueEvents().length, 200);
  });

  it("delivers everything past a tracker that answers every fifth request with 503", async (t) => {
    const mini = await trackerOf(t);
    const { daemon, sender } = await daemonOf(
      t,
      `policy: { storm: "off" }\nupstreams: { default: { type: sentry, dsn: "${mini.dsn()}", backoff: { first: 50ms } } }`,
    );
    mini.script(...Array.from({ length: 700 }, (_, i) => (i % 5 === 4 ? { status: 503 } : {})));
    await sender.send(...Array.from({ length: 500 }, (_, i) => ({ short_message: `failure ${i}` })));

    const ledger = await daemon.settled(500);

    assert.equal(ledger.settled["delivered"], 500);
    assert.equal(mini.uniqueEvents().length, 500);
  });
});

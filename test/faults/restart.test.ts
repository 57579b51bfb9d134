import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, it, type TestContext } from "node:test";
import { crc32 } from "node:zlib";
import { Daemon } from "../support/daemon.ts";
import { balance, tell } from "./books.ts";
import { freePort } from "./ports.ts";
import { SCALE, SEED } from "./scale.ts";
import { Senders } from "./senders.ts";
import { diskQueue, Site, until } from "./site.ts";
import { Tracker } from "./tracker.ts";
import { fillQueue } from "./waiting.ts";

interface Scene {
  readonly site: Site;
  readonly tracker: Tracker;
  readonly senders: Senders;
  readonly port: number;
}

async function sceneOf(t: TestContext, rest: string): Promise<Scene> {
  const [tracker, senders, port] = [await Tracker.start(), new Senders(), await freePort()];
  const site = new Site(
    (directory) => `inputs: { fluent: { type: forward, listen: "127.0.0.1:${port}" } }
policy: { storm: "off" }
${rest}
${diskQueue(directory, { maxBytes: "4GiB" })}
upstreams: { default: { type: sentry, dsn: "${tracker.dsn}", timeout: 1s, backoff: { first: 100ms, max: 500ms } } }`,
  );
  t.after(async () => {
    senders.end();
    await site.close();
    tracker.end();
  });
  return { site, tracker, senders, port };
}

function rssMiB(daemon: Daemon): number {
  const text = readFileSync(`/proc/${daemon.process.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1]) / 1_024;
}

/** The last line of the relay's log that says what became of everything. */
function farewell(daemon: Daemon): { readonly received: number; readonly in_flight: number } {
  const line = daemon.stderr.split("\n").findLast((candidate) => candidate.includes('"msg":"stopped"'));
  return JSON.parse(line ?? "{}") as { readonly received: number; readonly in_flight: number };
}

describe("a relay that is told to stop with parcels that it cannot deliver", () => {
  it("ends with 0 at its deadline and keeps the rest, which the next one books and delivers", async (t) => {
    const { site, tracker, senders, port } = await sceneOf(t, "shutdown_timeout: 2s");
    await site.start();
    await senders.start("before", { kind: "forward", port, perSecond: 1_000 });
    await pause(500);
    await tracker.suffer("hangs");
    await pause(1_500);
    const before = await senders.finish("before");
    const { daemon } = site;
    const toldAt = performance.now();
    assert.equal(await site.stop(), 0);
    const tookMs = performance.now() - toldAt;
    const left = farewell(daemon).in_flight;
    assert.ok(left > 1_000, `only ${left} were left behind`);

    await site.start();
    const { ledger } = await site.daemon.status();
    assert.deepEqual([ledger.received, ledger.in_flight], [left, left], "the next one begins with what was left");
    await senders.start("after", { kind: "forward", port, perSecond: 1_000 });
    await pause(500);
    await tracker.suffer("none");
    await pause(500);
    const after = await senders.finish("after");
    const { received } = await site.daemon.settled(left + after.sent.length, 60_000);
    const delivered = await tracker.report();
    const rows = [balance("before the stop", [before], [delivered]), balance("after the start", [after], [delivered])];
    tell(t, rows, `stopped after ${tookMs.toFixed(0)} ms; ${left} waited on the disk from one to the other; seed ${SEED}`);
    // Far more than this machine can make of two seconds; without the deadline it would never end.
    assert.ok(tookMs < 15_000, `it took ${tookMs} ms to stop`);
    for (const row of rows) assert.deepEqual([row.lost, row.delivered], [0, row.sent], row.what);
    assert.equal(received, left + after.sent.length);
    assert.deepEqual([delivered.twofold.length, delivered.changed, delivered.unknown], [0, 0, 0]);
    assert.deepEqual(site.imbalances, []);
    assert.equal(await site.stop(), 0);
  });

  // Ten minutes would be far more than the runner gives.
  it("ends at once with 0 when it is told so twice, and everything that it acknowledged is on the disk", async (t) => {
    const { site, tracker, senders, port } = await sceneOf(t, "shutdown_timeout: 10m");
    await site.start();
    await tracker.suffer("hangs");
    await senders.start("load", { kind: "forward", port, perSecond: 1_000 });
    await pause(1_000);
    const { daemon } = site;
    daemon.process.kill("SIGTERM");
    await until(
      async () => daemon.stderr.includes('"msg":"stopping"'),
      10_000,
      () => daemon.stderr,
    );
    await pause(300);
    assert.equal(daemon.process.exitCode, null, "it drains until its deadline");
    assert.equal(await site.stop("SIGTERM"), 0);
    await site.start();
    await tracker.suffer("none");
    const flow = await senders.finish("load");
    await site.daemon.settled(0, 60_000);
    const row = balance("stopped twice", [flow], [await tracker.report()]);
    tell(t, [row]);
    assert.deepEqual([row.lost, row.delivered], [0, row.sent]);
    assert.deepEqual(site.imbalances, []);
  });
});

describe("a relay that starts", () => {
  it("is ready in under 3 s with many parcels waiting, and does not load them into memory", async (t) => {
    const { site, tracker } = await sceneOf(t, "shutdown_timeout: 100ms");
    await tracker.close();
    const emptyMs = await site.start();
    const emptyMiB = rssMiB(site.daemon);
    await site.stop();
    const began = performance.now();
    await fillQueue(site.directory, SCALE.waitingParcels);
    const filledMs = performance.now() - began;

    const tookMs = await site.start();
    const tookMiB = rssMiB(site.daemon);
    const { ledger } = await site.daemon.status();
    // Delivering from it takes no more than a window of it either.
    await tracker.open();
    await tracker.waitFor(2_000, 30_000);
    const deliveringMiB = rssMiB(site.daemon);
    const { numbers, unknown } = await tracker.report();
    await site.stop();
    const row = { what: `${SCALE.waitingParcels} waiting`, sent: SCALE.waitingParcels, acknowledged: SCALE.waitingParcels };
    tell(
      t,
      [{ ...row, delivered: numbers.length, duplicated: 0, lost: SCALE.waitingParcels - ledger.in_flight }],
      `filled in ${(filledMs / 1_000).toFixed(1)} s; delivered: until it was stopped`,
      `ready after ${tookMs.toFixed(0)} ms, ${emptyMs.toFixed(0)} ms with an empty store; RSS ${tookMiB.toFixed(0)} MiB, ${deliveringMiB.toFixed(0)} MiB while delivering, ${emptyMiB.toFixed(0)} MiB with an empty store`,
    );
    assert.equal(ledger.in_flight, SCALE.waitingParcels);
    assert.ok(tookMs < 3_000, `ready only after ${tookMs} ms`);
    assert.ok(tookMiB < emptyMiB + 64, `${tookMiB} MiB right after the start`);
    assert.ok(deliveringMiB < emptyMiB + 160, `${deliveringMiB} MiB while delivering`);
    assert.equal(unknown, 0);
    assert.ok(numbers.length >= 2_000 && numbers.every((number) => number <= numbers.length + 1_000), "the oldest come first");
    assert.deepEqual(site.imbalances, []);
  });

  it("refuses a directory that another relay uses, which goes on", async (t) => {
    const { site, senders, tracker, port } = await sceneOf(t, "");
    await site.start();
    const second = site.config.replace(`127.0.0.1:${port}`, "127.0.0.1:0");
    const refusal = new RegExp(`ended with 1\\s+crumbtrail: another relay uses ${site.directory}`);
    await assert.rejects(Daemon.start({ config: second }), refusal);
    await senders.start("load", { kind: "forward", port, perSecond: 500 });
    await pause(500);
    const flow = await senders.finish("load");
    await site.daemon.settled(flow.sent.length);
    const row = balance("beside a second relay", [flow], [await tracker.report()]);
    tell(t, [row]);
    assert.deepEqual([row.lost, row.delivered], [0, row.sent]);
    // One that was killed does not keep the next from starting.
    await site.kill();
    await site.start();
    assert.equal(await site.stop(), 0);
  });

  it("refuses a store of a newer format, and leaves it as it is", async (t) => {
    const { site, tracker } = await sceneOf(t, "shutdown_timeout: 100ms");
    await tracker.close();
    await fillQueue(site.directory, 100);
    const newer = "crumbtrail-queue 2";
    const file = join(site.directory, "format");
    const before = readFileSync(file, "utf8");
    const line = `${newer} ${crc32(newer).toString(16).padStart(8, "0")}\n`;
    assert.notEqual(line, before);
    writeFileSync(file, line);
    await assert.rejects(site.start(), /ended with 1\s+crumbtrail: the queue in .+ has format 2, .+ reads formats up to 1/);
    assert.equal(readFileSync(file, "utf8"), line);
    // The version that wrote it finds everything.
    writeFileSync(file, before);
    await site.start();
    assert.equal((await site.daemon.status()).ledger.in_flight, 100);
    assert.equal(await site.stop(), 0);
  });
});

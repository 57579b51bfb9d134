import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, it } from "node:test";
import { privateMiB } from "../bench/processes.ts";
import { balance, tell } from "./books.ts";
import { LogWriter, ROTATIONS, writeBacklog, type Rotation } from "./log-writer.ts";
import { between, chance, SCALE, SEED } from "./scale.ts";
import { diskQueue, Site } from "./site.ts";
import { Tracker } from "./tracker.ts";

function siteOf(tracker: Tracker, folder: (site: string) => string): Site {
  const site: Site = new Site((directory) => {
    const logs = folder(directory);
    mkdirSync(logs, { recursive: true });
    return `inputs:
  app: { type: file, include: ["${logs}/*.log"], format: json, read_from: start, rotate_wait: 1s }
policy: { storm: "off", trail: { size: 5 } }
data_dir: "${directory}-data"
${diskQueue(directory, { maxBytes: "256MiB" })}
upstreams: { default: { type: sentry, dsn: "${tracker.dsn}", backoff: { first: 100ms, max: 500ms } } }`;
  });
  return site;
}

describe("files that are rotated under load while the relay is killed", () => {
  for (const rotation of ROTATIONS) {
    it(`lose no issue, and repeat one only under its old event id (${rotation})`, async (t) => {
      const tracker = await Tracker.start();
      let logs = "";
      const site = siteOf(tracker, (directory) => (logs = `${directory}-logs`));
      const random = chance(`files ${rotation}`);
      const writer = new LogWriter(join(logs, "app.log"), 400);
      t.after(async () => {
        writer.stop();
        await site.close();
        tracker.end();
      });
      await site.start();
      const moments: string[] = [];
      for (let round = 0; round < SCALE.kills / 2; round += 1)
        moments.push(await oneRound(round, { site, writer, rotation, random }));
      const flow = writer.stop();
      await tracker.waitFor(flow.acknowledged.length, 60_000);
      await site.daemon.settled(0, 60_000);
      const delivered = await tracker.report();
      const { metrics, window } = { metrics: await site.daemon.metrics(), window: writer.inWindow };
      const arrived = new Set(delivered.numbers);
      const row = balance(`file, ${rotation}`, [flow], [delivered]);
      tell(
        t,
        [row],
        `${SCALE.kills / 2} kills and as many rotations, seed ${SEED}: ${moments.join(", ")}`,
        `in copytruncate's window ${window.length}, of which ${window.filter((number) => !arrived.has(number)).length} are lost; ` +
          `the last relay counted ${metrics.get('crumbtrail_file_bytes_lost_total{input="app"}') ?? 0} bytes lost`,
      );
      const missing = [...flow.acknowledged].filter((number) => !arrived.has(number));
      assert.equal(row.lost, 0, `lost: ${missing.join(" ")}`);
      assert.deepEqual([...delivered.twofold], []);
      assert.equal(delivered.unknown, 0);
      assert.deepEqual(site.imbalances, []);
      assert.equal(await site.stop(), 0);
    });
  }
});

interface Scene {
  readonly site: Site;
  readonly writer: LogWriter;
  readonly rotation: Rotation;
  readonly random: () => number;
}

/** One kill and one rotation, in an order that chance has; resolves with when it was. */
async function oneRound(round: number, { site, writer, rotation, random }: Scene): Promise<string> {
  const [before, after] = [between(random, 50, 700), between(random, 0, 300)];
  await pause(before);
  // What is deleted before it was read is gone for everybody: there it is done while the relay has the file open.
  const isDown = rotation !== "delete" && round % 2 === 1;
  if (isDown) {
    await site.kill();
    writer.rotate(rotation);
    await pause(after);
    await site.start();
    return `${before} ms, while it was down`;
  }
  writer.rotate(rotation);
  await pause(rotation === "delete" ? 1_000 : after);
  await site.kill();
  await pause(between(random, 0, 200));
  await site.start();
  return `${after} ms before the kill`;
}

describe("many files and long ones", () => {
  it("follows 1 000 files in less than 100 MiB of its own, and finds a line in each", async (t) => {
    const tracker = await Tracker.start();
    let logs = "";
    const site = siteOf(tracker, (directory) => (logs = `${directory}-logs`));
    t.after(async () => {
      await site.close();
      tracker.end();
    });
    const names = Array.from({ length: 1_000 }, (_, i) => join(logs, `${i}.log`));
    for (const name of names) writeFileSync(name, "");
    await site.start();
    for (const name of names) appendFileSync(name, '{"level":"info","message":"served /cart"}\n');
    await site.daemon.settled(1_000, 60_000);
    const followed = (await site.daemon.metrics()).get('crumbtrail_files_followed{input="app"}');
    const mib = privateMiB(site.daemon.process.pid ?? 0);
    t.diagnostic(`${followed} files in ${mib.toFixed(0)} MiB`);
    assert.equal(followed, 1_000);
    assert.ok(mib < 100, `${mib} MiB`);
  });

  it("reads a backlog of any length in the same memory, and all its issues once", async (t) => {
    const tracker = await Tracker.start();
    let logs = "";
    const site = siteOf(tracker, (directory) => (logs = `${directory}-logs`));
    t.after(async () => {
      await site.close();
      tracker.end();
    });
    const lines = SCALE.backlogLines;
    const issues = [
      ...writeBacklog(join(logs, "a.log"), lines / 2, 1_000),
      ...writeBacklog(join(logs, "b.log"), lines / 2, 1_000),
    ];
    await site.start();
    const pid = site.daemon.process.pid ?? 0;
    const seen: number[] = [];
    const looking = setInterval(() => seen.push(privateMiB(pid)), 100);
    await site.daemon.settled(lines, 280_000);
    clearInterval(looking);
    await tracker.waitFor(issues.length, 60_000);
    const delivered = await tracker.report();
    const peak = Math.max(...seen);
    t.diagnostic(`${lines} lines, at most ${peak.toFixed(0)} MiB`);
    assert.deepEqual(
      [...delivered.numbers].toSorted((a, b) => a - b),
      issues,
    );
    assert.equal(delivered.events, issues.length);
    // Trails take up to 64 MiB by themselves.
    assert.ok(peak < 300, `${peak} MiB`);
  });
});

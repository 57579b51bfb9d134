import assert from "node:assert/strict";
import { chmodSync, mkdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { describe, it, type TestContext } from "node:test";
import { balance, tell, type Row } from "./books.ts";
import type { DeliveryReport } from "./deliveries.ts";
import type { FlowReport } from "./flow.ts";
import { Mounts, WITHOUT_PRIVILEGES } from "./mounts.ts";
import { freePort } from "./ports.ts";
import { SEED } from "./scale.ts";
import { Senders } from "./senders.ts";
import { diskQueue, Site, until, type Queue } from "./site.ts";
import { Tracker } from "./tracker.ts";

const DISK_BYTES = 24 << 20;
const PATIENCE_MS = 20_000;

/** A relay with a queue on a disk of its own, a sender, and a tracker. */
class Scene {
  readonly site: Site;
  readonly tracker: Tracker;
  readonly senders = new Senders();
  readonly port: number;

  private constructor(tracker: Tracker, port: number, queue: Queue) {
    this.tracker = tracker;
    this.port = port;
    this.site = new Site(
      (directory) => `inputs: { fluent: { type: forward, listen: "127.0.0.1:${port}" } }
policy: { storm: "off" }
${diskQueue(queue.directory ?? directory, queue)}
upstreams: { default: { type: sentry, dsn: "${tracker.dsn}", backoff: { first: 100ms, max: 500ms } } }`,
    );
  }

  static async create(t: TestContext, queue: Queue): Promise<Scene> {
    const scene = new Scene(await Tracker.start(), await freePort(), queue);
    t.after(async () => {
      scene.senders.end();
      await scene.site.close();
      scene.tracker.end();
    });
    return scene;
  }

  load(name: string): Promise<void> {
    return this.senders.start(name, { kind: "forward", port: this.port, perSecond: 500, connections: 2 });
  }

  /** Waits until `/readyz` names trouble with the disk whose detail matches. */
  async inTrouble(detail: RegExp): Promise<string> {
    let causes: readonly string[] = [];
    const told = async (): Promise<boolean> => {
      causes = await this.site.causes();
      return causes.some((cause) => cause.startsWith("disk_error") && detail.test(cause));
    };
    await until(told, PATIENCE_MS, () => `/readyz says ${JSON.stringify(causes)}\n${this.site.daemon.stderr}`);
    return causes.join(", ");
  }

  async healed(): Promise<void> {
    let causes: readonly string[] = [];
    const ready = async (): Promise<boolean> => (causes = await this.site.causes()).length === 0;
    await until(ready, PATIENCE_MS, () => `/readyz says ${JSON.stringify(causes)}`);
  }

  /** Issues acknowledged so far. */
  async acknowledged(name: string): Promise<number> {
    return (await this.senders.report(name)).acknowledged.length;
  }

  /** Resolves when the relay's books are settled, with what came of everything. */
  async harvest(name: string, flows: readonly FlowReport[]): Promise<Harvest> {
    const { settled } = await this.site.daemon.settled(0, 60_000);
    const delivered = await this.tracker.report();
    return { row: balance(name, flows, [delivered]), dropped: settled["queue_full"] ?? 0, delivered };
  }
}

interface Harvest {
  readonly row: Row;
  /** Counted as `queue_full`. */
  readonly dropped: number;
  readonly delivered: DeliveryReport;
}

interface FullDisk {
  readonly mounts: Mounts;
  readonly scene: Scene;
  /** Issues acknowledged before there was trouble. */
  readonly before: Uint32Array;
}

/** Fills the disk of a relay under load. */
async function fillDisk(t: TestContext, whenFull: "block" | "drop_oldest" | "drop_newest"): Promise<FullDisk> {
  const mounts = await Mounts.open(DISK_BYTES);
  t.after(() => mounts.close());
  const scene = await Scene.create(t, { directory: `${mounts.inside}/queue`, maxBytes: "8MiB", whenFull });
  scene.site.options = { by: mounts.by };
  await scene.site.start();
  await scene.load("load");
  await pause(500);
  // Nothing is delivered from now on, so nothing makes room by itself.
  await scene.tracker.suffer("unavailable");
  await pause(1_500);
  const before = (await scene.senders.report("load")).acknowledged;
  mounts.fill();
  return { mounts, scene, before };
}

describe("a disk that is full in the middle of the load", () => {
  it("makes senders wait with when_full: block, and nothing that was acknowledged is lost", async (t) => {
    const { mounts, scene } = await fillDisk(t, "block");
    const { site, senders, tracker } = scene;
    const causes = await scene.inTrouble(/ENOSPC/);
    await pause(500);
    const before = await scene.acknowledged("load");
    await pause(1_000);
    assert.equal(await scene.acknowledged("load"), before, "acknowledged while nothing can be stored");
    // What was acknowledged is on the disk: not even a kill now takes it away.
    await site.kill();
    await site.start();
    await scene.inTrouble(/ENOSPC/);
    mounts.relieve();
    await scene.healed();
    await pause(500);
    assert.ok((await scene.acknowledged("load")) > before, "senders go on once there is room");
    await tracker.suffer("none");
    const { row, dropped, delivered } = await scene.harvest("block", [await senders.finish("load")]);
    tell(t, [row], `/readyz said ${causes}; killed and started while the disk was full; seed ${SEED}`);
    assert.deepEqual([row.lost, row.delivered, dropped], [0, row.sent, 0]);
    assert.equal(delivered.twofold.length, 0);
    assert.deepEqual(site.imbalances, []);
    assert.equal(await site.stop(), 0);
  });

  for (const whenFull of ["drop_oldest", "drop_newest"] as const) {
    it(`loses with when_full: ${whenFull} exactly what is counted as queue_full`, async (t) => {
      const { mounts, scene, before } = await fillDisk(t, whenFull);
      const { site, senders, tracker } = scene;
      // Dropping the oldest makes room, so that the trouble is over as soon as it is there.
      const causes = whenFull === "drop_oldest" ? "nothing" : await scene.inTrouble(/ENOSPC/);
      const counted = async (): Promise<boolean> => ((await site.daemon.status()).ledger.settled["queue_full"] ?? 0) > 0;
      await until(counted, PATIENCE_MS, () => "nothing is counted as queue_full");
      const goesOn = async (): Promise<boolean> => (await scene.acknowledged("load")) > before.length + 200;
      await until(goesOn, PATIENCE_MS, () => "senders wait, though the queue may drop");
      mounts.relieve();
      await scene.healed();
      await tracker.suffer("none");
      const { row, dropped, delivered } = await scene.harvest(whenFull, [await senders.finish("load")]);
      const kept = new Set(delivered.numbers);
      const oldLost = before.filter((number) => !kept.has(number)).length;
      const remark = `${dropped} counted as queue_full, ${oldLost} of them taken before the disk was full`;
      tell(t, [row], `/readyz said ${causes}; ${remark}; seed ${SEED}`);
      assert.equal(row.lost, dropped);
      assert.equal(row.acknowledged, row.sent);
      if (whenFull === "drop_oldest") assert.ok(oldLost > 0, "the oldest make room");
      else assert.equal(oldLost, 0, "what was there before stays");
      assert.ok(dropped < row.sent / 2, "what came afterwards was kept");
      assert.deepEqual(site.imbalances, []);
      assert.equal(await site.stop(), 0);
    });
  }
});

describe("a disk that is full before the relay starts", () => {
  it("is told by /readyz before the first issue comes, and heals by itself", async (t) => {
    const mounts = await Mounts.open(DISK_BYTES);
    t.after(() => mounts.close());
    const scene = await Scene.create(t, { directory: `${mounts.inside}/queue`, maxBytes: "8MiB" });
    scene.site.options = { by: mounts.by };
    // With a store there already, nothing has to be written but a parcel.
    await scene.site.start();
    assert.equal(await scene.site.stop(), 0);
    mounts.fill();
    await scene.site.start();
    await scene.inTrouble(/ENOSPC/);
    mounts.relieve();
    await scene.healed();
    assert.equal(await scene.site.stop(), 0);
  });
});

describe("a queue directory that is read-only", () => {
  it("turns /readyz red in the middle of the load, and heals by itself", async (t) => {
    // Small, so that the next segment is due soon.
    const scene = await Scene.create(t, { maxBytes: "1MiB" });
    const { site, senders, tracker } = scene;
    site.options = { by: WITHOUT_PRIVILEGES };
    await site.start();
    await scene.load("load");
    await pause(500);
    await tracker.suffer("unavailable");
    chmodSync(site.directory, 0o500);
    let causes: string;
    let before: number;
    try {
      causes = await scene.inTrouble(/EACCES/);
      before = await scene.acknowledged("load");
      await pause(1_000);
      assert.equal(await scene.acknowledged("load"), before, "acknowledged while nothing can be stored");
    } finally {
      chmodSync(site.directory, 0o700);
    }
    await tracker.suffer("none");
    await scene.healed();
    const { row, dropped } = await scene.harvest("read-only", [await senders.finish("load")]);
    tell(t, [row], `/readyz said ${causes}; seed ${SEED}`);
    assert.deepEqual([row.lost, row.delivered, dropped], [0, row.sent, 0]);
    assert.ok(row.acknowledged > before, "senders go on once it is writable");
    assert.deepEqual(site.imbalances, []);
    assert.equal(await site.stop(), 0);
  });

  it("does not keep a relay from starting, nor what waits there from being delivered", async (t) => {
    const mounts = await Mounts.open(DISK_BYTES);
    t.after(() => mounts.close());
    mkdirSync(`${mounts.outside}/queue`);
    const scene = await Scene.create(t, { directory: `${mounts.inside}/queue`, maxBytes: "16MiB" });
    const { site, senders, tracker } = scene;
    site.options = { by: mounts.by };
    await site.start();
    await tracker.suffer("unavailable");
    await scene.load("before");
    await pause(1_000);
    const before = await senders.finish("before");
    await site.kill();
    mounts.remount("ro");
    await site.start();
    await scene.load("after");
    const causes = await scene.inTrouble(/EROFS/);
    await tracker.suffer("none");
    await tracker.waitFor(before.sent.length, PATIENCE_MS);
    assert.equal(
      (await tracker.counts()).numbers,
      before.sent.length,
      "what was on the disk is delivered, and nothing else is taken",
    );
    assert.equal(await scene.acknowledged("after"), 0, "acknowledged while nothing can be stored");
    mounts.remount("rw");
    await scene.healed();
    await pause(500);
    const { row } = await scene.harvest("read-only at the start", [before, await senders.finish("after")]);
    tell(t, [row], `/readyz said ${causes}; seed ${SEED}`);
    assert.deepEqual([row.lost, row.delivered], [0, row.sent]);
    assert.ok(row.sent > before.sent.length, "senders go on once it is writable");
    assert.deepEqual(site.imbalances, []);
    assert.equal(await site.stop(), 0);
  });
});

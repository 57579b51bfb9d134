import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { describe, it, type TestContext } from "node:test";
import { balance, percentile, tell } from "./books.ts";
import type { DeliveryReport } from "./deliveries.ts";
import type { FlowReport } from "./flow.ts";
import { freePort } from "./ports.ts";
import { SCALE, SEED } from "./scale.ts";
import { Senders } from "./senders.ts";
import { diskQueue, Site } from "./site.ts";
import { Tracker } from "./tracker.ts";
import type { Fault, LimitReport } from "./tracker-faults.ts";

/** How long everything is well before the trouble begins, to see what this machine can do, and before that to compile. */
const CONTROL_MS = 1_500;
const WARM_UP_MS = 1_500;
/** No event of a healthy upstream may be later than this because another one is in trouble. */
const BOUND_MS = 1_000;

interface Trouble {
  readonly fault: Fault | "down";
  readonly seconds: number;
  /** Issues for the upstream in trouble. */
  readonly perSecond: number;
  /** Every issue goes out as a log too, so that there are two categories. */
  readonly logs?: boolean;
  /** Of the queue; by default there is room for all. */
  readonly maxBytes?: string;
}

/** One relay, one upstream that will be in trouble and one that is healthy. */
class Scene {
  readonly troubled: Tracker;
  readonly healthy: Tracker;
  readonly senders = new Senders();
  readonly site: Site;
  readonly #port: number;

  private constructor([troubled, healthy]: readonly [Tracker, Tracker], port: number, { logs, maxBytes = "2GiB" }: Trouble) {
    this.troubled = troubled;
    this.healthy = healthy;
    this.#port = port;
    const pace = `timeout: 2s, backoff: { first: 500ms, max: ${SCALE.backoffMax} }`;
    this.site = new Site(
      (directory) => `inputs: { fluent: { type: forward, listen: "127.0.0.1:${port}" } }
policy: { storm: "off", log: ${logs === true ? "error" : '"off"'} }
processors: [{ type: route, rules: [{ match: { lane: healthy }, upstream: healthy }] }]
${diskQueue(directory, { maxBytes })}
upstreams:
  default: { type: sentry, dsn: "${troubled.dsn}", ${pace} }
  healthy: { type: sentry, dsn: "${healthy.dsn}", ${pace} }`,
    );
  }

  static async start(t: TestContext, trouble: Trouble): Promise<Scene> {
    const scene = new Scene([await Tracker.start(), await Tracker.start()], await freePort(), trouble);
    t.after(async () => {
      scene.senders.end();
      await scene.site.close();
      scene.troubled.end();
      scene.healthy.end();
    });
    await scene.site.start();
    return scene;
  }

  async begin(fault: Trouble["fault"]): Promise<void> {
    if (fault === "down") await this.troubled.close();
    else await this.troubled.suffer(fault);
  }

  /** Resolves with how the limits were kept that it told, if it told any. */
  async finish(fault: Trouble["fault"]): Promise<LimitReport | undefined> {
    if (fault === "down") {
      await this.troubled.open();
      return undefined;
    }
    const limits = await this.troubled.limits();
    await this.troubled.suffer("none");
    return limits;
  }

  /** An issue every 20 ms, each in a chunk of its own. */
  async sendHealthy(name: string): Promise<void> {
    await this.senders.start(name, { kind: "forward", port: this.#port, perSecond: 50, perBatch: 1, lane: "healthy" });
  }

  async sendTroubled(name: string, perSecond: number): Promise<void> {
    await this.senders.start(name, { kind: "forward", port: this.#port, perSecond, connections: 2, perBatch: 20, window: 64 });
  }
}

/** Milliseconds from send to arrival of those issues that a flow sent. */
function latencies(flow: FlowReport, { numbers, latenciesMs }: DeliveryReport): number[] {
  const sent = new Set(flow.sent);
  return [...latenciesMs].filter((_, i) => sent.has(numbers[i] ?? 0));
}

interface Suffered {
  readonly troubled: DeliveryReport;
  readonly limits: LimitReport | undefined;
  /** Issues that were sent to it. */
  readonly sent: Uint32Array;
}

async function suffer(t: TestContext, trouble: Trouble): Promise<Suffered> {
  const scene = await Scene.start(t, trouble);
  const { senders, site } = scene;
  await scene.sendTroubled("well", trouble.perSecond);
  await pause(WARM_UP_MS);
  await scene.sendHealthy("control");
  await pause(CONTROL_MS);
  const before = [await senders.finish("well"), await senders.finish("control")] as const;

  await scene.healthy.forgetStalls();
  await scene.begin(trouble.fault);
  await scene.sendHealthy("healthy");
  await scene.sendTroubled("troubled", trouble.perSecond);
  await pause(trouble.seconds * 1_000);
  const waiting = (await site.daemon.status()).ledger.in_flight;
  const limits = await scene.finish(trouble.fault);
  const backAt = performance.now();
  const during = await senders.finish("troubled");
  // The healthy one goes on while what has gathered is delivered as fast as it can be.
  const sent = Uint32Array.from([before[0].sent, during.sent].flatMap((numbers) => Array.from(numbers)));
  await scene.troubled.waitFor(sent.length, 180_000);
  const drainedMs = performance.now() - backAt;
  const healthy = await senders.finish("healthy");
  await scene.healthy.waitFor(before[1].sent.length + healthy.sent.length, 10_000);
  if (trouble.logs === true) await scene.troubled.waitFor(sent.length, 60_000, "logs");

  const stallMs = await scene.healthy.stallMs();
  const [there, here] = [await scene.troubled.report(), await scene.healthy.report()];
  const { requests } = await scene.troubled.counts();
  const [control, meanwhile] = [latencies(before[1], here), latencies(healthy, here)];
  const rows = [balance("in trouble", [before[0], during], [there]), balance("healthy", [before[1], healthy], [here])];
  const speed = (ms: readonly number[]): string => [0.5, 0.99, 1].map((share) => percentile(ms, share).toFixed(0)).join(" / ");
  tell(
    t,
    rows,
    `${trouble.fault} for ${trouble.seconds} s at ${trouble.perSecond} issues/s, seed ${SEED}: ${waiting} waited at its end, delivered ${(drainedMs / 1_000).toFixed(1)} s later with ${requests} requests`,
    `healthy upstream, send to arrival, p50 / p99 / max: ${speed(control)} ms before, ${speed(meanwhile)} ms meanwhile; longest stall of the machine ${stallMs.toFixed(0)} ms`,
  );
  for (const row of rows) assert.deepEqual([row.acknowledged, row.delivered, row.lost], [row.sent, row.sent, 0], row.what);
  if (trouble.fault === "down") assert.ok(waiting > 1_000, "nothing had to wait: there was no trouble");
  else assert.ok(requests > there.events, "no request was refused: there was no trouble");
  const bound = BOUND_MS + Math.max(percentile(control, 1), stallMs);
  assert.ok(
    percentile(meanwhile, 1) <= bound,
    `an event of the healthy upstream took ${percentile(meanwhile, 1)} ms, over ${bound}`,
  );
  assert.deepEqual([there.twofold.length, there.changed, there.unknown, here.twofold.length, here.unknown], [0, 0, 0, 0, 0]);
  const { settled } = await site.daemon.settled(0);
  const wanted = rows.reduce((sum, row) => sum + row.sent, 0);
  const counted = settled["delivered"] ?? 0;
  // What was repeated is counted again; what the tracker took without an answer is not.
  assert.ok(counted >= wanted && counted <= there.events + here.events, `${wanted} sent, counted ${JSON.stringify(settled)}`);
  assert.deepEqual(site.imbalances, []);
  return { troubled: there, limits, sent };
}

describe("an upstream in trouble", () => {
  it("gets everything when it comes back from being down, and delays nobody else", async (t) => {
    await suffer(t, { fault: "down", seconds: SCALE.outageSeconds, perSecond: 2_000 });
  });

  it("fills no more of the queue than its share, and delays nobody else when that is full", async (t) => {
    await suffer(t, { fault: "down", seconds: SCALE.troubleSeconds, perSecond: 2_000, maxBytes: "4MiB" });
  });

  it("gets everything that hung when it answers again, and delays nobody else", async (t) => {
    await suffer(t, { fault: "hangs", seconds: SCALE.troubleSeconds, perSecond: SCALE.troublePerSecond });
  });

  it("gets everything though connections are reset half-way through bodies, and delays nobody else", async (t) => {
    const { troubled } = await suffer(t, { fault: "resets", seconds: SCALE.troubleSeconds, perSecond: SCALE.troublePerSecond });
    assert.ok(troubled.events > troubled.eventIds, "no reset came after an event was taken");
  });

  it("gets everything though it answers every fifth request with 503, and delays nobody else", async (t) => {
    await suffer(t, { fault: "random_503", seconds: SCALE.troubleSeconds, perSecond: SCALE.troublePerSecond });
  });

  it("gets everything through limits on errors and logs, told by 429 and 200, each of which it keeps", async (t) => {
    const suffered = await suffer(t, { fault: "limits", seconds: SCALE.troubleSeconds, perSecond: 500, logs: true });
    const { toldOn429 = 0, toldOn200 = 0, ignored = 0, takenBeside = 0 } = suffered.limits ?? {};
    t.diagnostic(
      `limits told on 429: ${toldOn429}, on 200: ${toldOn200}; taken of one category while the other was limited: ${takenBeside}`,
    );
    assert.ok(toldOn429 > 0 && toldOn200 > 0, "both ways of telling were used");
    assert.ok(takenBeside > 0, "a limit on one category must not hold the other");
    assert.equal(ignored, 0, "requests came though they had been told to wait");
    assert.deepEqual(suffered.troubled.logNumbers.toSorted(), suffered.sent.toSorted());
  });
});

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { describe, it, type TestContext } from "node:test";
import { balance, tell, type Row } from "./books.ts";
import { freePort } from "./ports.ts";
import { between, chance, SCALE, SEED } from "./scale.ts";
import { Senders } from "./senders.ts";
import { diskQueue, Site } from "./site.ts";
import { Tracker } from "./tracker.ts";

const FLOWS = ["forward", "grpc_send", "grpc_stream"] as const;

/** Half of the kills each. */
const KILLS = SCALE.kills / 2;

interface Survived {
  /** Of each flow, then of all. */
  readonly rows: readonly Row[];
  /** Numbers of issues that came under a second event id, of each flow. */
  readonly twofold: readonly number[];
}

/** Kills a relay under load as often as the scale says, lets it deliver what it has, and stops it. */
async function survive(t: TestContext, variant: { readonly what: string; readonly keepsData: boolean }): Promise<Survived> {
  const [tracker, senders] = [await Tracker.start(), new Senders()];
  const [forward, grpc] = [await freePort(), await freePort()];
  // Small segments, so that it also dies while it begins, seals, rewrites and deletes them.
  const site = new Site(
    (directory) => `inputs:
  fluent: { type: forward, listen: "127.0.0.1:${forward}" }
  rpc: { type: grpc, listen: "127.0.0.1:${grpc}" }
policy: { storm: "off", trail: { size: 5 } }
${variant.keepsData ? `data_dir: ${directory}-data` : ""}
${diskQueue(directory, { maxBytes: "16MiB" })}
upstreams: { default: { type: sentry, dsn: "${tracker.dsn}", backoff: { first: 100ms, max: 500ms } } }`,
  );
  t.after(async () => {
    senders.end();
    await site.close();
    tracker.end();
  });
  const random = chance(variant.what);
  await site.start();
  // One record in two is an issue, so that trails are alive too when it dies; short ones, because many issues count here.
  await senders.start("forward", { kind: "forward", port: forward, perSecond: 1_000, connections: 4, perBatch: 20, every: 2 });
  await senders.start("grpc_send", { kind: "grpc_send", port: grpc, perSecond: 300, perBatch: 5, window: 8, every: 2 });
  await senders.start("grpc_stream", { kind: "grpc_stream", port: grpc, perSecond: 300, perBatch: 5, every: 2 });
  const moments: string[] = [];
  for (let round = 0; round < KILLS; round += 1) moments.push(await killOnce(round, { site, tracker, random }));
  const flows = await Promise.all(FLOWS.map((name) => senders.finish(name)));
  await site.daemon.settled(0, 120_000);
  const delivered = await tracker.report();

  const rows = [
    ...flows.map((flow, i) => balance(FLOWS[i] ?? "", [flow], [delivered])),
    balance(`all, ${variant.what}`, flows, [delivered]),
  ];
  const again = new Set(delivered.twofold);
  const twofold = flows.map(({ sent }) => sent.filter((number) => again.has(number)).length);
  const resent = flows.reduce((sum, flow) => sum + flow.resent, 0);
  tell(
    t,
    rows,
    `${KILLS} kills, seed ${SEED}: ${moments.join(", ")}`,
    `${resent} attempts to send a batch again; the books looked at ${site.looks} times`,
    `issues that came under a second event id too: ${FLOWS.map((name, i) => `${name} ${twofold[i]}`).join(", ")}`,
  );
  assert.ok(resent > 0, "no kill met a batch that was not acknowledged yet");
  assert.equal(delivered.unknown, 0);
  assert.deepEqual(site.imbalances, []);
  assert.equal(await site.stop(), 0);
  return { rows, twofold };
}

describe("a relay that is killed again and again", () => {
  for (const keepsData of [false, true]) {
    const what = keepsData ? "with a data_dir" : "nothing kept but the queue";
    it(`loses nothing that it acknowledged, and sends what is repeated under its old event id (${what})`, async (t) => {
      const { rows, twofold } = await survive(t, { what, keepsData });
      assert.deepEqual(
        rows.map(({ lost }) => lost),
        [0, 0, 0, 0],
      );
      assert.deepEqual(twofold, [0, 0, 0]);
    });
  }
});

interface Scene {
  readonly site: Site;
  readonly tracker: Tracker;
  readonly random: () => number;
}

/** Kills the relay that runs, in the way of this round, and leaves another one running. Resolves with when it was. */
async function killOnce(round: number, { site, tracker, random }: Scene): Promise<string> {
  switch (round % 4) {
    case 1: {
      // Twice while it starts and reads what the ones before have left.
      const [first, second] = [between(random, 100, 700), between(random, 300, 1_000)];
      await site.kill();
      await site.startAndKill(first);
      await site.startAndKill(second);
      await site.start();
      return `${first} and ${second} ms after the start`;
    }
    case 3: {
      // While it delivers, as fast as it can, what has gathered.
      await tracker.close();
      await pause(between(random, 500, 1_000));
      await tracker.open();
      const after = between(random, 50, 1_200);
      await pause(after);
      await site.kill();
      await site.start();
      return `${after} ms into a heavy delivery`;
    }
    default: {
      const after = between(random, 100, 2_000);
      await pause(after);
      await site.kill();
      await site.start();
      return `${after} ms into the load`;
    }
  }
}

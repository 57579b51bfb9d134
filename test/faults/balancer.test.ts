// Three relays behind nginx's balancer of TCP connections, and one tracker: two of the relays are killed, one after the other.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { describe, it, type TestContext } from "node:test";
import { Balancer } from "../support/balancer.ts";
import { balance, tell } from "./books.ts";
import { GelfConnections } from "./gelf-connections.ts";
import { freePort } from "./ports.ts";
import { between, chance, SEED } from "./scale.ts";
import { Senders } from "./senders.ts";
import { diskQueue, Site, until } from "./site.ts";
import { Tracker } from "./tracker.ts";

const RELAYS = 3;
const FLOWS = ["forward", "grpc_send"] as const;
/** Beyond what the senders in the other process ever reach. */
const FIRST_GELF_NUMBER = 1_000_000_000;

interface Cluster {
  readonly tracker: Tracker;
  readonly sites: readonly Site[];
  readonly balancer: Balancer;
}

/** Relays with a disk queue each, because what a memory queue holds dies with its process, and one balancer for them. */
async function cluster(t: TestContext): Promise<Cluster> {
  const tracker = await Tracker.start();
  t.after(() => tracker.end());
  const groups: number[][] = [[], [], []];
  const sites: Site[] = [];
  for (let i = 0; i < RELAYS; i += 1) {
    const ports = [await freePort(), await freePort(), await freePort()];
    for (const [group, port] of ports.entries()) groups[group]?.push(port);
    const site = new Site(
      (directory) => `inputs:
  fluent: { type: forward, listen: "127.0.0.1:${ports[0]}" }
  rpc: { type: grpc, listen: "127.0.0.1:${ports[1]}" }
  gelf: { type: gelf_tcp, listen: "127.0.0.1:${ports[2]}" }
policy: { storm: "off", trail: { size: 5 } }
${diskQueue(directory)}
upstreams: { default: { type: sentry, dsn: "${tracker.dsn}", backoff: { first: 100ms, max: 500ms } } }`,
    );
    t.after(() => site.close());
    await site.start();
    sites.push(site);
  }
  const balancer = await Balancer.start(groups);
  t.after(() => balancer.stop());
  return { tracker, sites, balancer };
}

const received = async (site: Site): Promise<number> => (await site.daemon.status()).ledger.received;

describe("relays behind a balancer of connections", () => {
  it("lose and double nothing that was acknowledged when one of them is killed and comes back", async (t) => {
    const { tracker, sites, balancer } = await cluster(t);
    const [forward = 0, grpc = 0, gelf = 0] = balancer.ports;
    const senders = new Senders();
    t.after(() => senders.end());
    // Connections are given up now and then, as senders do behind balancers, or a relay that comes back would get none.
    const often = { reconnectMs: 1_000 };
    await senders.start("forward", { kind: "forward", port: forward, perSecond: 600, connections: 9, perBatch: 10, ...often });
    await senders.start("grpc_send", { kind: "grpc_send", port: grpc, perSecond: 200, connections: 6, perBatch: 5, window: 4 });
    let number = FIRST_GELF_NUMBER;
    const connections = new GelfConnections({ port: gelf, connections: 9, perSecond: 200, next: () => (number += 1) });
    await until(
      async () => (await Promise.all(sites.map(received))).every((records) => records > 0),
      30_000,
      () => "one of the relays was given nothing",
    );

    const random = chance("balancer");
    const moments: string[] = [];
    for (const victim of sites.slice(0, 2)) {
      const [after, down] = [between(random, 200, 1_500), between(random, 300, 1_500)];
      await pause(after);
      await victim.kill();
      await pause(down);
      await victim.start();
      moments.push(`after ${after} ms for ${down} ms`);
      await until(
        async () => (await received(victim)) > 0,
        30_000,
        () => "the relay that came back was given nothing",
      );
    }
    const flows = await Promise.all(FLOWS.map((name) => senders.finish(name)));
    await connections.finish();
    for (const site of sites) await site.daemon.settled(0, 120_000);
    const delivered = await tracker.report();

    const rows = FLOWS.map((name, i) => balance(name, flows.slice(i, i + 1), [delivered]));
    const arrived = new Set(delivered.numbers);
    const whole = connections.carried.filter(({ broken }) => !broken).flatMap(({ numbers }) => numbers);
    const torn = connections.carried.filter(({ broken }) => broken).flatMap(({ numbers }) => numbers);
    const lostOf = (numbers: readonly number[]): number => numbers.filter((one) => !arrived.has(one)).length;
    const resent = flows.reduce((sum, flow) => sum + flow.resent, 0);
    tell(
      t,
      rows,
      `two kills, seed ${SEED}: ${moments.join(", ")}; ${resent} attempts to send a batch again`,
      `gelf_tcp, which has no acknowledgements: ${lostOf(torn)} of ${torn.length} lost on connections that broke, ${lostOf(whole)} of ${whole.length} on others`,
    );
    assert.deepEqual(
      rows.map(({ lost }) => lost),
      [0, 0],
    );
    // What came again has its old event id, by which a tracker drops it.
    assert.equal(delivered.eventIds, delivered.numbers.length, "an issue came under a second event id");
    assert.equal(lostOf(whole), 0, "a connection that did not break has lost records");
    assert.ok(resent > 0, "no kill met a batch that was not acknowledged yet");
    assert.ok(torn.length > 0 && whole.length > 0, "no connection broke, or all did");
    assert.deepEqual(
      sites.flatMap(({ imbalances }) => imbalances),
      [],
    );
  });
});

import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { MiniSentry } from "../support/mini-sentry.ts";
import { tell } from "./books.ts";
import { Deliveries, type DeliveryReport } from "./deliveries.ts";
import { freePort } from "./ports.ts";
import { chance, SCALE, SEED } from "./scale.ts";
import { Senders } from "./senders.ts";
import { diskQueue, Site, until } from "./site.ts";
import { damagedCopy, readStore, type Damage, type Store } from "./store.ts";

/** Small, so that the store has several segments. */
const MAX_BYTES = "1MiB";
const PER_STORE = 600;

/** A tracker that is there for one relay only. */
class Visitor {
  readonly mini: MiniSentry;
  readonly #deliveries: Deliveries;

  private constructor(mini: MiniSentry, deliveries: Deliveries) {
    this.mini = mini;
    this.#deliveries = deliveries;
  }

  static async start(): Promise<Visitor> {
    const deliveries = new Deliveries();
    return new Visitor(await MiniSentry.start({ keep: false, taken: deliveries.take }), deliveries);
  }

  get delivered(): DeliveryReport {
    return this.#deliveries.report();
  }
}

function config(directory: string, port: number, dsn: string): string {
  return `inputs: { fluent: { type: forward, listen: "127.0.0.1:${port}" } }
policy: { storm: "off" }
shutdown_timeout: 500ms
${diskQueue(directory, { maxBytes: MAX_BYTES })}
upstreams: { default: { type: sentry, dsn: "${dsn}", concurrency: 2, backoff: { first: 100ms, max: 500ms } } }`;
}

interface Filled {
  readonly store: Store;
  /** What its tracker had taken before the relay ended: these need not come again. */
  readonly before: ReadonlySet<number>;
}

/** A store that a relay left behind which could deliver some of what it took. */
async function fill(t: TestContext, end: "SIGTERM" | "SIGKILL"): Promise<Filled> {
  const [port, tracker, senders] = [await freePort(), await Visitor.start(), new Senders()];
  const site = new Site((directory) => config(directory, port, tracker.mini.dsn()));
  t.after(async () => {
    senders.end();
    await site.close();
    await tracker.mini.close();
  });
  await site.start();
  let requests = 0;
  tracker.mini.always = () => ((requests += 1) > 100 && requests % 400 !== 0 ? { status: 503 } : {});
  await senders.start("fill", { kind: "forward", port, perSecond: 1_000, perBatch: 5 });
  const sent = async (): Promise<boolean> => (await senders.report("fill")).sent.length >= PER_STORE;
  await until(sent, 30_000, () => "the senders are too slow");
  await senders.finish("fill");
  await site.stop(end);
  const before = new Set(tracker.delivered.numbers);
  const store = readStore(site.directory);
  const segments = [...store.events.values()].filter((events) => events.length > 0).length;
  assert.ok(segments >= 4, `a store of ${segments} segments shows little`);
  assert.ok(before.size >= 50 && [...store.checksums.keys()].filter((number) => !before.has(number)).length >= 300);
  return { store, before };
}

interface Trial {
  readonly filled: Filled;
  readonly damage: Damage;
  readonly delivered: DeliveryReport;
  readonly quarantined: number;
}

/** Starts a relay on a damaged copy of a store and waits until it has delivered what it finds. */
async function open(site: Site, filled: Filled, random: () => number): Promise<Trial> {
  const tracker = await Visitor.start();
  try {
    const damage = damagedCopy(filled.store, site.directory, random);
    site.config = config(site.directory, await freePort(), tracker.mini.dsn());
    await site.start();
    await site.daemon.settled(0, 30_000);
    const metrics = await site.daemon.metrics();
    assert.equal(await site.stop(), 0, damage.what.join(", "));
    return { filled, damage, delivered: tracker.delivered, quarantined: metrics.get("crumbtrail_queue_quarantined_total") ?? 0 };
  } finally {
    await tracker.mini.close();
  }
}

/** What is wrong with a trial, in words; empty when every intact event was delivered as it was, and nothing else. */
function faultsOf({ filled: { store, before }, damage, delivered }: Trial): string[] {
  const faults: string[] = [];
  const came = new Set(delivered.numbers);
  for (const number of store.checksums.keys()) {
    if (!came.has(number) && !before.has(number) && !damage.touched.has(number))
      faults.push(`issue ${number} is intact and was not delivered`);
  }
  for (const [i, number] of delivered.numbers.entries()) {
    const checksum = store.checksums.get(number);
    if (checksum === undefined) faults.push(`issue ${number} was never stored`);
    else if (checksum !== delivered.checksums[i]) faults.push(`issue ${number} was delivered with other bytes`);
  }
  if (delivered.twofold.length + delivered.changed + delivered.unknown > 0)
    faults.push("events under two ids, or that nobody sent");
  return faults.length === 0 ? [] : [`${damage.what.join(", ")}: ${faults.length} faults, first ${faults[0]}`];
}

describe("a damaged store", () => {
  it("never keeps a relay from starting, and every intact parcel is delivered as it was", async (t) => {
    const [stopped, killed] = [await fill(t, "SIGTERM"), await fill(t, "SIGKILL")];
    const random = chance("damage");
    const site = new Site(() => "");
    t.after(() => site.close());
    const trials: Trial[] = [];
    for (let i = 0; i < SCALE.damagedStores; i += 1) trials.push(await open(site, i % 2 === 0 ? stopped : killed, random));

    const sum = (of: (trial: Trial) => number): number => trials.reduce((all, trial) => all + of(trial), 0);
    const waiting = ({ filled: { store, before } }: Trial): number[] =>
      [...store.checksums.keys()].filter((number) => !before.has(number));
    const touched = sum((trial) => waiting(trial).filter((number) => trial.damage.touched.has(number)).length);
    const faults = trials.flatMap(faultsOf);
    const row = {
      what: `${trials.length} stores`,
      sent: sum((trial) => waiting(trial).length),
      acknowledged: sum((trial) => waiting(trial).length) - touched,
      delivered: sum(({ delivered }) => delivered.numbers.length),
      duplicated: sum(({ delivered }) => delivered.events - delivered.eventIds),
      lost: faults.length,
    };
    tell(
      t,
      [row],
      `sent: waited in the stores; acknowledged: of these, intact after the damage; delivered: of all that the stores held, ${touched} of them touched`,
      `${sum(({ quarantined }) => quarantined)} damaged parcels set aside, ${sum(({ damage }) => damage.what.length)} blows, seed ${SEED}`,
    );
    assert.deepEqual(faults, []);
    assert.ok(touched > 0 && touched < row.sent / 2, `${touched} of ${row.sent} touched: too few or too many to show anything`);
    assert.ok(sum(({ quarantined }) => quarantined) > 0, "no damage was noticed");
    assert.deepEqual(site.imbalances, []);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryBudget } from "../../src/base/memory-budget.ts";
import type { Queue } from "../../src/component/queue.ts";
import { emptyYield, settle, type Lane, type Yield } from "../../src/lanes/lane.ts";
import { Discards } from "../../src/pipeline/delivery/discards.ts";
import { IntakePort, type IntakeOptions } from "../../src/pipeline/intake.ts";
import { StormGate } from "../../src/pipeline/storm.ts";
import { packFrames, type Batch } from "../../src/record/batch.ts";
import { Ledger } from "../../src/record/ledger.ts";
import type { Parcel } from "../../src/record/parcel.ts";
import { rationName } from "../../src/record/rationed.ts";
import { ManualClock } from "../support/clock.ts";
import { parcel } from "../support/parcels.ts";

/** A lane that answers with what the test prepared. */
class ScriptedLane implements Lane {
  readonly peers: string[] = [];
  held = 0;
  next: Yield = emptyYield();

  run(batch: Batch): Yield {
    this.peers.push(batch.from.peer);
    this.held += this.next.held;
    return this.next;
  }

  tick(): Yield {
    this.held = 0;
    return this.next;
  }

  stats(): { held: number; trailKeys: number; trailBytes: number } {
    return { held: this.held, trailKeys: 0, trailBytes: 0 };
  }

  shrinkTrails(): void {}

  save(): undefined {}

  restore(): void {}

  async start(): Promise<void> {}

  async close(): Promise<void> {}
}

function port(lanes: readonly Lane[], push: Queue["push"], over: Partial<IntakeOptions> = {}) {
  const ledger = new Ledger();
  const queue = { push } as unknown as Queue; // Of the queue only `push` is used.
  const made = new IntakePort({
    lanes,
    queue,
    storm: undefined,
    ledger,
    discards: new Discards(),
    memory: new MemoryBudget(Infinity).share(),
    clock: new ManualClock(),
    complain: () => {},
    took: () => {},
    eventsCreated: () => {},
    replaced: () => {},
    ...over,
  });
  return { port: made, ledger };
}

function batch(peer = "10.0.0.1"): Batch {
  const from = { input: "edge", peer, receivedMs: 0, tag: "", labels: undefined, metadata: undefined };
  return { codec: "gelf", from, frames: packFrames([Buffer.from("{}")]), position: undefined };
}

/** Two events of an issue a second. */
function stormGate(): StormGate {
  return new StormGate({ perIssue: { count: 2, perMs: 1_000 }, budget: { count: 100, perMs: 1_000 } });
}

function yielding(overrides: Partial<Yield>): Yield {
  return { ...emptyYield(), ...overrides };
}

describe("IntakePort", () => {
  it("answers at once where there is room", () => {
    const lane = new ScriptedLane();
    lane.next = yielding({ records: 3, malformed: 1, parcels: [parcel()] });
    settle(lane.next, "absorbed", 1);
    settle(lane.next, "malformed", 1);
    const { port: under, ledger } = port([lane], () => true);

    assert.deepEqual(under.intake(batch()), { accepted: 2, malformed: 1, safe: true, held: undefined });
    assert.deepEqual([ledger.receivedTotal, ledger.settledTotal], [3, 2]);
  });

  it("hands on what lanes replaced, by rule, and nothing where they replaced nothing", () => {
    const lane = new ScriptedLane();
    const told: unknown[] = [];
    const { port: under } = port([lane], () => true, { replaced: (counts) => void told.push(Object.fromEntries(counts)) });
    under.intake(batch());
    lane.next = yielding({ replaced: new Map([["key", 2]]) });
    under.intake(batch());

    assert.deepEqual(told, [{ key: 2 }]);
  });

  it("makes the sender wait while the queue has no room", async () => {
    const lane = new ScriptedLane();
    lane.next = yielding({ records: 1, parcels: [parcel()] });
    let admit: (safe: boolean) => void = () => {};
    const { port: under } = port([lane], () => new Promise((resolve) => (admit = resolve)));
    let answered = false;

    const receipt = Promise.resolve(under.intake(batch())).then(() => (answered = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(answered, false);
    admit(true);

    assert.equal(await receipt, true);
  });

  it("acknowledges records that wait for a trace only when their event is in the queue", async () => {
    const lane = new ScriptedLane();
    lane.next = yielding({ records: 1, held: 1 });
    const pushed: Parcel[] = [];
    const { port: under } = port([lane], (parcels) => pushed.push(...parcels) > 0 || true);
    const receipt = await under.intake(batch());
    assert.equal(pushed.length, 0);

    lane.next = yielding({ parcels: [parcel()], releases: [{ batch: 0, records: 1 }] });
    await receipt.held;

    assert.equal(pushed.length, 1);
  });

  it("says so when the queue had no room before the sender's deadline", async () => {
    const lane = new ScriptedLane();
    lane.next = yielding({ records: 1, parcels: [parcel()] });
    const deadlines: (number | undefined)[] = [];
    const { port: under } = port([lane], async (_parcels, untilMs) => {
      deadlines.push(untilMs);
      return false;
    });

    const receipt = await under.intake({ ...batch(), untilMs: 700 });

    assert.equal(receipt.safe, false);
    assert.deepEqual(deadlines, [700]);
  });

  it("gives a closed trace the latest deadline of the batches it came in, and tells them all what came of it", async () => {
    const lane = new ScriptedLane();
    const deadlines: (number | undefined)[] = [];
    const { port: under } = port([lane], async (_parcels, untilMs) => {
      deadlines.push(untilMs);
      return false;
    });
    lane.next = yielding({ records: 1, held: 1 });
    const first = await under.intake({ ...batch(), untilMs: 700 });
    const second = await under.intake({ ...batch(), untilMs: 900 });

    const releases = [0, 1].map((id) => ({ batch: id, records: 1 }));
    lane.next = yielding({ parcels: [parcel()], releases });

    assert.deepEqual(await Promise.all([first.held, second.held]), [false, false]);
    assert.deepEqual(deadlines, [900]);
  });

  it("keeps one sender in one lane, whatever its port", () => {
    const lanes = [new ScriptedLane(), new ScriptedLane(), new ScriptedLane()];
    const { port: under } = port(lanes, () => true);
    for (let i = 0; i < 60; i += 1) void under.intake(batch(`10.0.0.${i % 20}`));

    const homes = lanes.map(({ peers }) => new Set(peers));
    assert.equal(
      homes.reduce((sum, home) => sum + home.size, 0),
      20,
    );
    assert.ok(homes.every(({ size }) => size > 0));
  });

  it("settles what storm control holds back", () => {
    const lane = new ScriptedLane();
    lane.next = yielding({ records: 3, parcels: [1, 2, 3].map(() => parcel({ issue: 7 })) });
    const pushed: Parcel[] = [];
    const { port: under, ledger } = port([lane], (parcels) => pushed.push(...parcels) > 0 || true, { storm: stormGate() });

    void under.intake(batch());

    assert.equal(pushed.length, 2);
    assert.equal(ledger.settled.get("storm"), 1);
  });

  it("tells in the next event of an issue what was held back of it, and on which hosts", () => {
    const lane = new ScriptedLane();
    const pushed: Parcel[] = [];
    const clock = new ManualClock();
    const { port: under } = port([lane], (parcels) => pushed.push(...parcels) > 0 || true, { storm: stormGate(), clock });
    const events = ["web-1", "web-1", "web-2", "web-3"].map((host) => ({ host, parcel: parcel({ issue: 7, bornMs: 0 }) }));
    lane.next = yielding({ parcels: events.map((event) => event.parcel), hosts: events.map(({ host }) => host) });
    void under.intake(batch());
    clock.advance(1_000);
    lane.next = yielding({ parcels: [parcel({ issue: 7 })], hosts: ["web-4"] });
    void under.intake(batch());

    const reports = pushed.map(({ body }) => (JSON.parse(body.toString()) as { extra: Record<string, unknown> }).extra);
    assert.deepEqual(
      reports.map((extra) => extra["storm_hosts"]),
      [undefined, undefined, { "web-2": 1 }, undefined],
    );
    assert.equal(reports[2]?.["storm"], "1 more since 1970-01-01T00:00:00.000Z");
  });

  it("counts the events of a batch once that its sender has to send again", async () => {
    const lane = new ScriptedLane();
    let safe = false;
    const pushed: (readonly Parcel[])[] = [];
    const { port: under } = port([lane], (parcels) => Promise.resolve(pushed.push(parcels) > 0 && safe), { storm: stormGate() });
    const seven = [1, 2, 3, 4, 5, 6, 7].map(() => parcel({ issue: 7 }));
    lane.next = yielding({ parcels: [...seven, parcel({ category: "log_item" })], hosts: seven.map(() => "web-1") });
    for (const attempt of [false, false, true]) {
      safe = attempt;
      await under.intake(batch());
    }

    const told = pushed.map((parcels) =>
      parcels.map(({ body }) => (JSON.parse(body.toString()) as { extra: Record<string, unknown> }).extra["storm_suppressed"]),
    );
    assert.deepEqual(
      told,
      Array.from({ length: 3 }, () => [undefined, undefined, 1, 2, undefined]),
    );
  });

  it("sends what has a ration to its upstream, with storm control and without", () => {
    const rationed = rationName({ upstream: "payments", rate: { count: 1, perMs: 1_000 }, sharers: "shop/Deployment/web" });
    for (const storm of [stormGate(), undefined]) {
      const lane = new ScriptedLane();
      const pushed: Parcel[] = [];
      const taken: Queue["push"] = (parcels) => {
        pushed.push(...parcels);
        return true;
      };
      const discards = new Discards();
      const { port: under } = port([lane], taken, { storm, discards });
      const parcels = [
        parcel({ issue: 7, upstream: rationed }),
        parcel({ category: "log_item", upstream: rationed }),
        parcel({ issue: 7 }),
      ];
      const dropped = [{ upstream: rationed, outcome: "filtered", quantity: 3 }] as const;
      lane.next = yielding({
        parcels: [...parcels, parcel({ issue: 7, upstream: rationed })],
        hosts: ["a", "a", "a", "a"],
        dropped: [...dropped],
      });
      under.intake(batch());

      const passed = ["payments", "payments", "default", ...(storm === undefined ? ["payments"] : [])];
      assert.deepEqual(
        pushed.map(({ upstream }) => upstream),
        passed,
      );
      assert.deepEqual(discards.take(rationed), []);
      const reasons = discards.take("payments").map(({ reason, quantity }) => [reason, quantity]);
      assert.deepEqual(
        reasons,
        storm === undefined
          ? [["event_processor", 3]]
          : [
              ["event_processor", 3],
              ["backpressure", 1],
            ],
      );
    }
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { memory } from "../../src/queues/memory.ts";
import type { Queue } from "../../src/component/queue.ts";
import { factsOf, type Parcel, type ParcelFacts } from "../../src/record/parcel.ts";
import { createLogger } from "../../src/base/log.ts";
import { ManualClock } from "../support/clock.ts";
import { parcel } from "../support/parcels.ts";

function queueOf(settings: { max_bytes: number; when_full?: "block" | "drop_oldest" | "drop_newest" }): {
  queue: Queue;
  dropped: ParcelFacts[];
} {
  const dropped: ParcelFacts[] = [];
  const host = {
    name: "queue",
    clock: new ManualClock(),
    log: createLogger("silent"),
    complain: () => {},
    upstreams: ["default"],
  };
  const config = memory.config.parse(settings);
  return { queue: memory.create(config, { ...host, dropped: (parcels) => dropped.push(...parcels) }), dropped };
}

const sized = (bytes: number, overrides: Partial<Parcel> = {}): Parcel => parcel({ body: Buffer.alloc(bytes), ...overrides });
const wanted = { upstream: "default", category: "error", count: 1, bytes: 1_000 } as const;

describe("memory queue", () => {
  it("leases in order of birth and counts leased parcels until they settle", () => {
    const { queue } = queueOf({ max_bytes: 1_000 });
    const [a, b] = [sized(10), sized(20)];
    void queue.push([a, b]);

    const lease = queue.lease(wanted);

    assert.deepEqual(lease?.parcels, [a]);
    assert.deepEqual([queue.stats().parcels, queue.stats().bytes, queue.stats().records], [2, 30, 2]);
    lease?.ack();
    assert.deepEqual([queue.stats().parcels, queue.stats().bytes], [1, 20]);
  });

  it("puts released parcels back at their old place", () => {
    const { queue } = queueOf({ max_bytes: 1_000 });
    const [a, b, c] = [sized(1), sized(1), sized(1)];
    void queue.push([a, b, c]);
    const [first, second] = [queue.lease(wanted), queue.lease(wanted)];

    second?.release();
    first?.release();

    assert.deepEqual(queue.lease({ ...wanted, count: 3 })?.parcels, [a, b, c]);
  });

  it("keeps upstreams and categories apart", () => {
    const { queue } = queueOf({ max_bytes: 1_000 });
    const [event, log, other] = [sized(1), sized(1, { category: "log_item" }), sized(1, { upstream: "payments" })];
    void queue.push([event, log, other]);

    assert.deepEqual(queue.lease({ ...wanted, count: 9 })?.parcels, [event]);
    assert.deepEqual(queue.lease({ ...wanted, category: "log_item", count: 9 })?.parcels, [log]);
    assert.deepEqual(queue.lease({ ...wanted, upstream: "payments", count: 9 })?.parcels, [other]);
  });

  it("makes pushes wait for room, in their order", async () => {
    const { queue } = queueOf({ max_bytes: 25 });
    void queue.push([sized(20)]);
    const admitted: string[] = [];
    const second = Promise.resolve(queue.push([sized(20)])).then(() => admitted.push("second"));
    const third = Promise.resolve(queue.push([sized(5)])).then(() => admitted.push("third"));
    assert.equal(queue.stats().full, true);
    assert.equal(queue.stats().records, 3);

    queue.lease(wanted)?.ack();
    await Promise.all([second, third]);

    assert.deepEqual(admitted, ["second", "third"]);
    assert.equal(queue.stats().full, false);
  });

  it("drops the oldest waiting parcels of any upstream when told so", () => {
    const { queue, dropped } = queueOf({ max_bytes: 30, when_full: "drop_oldest" });
    const [a, b, c] = [sized(10, { upstream: "payments" }), sized(20), sized(15)];

    void queue.push([a, b, c]);

    assert.deepEqual(dropped, [factsOf(a), factsOf(b)]);
    assert.deepEqual(queue.lease({ ...wanted, count: 9 })?.parcels, [c]);
  });

  it("drops what does not fit when told so", () => {
    const { queue, dropped } = queueOf({ max_bytes: 30, when_full: "drop_newest" });
    const [a, b, c] = [sized(20), sized(20), sized(10)];

    void queue.push([a, b, c]);

    assert.deepEqual(dropped, [factsOf(b)]);
    assert.equal(queue.stats().bytes, 30);
  });

  it("drops a parcel that could never fit instead of waiting for ever", () => {
    const { queue, dropped } = queueOf({ max_bytes: 30 });
    const giant = sized(31);

    assert.equal(queue.push([giant]), true);

    assert.deepEqual(dropped, [factsOf(giant)]);
    assert.equal(queue.stats().full, false);
  });

  it("lends what is too old, oldest first, and only what waits", () => {
    const { queue } = queueOf({ max_bytes: 1_000 });
    const [a, b, c] = [sized(1, { bornMs: 1 }), sized(1, { bornMs: 2 }), sized(1, { bornMs: 9 })];
    void queue.push([a, b, c]);
    const lease = queue.lease(wanted);

    const old = queue.lease({ ...wanted, count: 9, bornBeforeMs: 5 });

    assert.deepEqual(old?.parcels, [b]);
    assert.equal(queue.lease({ ...wanted, bornBeforeMs: 5 }), undefined);
    old.ack();
    assert.equal(queue.stats().oldestBornMs, 1);
    lease?.ack();
    assert.equal(queue.stats().oldestBornMs, 9);
  });

  it("splits a lease in two that end on their own", () => {
    const { queue } = queueOf({ max_bytes: 1_000 });
    const [a, b, c] = [sized(1), sized(2), sized(4)];
    void queue.push([a, b, c]);
    const [first, rest] = queue.lease({ ...wanted, count: 3 })?.split(1) ?? [];

    first?.ack();
    rest?.release();
    rest?.ack();

    assert.deepEqual([first?.parcels, rest?.parcels], [[a], [b, c]]);
    assert.deepEqual([queue.stats().parcels, queue.stats().bytes], [2, 6]);
    assert.deepEqual(queue.lease({ ...wanted, count: 3 })?.parcels, [b, c]);
  });

  it("loses and invents nothing under any order of pushes, leases, acks and releases", () => {
    const step = fc.oneof(
      fc.constant("push" as const),
      fc.constant("lease" as const),
      fc.constant("ack" as const),
      fc.constant("release" as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { queue } = queueOf({ max_bytes: 1_000_000 });
        const pushed: Parcel[] = [];
        const acked: Parcel[] = [];
        const open: NonNullable<ReturnType<Queue["lease"]>>[] = [];
        for (const action of steps) {
          if (action === "push") {
            const next = sized(3);
            pushed.push(next);
            void queue.push([next]);
          } else if (action === "lease") {
            const lease = queue.lease({ ...wanted, count: 2 });
            if (lease !== undefined) open.push(lease);
          } else {
            const lease = open.shift();
            if (action === "ack" && lease !== undefined) acked.push(...lease.parcels);
            if (action === "ack") lease?.ack();
            else lease?.release();
          }
        }
        for (const lease of open) lease.release();
        const rest = queue.lease({ ...wanted, count: 1_000, bytes: Infinity })?.parcels ?? [];

        assert.deepEqual(new Set([...acked, ...rest]), new Set(pushed));
        assert.equal(acked.length + rest.length, pushed.length);
        assert.equal(queue.stats().bytes, rest.length * 3);
      }),
    );
  });
});

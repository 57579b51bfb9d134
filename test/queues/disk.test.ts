import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Lease } from "../../src/component/queue.ts";
import { frameBytes } from "../../src/queues/disk/frame.ts";
import { factsOf, type Parcel } from "../../src/record/parcel.ts";
import { close, drain, eventually, filesIn, open, queueIn, sized, temporary, wordOf, type Opened } from "./disk/support.ts";

const wanted = { upstream: "default", category: "error", count: 1, bytes: 1 << 20 } as const;

/** Everything that waits is at hand. */
async function leaseAll({ queue }: Opened): Promise<Lease> {
  let lease = queue.lease({ ...wanted, count: 1_000 });
  await eventually(() => {
    lease ??= queue.lease({ ...wanted, count: 1_000 });
    return lease !== undefined;
  }, "a lease");
  return lease as unknown as Lease;
}

describe("disk queue", { concurrency: true }, () => {
  it("says that a push is safe only once its parcels are in a segment", async () => {
    const directory = join(temporary(), "made", "when missing");
    const opened = await open(directory);
    const one = sized(100);

    const pushed = opened.queue.push([one]);

    assert.ok(pushed instanceof Promise);
    assert.deepEqual([opened.queue.stats().parcels, opened.queue.stats().records], [1, 1]);
    assert.equal(opened.queue.lease(wanted), undefined);
    assert.equal(await pushed, true);
    assert.equal(statSync(filesIn(directory, ".seg")[0] ?? "").size, frameBytes(one));
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.deepEqual(opened.queue.lease(wanted)?.parcels, [one]);
    await close(opened);
  });

  it("gives an earlier process's parcels back in order, with everything they had, and its books", async () => {
    const directory = temporary();
    const first = await open(directory);
    const pushed = [
      sized(10, { input: "edge", records: 7 }),
      sized(0, { issue: 2 ** 53 - 1, bornMs: 1_700_000_000_000.5 }),
      sized(20, { category: "log_item", eventId: "", records: 0, issue: 0 }),
      sized(30, { upstream: "payments", input: "naïve ✓" }),
    ];
    await first.queue.push(pushed);
    await close(first);

    const second = await open(directory);

    assert.deepEqual(
      second.queue.restored,
      new Map([
        ["edge", 7],
        ["in", 1],
        ["naïve ✓", 1],
      ]),
    );
    assert.deepEqual(new Set(second.queue.waitingFor()), new Set(["default", "payments"]));
    assert.deepEqual(second.queue.peek("default", "error")?.count, 2);
    const stats = second.queue.stats();
    assert.deepEqual([stats.parcels, stats.records], [4, 9]);
    assert.equal(
      stats.bytes,
      pushed.reduce((sum, parcel) => sum + frameBytes(parcel), 0),
    );
    const events = await drain(second);
    const payments = await drain(second, "payments");
    assert.deepEqual([...events, ...payments].map(wordOf), [...pushed].map(wordOf));
    assert.deepEqual([second.queue.stats().parcels, second.queue.stats().bytes], [0, 0]);
    await close(second);
  });

  it("forgets what was acknowledged, and lends again what was not, after a death without a goodbye", async () => {
    const directory = temporary();
    const first = await open(directory);
    const [a, b, c] = [sized(10), sized(10), sized(10)];
    await first.queue.push([a, b, c]);
    const lease = first.queue.lease({ ...wanted, count: 2 });
    const [one] = lease?.split(1) ?? [];
    one?.ack();
    await eventually(() => filesIn(directory, ".ack").some((file) => statSync(file).size > 0), "the side log");
    const copy = join(temporary(), "copy");
    cpSync(directory, copy, { recursive: true, filter: (path) => !path.endsWith("/lock") });

    const second = await open(copy);

    assert.equal(second.queue.stats().parcels, 2);
    assert.deepEqual((await drain(second)).map(wordOf), [b, c].map(wordOf));
    await close(second);
    await close(first);
  });

  it("leaves nothing behind but its format when all has been delivered", async () => {
    const directory = temporary();
    const opened = await open(directory, { max_bytes: 1 << 20 });
    for (let i = 0; i < 20; i += 1) await opened.queue.push([sized(30_000)]);
    await drain(opened);
    await close(opened);

    assert.deepEqual(readdirSync(directory), ["format"]);
  });

  it("holds its budget to the byte, and lets waiting pushes in when there is room", async () => {
    const directory = temporary();
    const [a, b] = [sized(500), sized(500)];
    const opened = await open(directory, { max_bytes: frameBytes(a) + frameBytes(b) - 1 });
    await opened.queue.push([a]);
    let done = false;
    const waiting = Promise.resolve(opened.queue.push([b])).then((safe) => {
      done = true;
      return safe;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual([done, opened.queue.stats().full, opened.queue.stats().records], [false, true, 2]);

    opened.queue.lease(wanted)?.ack();

    assert.equal(await waiting, true);
    assert.equal(opened.queue.stats().full, false);
    assert.equal(opened.queue.stats().bytes, frameBytes(b));
    await close(opened);
  });

  it("tells a sender whose deadline passes that its parcels are not safe", async () => {
    const opened = await open(temporary(), { max_bytes: 1_000 });
    await opened.queue.push([sized(800)]);

    const safe = await opened.queue.push([sized(800)], performance.now() + 10);

    assert.equal(safe, false);
    assert.deepEqual(
      opened.dropped.map(({ cause }) => cause),
      ["late"],
    );
    await close(opened);
  });

  it("drops the oldest, from the disk too, and does not bring them back", async () => {
    const directory = temporary();
    const settings = { max_bytes: 1 << 20, when_full: "drop_oldest" } as const;
    const first = await open(directory, settings);
    const pushed: Parcel[] = [];
    for (let i = 0; i < 30; i += 1) {
      const parcel = sized(60_000);
      pushed.push(parcel);
      assert.equal(await first.queue.push([parcel]), true);
    }
    const kept = pushed.slice(-Math.floor((1 << 20) / frameBytes(pushed[0] as Parcel)));
    assert.deepEqual(
      first.dropped,
      pushed.slice(0, pushed.length - kept.length).map((parcel) => ({ ...factsOf(parcel), cause: "full" })),
    );
    await close(first);

    const second = await open(directory, settings);
    // Right after the start nothing is at hand, and room must be made all the same.
    const next = [sized(60_000), sized(60_000)];
    await second.queue.push(next);

    assert.deepEqual(
      second.dropped.map(({ bytes }) => bytes),
      [60_000, 60_000],
    );
    assert.deepEqual((await drain(second)).map(wordOf), [...kept.slice(2), ...next].map(wordOf));
    await close(second);
  });

  it("drops the oldest of one push that is larger than the room", async () => {
    const parcels = [sized(400), sized(400), sized(400)];
    const opened = await open(temporary(), { max_bytes: 1_000, when_full: "drop_oldest" });

    assert.equal(await opened.queue.push(parcels), true);

    assert.deepEqual((await drain(opened)).map(wordOf), parcels.slice(1).map(wordOf));
    assert.equal(opened.dropped.length, 1);
    await close(opened);
  });

  it("drops what does not fit when told so", async () => {
    const [a, b, c] = [sized(600), sized(600), sized(10)];
    const opened = await open(temporary(), { max_bytes: 1_000, when_full: "drop_newest" });

    await opened.queue.push([a, b, c]);

    assert.deepEqual(opened.dropped, [{ ...factsOf(b), cause: "full" }]);
    assert.deepEqual((await drain(opened)).map(wordOf), [a, c].map(wordOf));
    await close(opened);
  });

  it("gives a parcel that is longer than a segment one of its own", async () => {
    const directory = temporary();
    const [small, giant, last] = [sized(10), sized(300_000), sized(10)];
    const opened = await open(directory, { max_bytes: 1 << 20 });
    await opened.queue.push([small, giant, last]);

    assert.equal(filesIn(directory, ".seg").length, 3);
    await close(opened);
    const again = await open(directory, { max_bytes: 1 << 20 });
    assert.deepEqual((await drain(again)).map(wordOf), [small, giant, last].map(wordOf));
    await close(again);
  });

  it("makes durable on a stop whose deadline has passed what was accepted", async () => {
    const directory = temporary();
    const first = await open(directory);
    const one = sized(10);
    const pushed = first.queue.push([one]);

    await first.queue.stop(AbortSignal.abort());

    assert.equal(await pushed, true);
    assert.equal(await first.queue.push([sized(10)]), false);
    const second = await open(directory);
    assert.deepEqual((await drain(second)).map(wordOf), [wordOf(one)]);
    await close(second);
  });

  it("does nothing on disk before it starts", async () => {
    const directory = join(temporary(), "queue");
    const opened = queueIn(directory);
    await close(opened);

    assert.equal(existsSync(directory), false);
  });

  it("reaches its directory through a link", async () => {
    const folder = temporary();
    mkdirSync(join(folder, "real"));
    symlinkSync(join(folder, "real"), join(folder, "link"));
    const opened = await open(join(folder, "link"));
    await opened.queue.push([sized(10)]);

    assert.equal(filesIn(join(folder, "real"), ".seg").length, 1);
    await close(opened);
  });

  it("is the queue of a model under any order of pushes, leases, acks, releases, restarts and deaths", async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant("push" as const), bytes: fc.constantFrom(1, 900, 30_000) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("lease", "ack", "release"), bytes: fc.constant(0) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("restart", "die"), bytes: fc.constant(0) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        let directory = temporary();
        let opened = await open(directory, { max_bytes: 1 << 20 });
        let waiting: Parcel[] = [];
        let leases: Lease[] = [];
        const settle = (lease: Lease, how: "ack" | "release"): void => {
          lease[how]();
          const words = new Set(lease.parcels.map(wordOf));
          if (how === "ack") waiting = waiting.filter((parcel) => !words.has(wordOf(parcel)));
        };
        for (const { kind, bytes } of steps) {
          if (kind === "push") {
            const parcel = sized(bytes, { category: bytes === 900 ? "log_item" : "error" });
            waiting.push(parcel);
            assert.equal(await opened.queue.push([parcel]), true);
          } else if (kind === "lease") {
            const lease = opened.queue.lease({ ...wanted, count: 3 });
            if (lease !== undefined) leases.push(lease);
          } else if (kind === "ack" || kind === "release") {
            const lease = leases.shift();
            if (lease !== undefined) settle(lease, kind);
          } else {
            leases = [];
            if (kind === "die") {
              // What a lost turn of the event loop would cost is not the point here: acks are on disk first.
              await new Promise((resolve) => setTimeout(resolve, 15));
              const copy = join(temporary(), "copy");
              cpSync(directory, copy, { recursive: true, filter: (path) => !path.endsWith("/lock") });
              await close(opened);
              directory = copy;
            } else await close(opened);
            opened = await open(directory, { max_bytes: 1 << 20 });
          }
          assert.equal(opened.queue.stats().parcels, waiting.length);
          assert.equal(
            opened.queue.stats().bytes,
            waiting.reduce((sum, parcel) => sum + frameBytes(parcel), 0),
          );
        }
        for (const lease of leases) settle(lease, "release");
        const rest = await drain(opened);
        for (const category of ["error", "log_item"]) {
          assert.deepEqual(
            rest.filter((parcel) => parcel.category === category).map(wordOf),
            waiting.filter((parcel) => parcel.category === category).map(wordOf),
          );
        }
        assert.deepEqual([opened.queue.stats().parcels, opened.queue.stats().records, opened.dropped.length], [0, 0, 0]);
        await close(opened);
      }),
      { numRuns: 30 },
    );
  });

  it("lends released parcels first, in their old order", async () => {
    const directory = temporary();
    const opened = await open(directory);
    const parcels = Array.from({ length: 6 }, () => sized(10));
    await opened.queue.push(parcels);
    const [first, second] = [opened.queue.lease({ ...wanted, count: 2 }), opened.queue.lease({ ...wanted, count: 2 })];

    second?.release();
    first?.release();

    const all = await leaseAll(opened);
    assert.deepEqual(all.parcels.map(wordOf), parcels.map(wordOf));
    all.ack();
    await close(opened);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLogger } from "../../../src/base/log.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { Budget } from "../../../src/queues/parts/budget.ts";
import { ReadAhead } from "../../../src/queues/disk/read-ahead.ts";
import { recover } from "../../../src/queues/disk/recovery.ts";
import { Shelf } from "../../../src/queues/disk/shelf.ts";
import { Trouble } from "../../../src/queues/disk/trouble.ts";
import { close, drain, eventually, open, sized, temporary, wordOf } from "./support.ts";

const wanted = { upstream: "default", category: "error", count: 1, bytes: 1 << 20 } as const;

describe("reading ahead", () => {
  it("keeps a bounded part of a backlog in memory, before and after a restart", async () => {
    const directory = temporary();
    const first = await open(directory, { max_bytes: 32 << 20 });
    const words: string[] = [];
    for (let i = 0; i < 60; i += 1) {
      const group = Array.from({ length: 20 }, () => sized(10_000));
      words.push(...group.map(wordOf));
      await first.queue.push(group);
    }
    // What one lease can get in one turn of the event loop is what is at hand.
    const lease = first.queue.lease({ ...wanted, count: Infinity, bytes: Infinity });
    const held = lease?.parcels.reduce((sum, { body }) => sum + body.length, 0) ?? 0;
    assert.ok(held > 0 && held <= (1 << 20) + 10_000, `${held} bytes at hand`);
    assert.equal(first.queue.peek("default", "error")?.count, 1_200 - (lease?.parcels.length ?? 0));
    lease?.release();
    await close(first);

    const shelf = new Shelf({ budget: new Budget(32 << 20, []), dropped: () => {}, wake: () => {}, changed: () => {} });
    const { segments } = await recover({ directory, log: createLogger("silent"), damaged: async () => {} });
    for (const segment of segments) shelf.add(segment);
    const readAhead = new ReadAhead({ directory, shelf, damaged: () => {}, wake: () => {}, failed: () => false });
    const line = shelf.find("default", "error");
    assert.ok(line !== undefined);
    const read: string[] = [];
    while (line.waiting > 0) {
      readAhead.fill(line);
      await eventually(() => !line.reading, "the read");
      assert.ok(line.readyBytes > 0 && line.readyBytes <= 1 << 20, `${line.readyBytes} bytes at hand`);
      read.push(...line.take({ count: 3, bytes: Infinity }).map(({ parcel }) => wordOf(parcel)));
    }
    assert.deepEqual(read, words);
  });

  it("says when parcels have come to hand", async () => {
    const directory = temporary();
    const first = await open(directory);
    await first.queue.push([sized(10)]);
    await close(first);
    const second = await open(directory);
    const woken: string[] = [];
    second.queue.watch((upstream) => woken.push(upstream));

    await eventually(() => second.queue.lease(wanted) !== undefined || woken.length > 0, "a call");
    await close(second);
  });

  it("finds what one upstream has between the parcels of another", async () => {
    const directory = temporary();
    const first = await open(directory, { max_bytes: 8 << 20 });
    const rare: string[] = [];
    for (let i = 0; i < 20; i += 1) {
      const one = sized(100, { category: "log_item" });
      rare.push(wordOf(one));
      await first.queue.push([...Array.from({ length: 10 }, () => sized(20_000, { upstream: "elsewhere" })), one]);
    }
    await close(first);
    const second = await open(directory, { max_bytes: 8 << 20 });

    assert.deepEqual((await drain(second)).map(wordOf), rare);
    assert.equal((await drain(second, "elsewhere")).length, 200);
    await close(second);
  });
});

describe("trouble", () => {
  it("is told once when it begins and once when it ends", () => {
    const told: string[] = [];
    const log = createLogger("silent");
    log.error = (...words: unknown[]) => void told.push(String(words.at(-1)));
    log.info = log.error;
    const trouble = new Trouble("/queue", systemClock, log);
    const full = Object.assign(new Error("ENOSPC: no space left on device, write '/queue/1'"), { code: "ENOSPC", errno: -28 });

    trouble.begin(full);
    trouble.begin(full);
    assert.equal(trouble.reason, "ENOSPC: no space left on device");
    trouble.end();
    trouble.end();

    assert.equal(told.length, 2);
    assert.match(told[0] ?? "", /cannot store in \/queue: ENOSPC: no space left on device; it keeps trying/);
    assert.match(told[1] ?? "", /stores in \/queue again, after .* of ENOSPC/);
  });
});

import assert from "node:assert/strict";
import { cpSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import type { Lease } from "../../../src/component/queue.ts";
import type { Parcel } from "../../../src/record/parcel.ts";
import { close, drain, eventually, filesIn, open, sized, temporary, wordOf, type Opened } from "./support.ts";

const SETTINGS = { max_bytes: 1 << 20 } as const;
const MAX_DEAD = (1 << 20) / 8 + 2 * (64 << 10);

function bytesOf(directory: string): number {
  return filesIn(directory, ".seg").reduce((sum, path) => sum + statSync(path).size, 0);
}

/** One slow upstream's parcel among many of a quick one, again and again: hardly any segment ever becomes empty. */
async function sparse(directory: string): Promise<{ opened: Opened; slow: Parcel[]; most: number }> {
  const opened = await open(directory, SETTINGS);
  const slow: Parcel[] = [];
  let most = 0;
  for (let i = 0; i < 60; i += 1) {
    const one = sized(500, { category: "log_item" });
    slow.push(one);
    await opened.queue.push([one, ...Array.from({ length: 10 }, () => sized(2_500))]);
    let lease: Lease | undefined;
    while ((lease = opened.queue.lease({ upstream: "default", category: "error", count: 20, bytes: 1 << 20 })) !== undefined)
      lease.ack();
    await eventually(() => bytesOf(directory) - opened.queue.stats().bytes <= MAX_DEAD, "dead room to be given back");
    most = Math.max(most, bytesOf(directory));
  }
  return { opened, slow, most };
}

describe("compaction", () => {
  it("bounds what acknowledged parcels take on disk, and keeps the order of the others", async () => {
    const directory = temporary();
    const { opened, slow, most } = await sparse(directory);

    assert.ok(most < (60 * 25_000) / 2, `${most} bytes for ${60 * 25_000} that were pushed`);
    assert.deepEqual((await drain(opened)).map(wordOf), slow.map(wordOf));
    assert.deepEqual([opened.queue.stats().bytes, opened.dropped.length], [0, 0]);
    await close(opened);
  });

  it("leaves a store that an unexpected death finds whole", async () => {
    const directory = temporary();
    const { opened, slow } = await sparse(directory);
    const lease = opened.queue.lease({ upstream: "default", category: "log_item", count: 5, bytes: 1 << 20 });
    lease?.ack();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const copy = join(temporary(), "copy");
    cpSync(directory, copy, { recursive: true, filter: (path) => basename(path) !== "lock" });

    const again = await open(copy, SETTINGS);

    assert.equal(again.queue.stats().parcels, slow.length - 5);
    assert.deepEqual((await drain(again)).map(wordOf), slow.slice(5).map(wordOf));
    assert.equal(again.queue.stats().quarantined, 0);
    await close(again);
    await close(opened);
  });

  it("leaves parcels that are only on disk where they will be read", async () => {
    const directory = temporary();
    const first = await open(directory, SETTINGS);
    const slow: Parcel[] = [];
    // Three sealed segments of both kinds; none of the slow ones is at hand after the restart that has them unread.
    for (let i = 0; i < 36; i += 1) {
      const one = sized(12_000, { upstream: "payments" });
      slow.push(one);
      await first.queue.push([one, sized(12_000)]);
    }
    await close(first);
    const second = await open(directory, SETTINGS);
    const before = bytesOf(directory);
    assert.equal((await drain(second)).length, 36);
    await eventually(() => bytesOf(directory) < before - 36 * 12_000 + MAX_DEAD, "compaction");

    assert.deepEqual((await drain(second, "payments")).map(wordOf), slow.map(wordOf));
    assert.equal(second.dropped.length, 0);
    await close(second);
  });
});

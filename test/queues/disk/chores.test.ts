import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { describe, it } from "node:test";
import { segmentPath } from "../../../src/queues/disk/segment.ts";
import { close, drain, eventually, filesIn, open, sized, temporary } from "./support.ts";

const SETTINGS = { max_bytes: 1 << 20 } as const;

describe("chores of the disk queue", () => {
  it("delete what is empty although a file among it cannot be deleted, and that one when it can", async () => {
    const directory = temporary();
    const opened = await open(directory, SETTINGS);
    for (let i = 0; i < 10; i += 1) await opened.queue.push([sized(30_000)]);
    const stuck = segmentPath(directory, 1, "ack");
    rmSync(stuck, { force: true });
    mkdirSync(stuck);
    assert.ok(filesIn(directory, ".seg").length > 3);

    assert.equal((await drain(opened)).length, 10);

    await eventually(() => filesIn(directory, ".seg").length === 1, "the sealed segments to go");
    await eventually(() => opened.logged.length > 0, "a warning");
    assert.match(opened.logged[0] ?? "", /^cannot tidy /);
    rmdirSync(stuck);
    await close(opened);
    assert.deepEqual([filesIn(directory, ".seg"), opened.logged.length], [[], 1]);
  });

  it("write the acknowledgements of other segments although those of one cannot be written", async () => {
    const directory = temporary();
    const first = await open(directory, SETTINGS);
    for (let i = 0; i < 10; i += 1) await first.queue.push([sized(20_000)]);
    mkdirSync(segmentPath(directory, 1, "ack"));
    const lease = first.queue.lease({ upstream: "default", category: "error", count: 5, bytes: 1 << 20 });
    assert.equal(lease?.parcels.length, 5);
    const [one, others] = lease.split(1);
    one.ack();
    others.ack();
    others.release();
    await eventually(() => existsSync(segmentPath(directory, 2, "ack")), "the side log of the second segment");
    await close(first);
  });
});

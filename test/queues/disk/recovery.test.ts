import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { MAX_SEGMENT_ID, segmentPath } from "../../../src/queues/disk/segment.ts";
import { close, drain, filesIn, open, queueIn, sized, temporary, wordOf } from "./support.ts";

/** A store with one parcel, in a segment of this number. */
async function storeNumbered(id: number): Promise<{ directory: string; word: string }> {
  const directory = temporary();
  const opened = await open(directory);
  const parcel = sized(10);
  await opened.queue.push([parcel]);
  await close(opened);
  renameSync(segmentPath(directory, 1, "seg"), segmentPath(directory, id, "seg"));
  rmSync(segmentPath(directory, 1, "idx"));
  return { directory, word: wordOf(parcel) };
}

describe("recovery", () => {
  for (const id of [2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, MAX_SEGMENT_ID]) {
    it(`loses nothing to a segment that somebody numbered ${id}`, async () => {
      const { directory, word } = await storeNumbered(id);
      const words = [word];
      for (let start = 0; start < 3; start += 1) {
        const opened = await open(directory);
        const parcel = sized(10);
        words.push(wordOf(parcel));
        assert.equal(await opened.queue.push([parcel]), true);
        await close(opened);
      }

      const last = await open(directory);

      assert.deepEqual((await drain(last)).map(wordOf).toSorted(), words.toSorted());
      await close(last);
    });
  }

  it("leaves what it has not read for the next start when it is told to stop", async () => {
    const directory = temporary();
    const opened = await open(directory);
    await opened.queue.push([sized(10)]);
    await close(opened);
    const told = queueIn(directory);
    await told.queue.start(AbortSignal.abort());
    assert.deepEqual([told.queue.stats().parcels, told.queue.restored.size], [0, 0]);
    assert.equal(await told.queue.push([sized(10)]), true);
    await close(told);

    const last = await open(directory);

    assert.equal((await drain(last)).length, 2);
    await close(last);
  });

  it("passes over segments whose names no relay gives, and says so once", async () => {
    const directory = temporary();
    const names = ["1.seg", `${"9".repeat(20)}.seg`];
    for (const name of names) writeFileSync(join(directory, name), "x");

    const opened = await open(directory);

    assert.equal(opened.logged.length, 1);
    assert.match(opened.logged[0] ?? "", /^2 files in .* have names that no relay gives \(.*\.seg\); they are not read$/);
    await close(opened);
    assert.deepEqual(filesIn(directory, ".seg"), names.map((name) => join(directory, name)).toSorted());
  });
});

import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { close, drain, eventually, filesIn, open, sized, temporary, wordOf } from "./support.ts";

describe("a disk queue in trouble", { concurrency: true }, () => {
  it("starts where its directory cannot be made, keeps what is pushed, and heals by itself", async () => {
    const folder = temporary();
    writeFileSync(join(folder, "file"), "");
    const directory = join(folder, "file", "queue");

    const opened = await open(directory);

    assert.match(opened.queue.stats().trouble ?? "", /^ENOTDIR: /);
    const one = sized(10);
    const pushed = opened.queue.push([one]);
    assert.equal(await opened.queue.push([sized(10)], performance.now() + 5), false);
    assert.equal(opened.queue.stats().records, 2);
    rmSync(join(folder, "file"));
    assert.equal(await pushed, true);
    assert.equal(opened.queue.stats().trouble, undefined);
    assert.equal(opened.logged.length, 1);
    assert.equal(wordOf((await drain(opened))[0] ?? sized(1)), wordOf(one));
    await close(opened);
  });

  it("drops what is pushed when told so, and counts it", async () => {
    const folder = temporary();
    writeFileSync(join(folder, "file"), "");
    const opened = await open(join(folder, "file", "queue"), { when_full: "drop_newest" });

    assert.equal(await opened.queue.push([sized(10), sized(10)]), true);

    assert.deepEqual(
      opened.dropped.map(({ cause }) => cause),
      ["full", "full"],
    );
    assert.deepEqual([opened.queue.stats().parcels, opened.queue.stats().bytes], [0, 0]);
    await close(opened);
  });

  it("makes its directory again when somebody removes it, and never calls safe what went with it", async () => {
    const directory = join(temporary(), "queue");
    const opened = await open(directory);
    const [before, after] = [sized(10), sized(10)];
    await opened.queue.push([before]);
    rmSync(directory, { recursive: true });

    assert.equal(await opened.queue.push([after]), true);

    assert.equal(filesIn(directory, ".seg").length, 1);
    await close(opened);
    const again = await open(directory);
    assert.deepEqual((await drain(again)).map(wordOf), [wordOf(after)]);
    await close(again);
  });

  it("calls nothing safe that it wrote into a directory that has moved away", async () => {
    const directory = join(temporary(), "queue");
    const opened = await open(directory);
    const [before, after] = [sized(10), sized(10)];
    await opened.queue.push([before]);
    renameSync(directory, `${directory}.old`);

    assert.equal(await opened.queue.push([after]), true);

    await close(opened);
    for (const [place, parcel] of [
      [directory, after],
      [`${directory}.old`, before],
    ] as const) {
      const again = await open(place);
      assert.deepEqual((await drain(again)).map(wordOf), [wordOf(parcel)]);
      await close(again);
    }
  });

  it("takes no more than a few mebibytes into memory while it waits", async () => {
    const folder = temporary();
    writeFileSync(join(folder, "file"), "");
    const opened = await open(join(folder, "file", "queue"));
    const pushes = Array.from({ length: 40 }, async () => opened.queue.push([sized(1 << 20)]));

    const { bytes, records, full } = opened.queue.stats();

    assert.ok(bytes > 0 && bytes < 10 << 20, `${bytes} bytes were taken`);
    assert.deepEqual([records, full], [40, false]);
    await close(opened);
    assert.deepEqual(
      await Promise.all(pushes),
      pushes.map(() => false),
    );
    assert.equal(opened.dropped.length, 40);
    assert.equal(opened.queue.stats().records, 0);
  });

  it("gives up the parcels of a segment that somebody deleted, and delivers the others", async () => {
    const directory = temporary();
    const first = await open(directory, { max_bytes: 1 << 20 });
    const parcels = Array.from({ length: 33 }, () => sized(30_000));
    for (const parcel of parcels) await first.queue.push([parcel]);
    await close(first);
    const second = await open(directory, { max_bytes: 1 << 20 });
    // The first segments are at hand already, the last full one is not; behind it is the one that is being written.
    rmSync(filesIn(directory, ".seg").at(-2) ?? "");
    rmSync(filesIn(directory, ".seg")[0] ?? "");

    const delivered = await drain(second);

    assert.equal(delivered.length + second.dropped.length, parcels.length);
    assert.deepEqual(new Set(second.dropped.map(({ cause }) => cause)), new Set(["damaged"]));
    const words = new Set(parcels.map(wordOf));
    assert.ok(delivered.every((parcel) => words.has(wordOf(parcel))));
    assert.ok(second.complaints.some(({ cause, message }) => cause === "queue_unreadable" && message.includes("is gone")));
    assert.equal(second.queue.stats().records, 0);
    await close(second);
  });

  it("delivers what was left in a directory that only comes back after the start, outside the books", async () => {
    const folder = temporary();
    const hidden = await open(join(folder, "hidden"));
    const one = sized(10, { records: 3 });
    await hidden.queue.push([one]);
    await close(hidden);
    mkdirSync(join(folder, "at"));
    writeFileSync(join(folder, "at", "queue"), "in the way");
    const opened = await open(join(folder, "at", "queue"));
    assert.deepEqual([opened.queue.restored.size, opened.queue.stats().trouble !== undefined], [0, true]);

    rmSync(join(folder, "at"), { recursive: true });
    mkdirSync(join(folder, "at"));
    renameSync(join(folder, "hidden"), join(folder, "at", "queue"));
    await eventually(() => opened.queue.stats().parcels === 1, "the parcel");

    assert.equal(opened.queue.stats().records, 0);
    assert.deepEqual((await drain(opened)).map(wordOf), [wordOf({ ...one, records: 0 })]);
    await close(opened);
  });
});

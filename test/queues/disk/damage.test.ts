import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { before, describe, it } from "node:test";
import { frameBytes } from "../../../src/queues/disk/frame.ts";
import type { Parcel } from "../../../src/record/parcel.ts";
import { close, drain, filesIn, open, sized, temporary, wordOf } from "./support.ts";

const SETTINGS = { max_bytes: 1 << 20 } as const;

/** A store of several segments, some of it acknowledged, and where each parcel lies in it. */
interface Stored {
  readonly directory: string;
  readonly places: readonly {
    readonly parcel: Parcel;
    readonly file: string;
    readonly offset: number;
    readonly acked: boolean;
  }[];
}

async function store(): Promise<Stored> {
  const directory = temporary();
  const opened = await open(directory, SETTINGS);
  const parcels: Parcel[] = [];
  for (let i = 0; i < 24; i += 1) {
    const group = [0, 1, 2].map(() =>
      sized(500 + 97 * i, { category: i % 5 === 0 ? "log_item" : "error", records: 1 + (i % 3) }),
    );
    parcels.push(...group);
    await opened.queue.push(group);
  }
  const lease = opened.queue.lease({ upstream: "default", category: "error", count: 7, bytes: 1 << 20 });
  const acked = new Set(lease?.parcels.map(wordOf));
  lease?.ack();
  await close(opened);
  const files = filesIn(directory, ".seg").map((path) => ({ path, bytes: readFileSync(path) }));
  const places = parcels.map((parcel) => {
    const holder = files.find(({ bytes }) => bytes.includes(Buffer.from(parcel.body)));
    const end = (holder?.bytes.indexOf(Buffer.from(parcel.body)) ?? 0) + parcel.body.length;
    const offset = end - frameBytes(parcel);
    return { parcel, file: basename(holder?.path ?? ""), offset, acked: acked.has(wordOf(parcel)) };
  });
  return { directory, places };
}

function copyOf(directory: string): string {
  const copy = join(temporary(), "copy");
  cpSync(directory, copy, { recursive: true, filter: (path) => basename(path) !== "lock" });
  return copy;
}

/** Numbers that are the same in every run. */
function chance(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

function harm(directory: string, seed: number): void {
  const random = chance(seed);
  for (let harms = 1 + random(3); harms > 0; harms -= 1) {
    const names = readdirSync(directory).filter((name) => name !== "quarantine");
    const file = join(directory, names[random(names.length)] ?? "format");
    const bytes = readFileSync(file);
    const kind = random(10);
    if (kind < 6) {
      for (let flips = 1 + random(4); flips > 0 && bytes.length > 0; flips -= 1) {
        const at = random(bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      }
      writeFileSync(file, bytes);
    } else if (kind < 8) truncateSync(file, random(bytes.length + 1));
    else if (kind < 9) writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(random(3_000), random(2) * 0x41)]));
    else rmSync(file);
  }
}

describe("a damaged store", () => {
  let stored: Stored;
  before(async () => {
    stored = await store();
  });

  it("starts after any of 60 harms, delivers every parcel whose bytes are whole, and no other", async () => {
    const original = new Map(filesIn(stored.directory, ".seg").map((path) => [basename(path), readFileSync(path)]));
    const known = new Set(stored.places.map(({ parcel }) => wordOf(parcel)));
    for (let seed = 1; seed <= 60; seed += 1) {
      const directory = copyOf(stored.directory);
      harm(directory, seed);
      const harmed = new Map(filesIn(directory, ".seg").map((path) => [basename(path), readFileSync(path)]));
      const whole = stored.places.filter(({ parcel, file, offset, acked }) => {
        const end = offset + frameBytes(parcel);
        const [before, after] = [original.get(file), harmed.get(file)];
        return !acked && before !== undefined && after?.subarray(offset, end).equals(before.subarray(offset, end)) === true;
      });

      const opened = await open(directory, SETTINGS);
      const restored = [...opened.queue.restored.values()].reduce((sum, records) => sum + records, 0);
      const delivered = await drain(opened);

      const words = delivered.map(wordOf);
      const missing = whole.filter(({ parcel }) => !words.includes(wordOf(parcel)));
      assert.deepEqual(
        missing.map(({ file, offset }) => `${file} ${offset}`),
        [],
        `seed ${seed}`,
      );
      assert.deepEqual(
        words.filter((word) => !known.has(word)),
        [],
        `seed ${seed}`,
      );
      assert.equal(new Set(words).size, words.length, `seed ${seed}: none twice`);
      const booked = [...delivered, ...opened.dropped].reduce((sum, { records }) => sum + records, 0);
      assert.equal(booked, restored, `seed ${seed}: what was restored has left by one door`);
      assert.deepEqual([opened.queue.stats().parcels, opened.queue.stats().bytes], [0, 0], `seed ${seed}`);
      await close(opened);
      rmSync(directory, { recursive: true });
    }
  });

  it("loses nothing that was committed when its tail is torn at any byte of the last two frames", async () => {
    const directory = temporary();
    const opened = await open(directory);
    const parcels = [sized(5), sized(5), sized(5)];
    for (const parcel of parcels) await opened.queue.push([parcel]);
    const torn = copyOf(directory);
    await close(opened);
    const [segment = ""] = filesIn(torn, ".seg").map((path) => basename(path));
    const bytes = readFileSync(join(torn, segment));
    const ends = parcels.map((_, i) => parcels.slice(0, i + 1).reduce((sum, parcel) => sum + frameBytes(parcel), 0));
    assert.equal(bytes.length, ends[2]);

    for (let length = ends[0] ?? 0; length <= bytes.length; length += 1) {
      const zeros = length % 2 === 0 ? 64 : 0;
      const copy = copyOf(torn);
      writeFileSync(join(copy, segment), Buffer.concat([bytes.subarray(0, length), Buffer.alloc(zeros)]));
      const again = await open(copy);
      const whole = parcels.filter((_, i) => (ends[i] ?? 0) <= length);
      assert.deepEqual((await drain(again)).map(wordOf), whole.map(wordOf), `torn at ${length}`);
      const isTorn = !ends.includes(length);
      assert.equal(again.queue.stats().quarantined, isTorn ? 1 : 0, `torn at ${length}`);
      assert.equal(again.logged.length, isTorn ? 1 : 0);
      await close(again);
      rmSync(copy, { recursive: true });
    }
  });

  it("sets damaged bytes aside, counts them, settles their records and says so once", async () => {
    const directory = copyOf(stored.directory);
    const victim = stored.places.find(({ acked }) => !acked);
    assert.ok(victim !== undefined);
    const path = join(directory, victim.file);
    const bytes = readFileSync(path);
    const middle = victim.offset + 200;
    bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
    writeFileSync(path, bytes);

    const opened = await open(directory, SETTINGS);
    const delivered = await drain(opened);

    assert.equal(
      delivered.some((parcel) => wordOf(parcel) === wordOf(victim.parcel)),
      false,
    );
    assert.deepEqual(
      opened.dropped.map(({ records, cause, upstream }) => ({ records, cause, upstream })),
      [{ records: victim.parcel.records, cause: "damaged", upstream: "default" }],
    );
    assert.equal(opened.queue.stats().quarantined, 1);
    await close(opened);
    assert.equal(opened.logged.length, 1);
    assert.match(opened.logged[0] ?? "", new RegExp(`offset ${victim.offset} of .*${victim.file} are no parcel`));
    const kept = filesIn(join(directory, "quarantine"), ".bin");
    const frame = bytes.subarray(victim.offset, victim.offset + frameBytes(victim.parcel));
    assert.deepEqual(
      kept.map((file) => readFileSync(file)),
      [frame],
    );
  });

  it("makes a lost index again from its segment", async () => {
    const directory = copyOf(stored.directory);
    const [index = ""] = filesIn(directory, ".idx");
    const before = readFileSync(index);
    rmSync(index);

    const opened = await open(directory, SETTINGS);

    assert.deepEqual(readFileSync(index), before);
    assert.equal((await drain(opened)).length, stored.places.filter(({ acked }) => !acked).length);
    await close(opened);
  });

  it("believes no index of another segment", async () => {
    const directory = copyOf(stored.directory);
    const [first = "", second = ""] = filesIn(directory, ".idx");
    writeFileSync(first, readFileSync(second));

    const opened = await open(directory, SETTINGS);

    assert.equal((await drain(opened)).length, stored.places.filter(({ acked }) => !acked).length);
    assert.deepEqual(opened.dropped, []);
    await close(opened);
  });

  it("keeps the newest hundred regions that were set aside", async () => {
    const directory = temporary();
    const opened = await open(directory);
    const parcels = Array.from({ length: 240 }, () => sized(10));
    await opened.queue.push(parcels);
    await close(opened);
    const [segment = ""] = filesIn(directory, ".seg");
    const bytes = readFileSync(segment);
    for (let i = 0, at = 0; i < parcels.length; at += frameBytes(parcels[i] as Parcel), i += 1)
      if (i % 2 === 1) bytes.writeUInt8(bytes.readUInt8(at + 9) ^ 0xee, at + 9);
    writeFileSync(segment, bytes);
    rmSync(filesIn(directory, ".idx")[0] ?? "");

    const again = await open(directory);

    assert.equal((await drain(again)).length, 120);
    assert.equal(again.queue.stats().quarantined, 120);
    assert.equal(filesIn(join(directory, "quarantine"), ".bin").length, 100);
    await close(again);
  });
});

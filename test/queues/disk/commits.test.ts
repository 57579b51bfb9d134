import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { createLogger } from "../../../src/base/log.ts";
import { Commits, type CommitsOptions } from "../../../src/queues/disk/commits.ts";
import { frameBytes } from "../../../src/queues/disk/frame.ts";
import { Trouble } from "../../../src/queues/disk/trouble.ts";
import type { Parcel } from "../../../src/record/parcel.ts";
import { eventually, sized } from "./support.ts";

const FULL = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", errno: -28 });

/** Commits to a disk that is full until it is told otherwise. */
function commitsTo(overrides: Partial<CommitsOptions> = {}): {
  commits: Commits;
  trouble: Trouble;
  disk: { full: boolean; spare: number; readonly written: Parcel[][]; readonly dropped: Parcel[]; attempts: number };
} {
  const disk = { full: false, spare: 0, written: [] as Parcel[][], dropped: [] as Parcel[], attempts: 0 };
  const trouble = new Trouble("/somewhere", systemClock, createLogger("silent"));
  const commits: Commits = new Commits({
    whenFull: "block",
    clock: systemClock,
    trouble,
    size: frameBytes,
    write: async (parcels) => {
      disk.attempts += 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (disk.full) throw FULL;
      disk.written.push([...parcels]);
      commits.made(parcels.map((parcel, sequence) => ({ parcel, sequence, offset: 0, bytes: 0, crc: 0 })));
      return parcels.length;
    },
    probe: async () => {
      if (disk.full) throw FULL;
    },
    sacrifice: async () => {
      if (disk.spare === 0) return false;
      disk.spare -= 1;
      disk.full = disk.spare > 0;
      return true;
    },
    dropped: (parcels) => void disk.dropped.push(...parcels),
    freed: () => {},
    ...overrides,
  });
  return { commits, trouble, disk };
}

describe("group commit", { concurrency: true }, () => {
  it("gathers what comes while a commit is under way into the next one", async () => {
    const { commits, disk } = commitsTo();
    const parcels = [sized(1), sized(1), sized(1), sized(1)] as const;
    commits.add(parcels[0]);
    commits.add(parcels[1]);
    const first = commits.flushed(Infinity);
    await eventually(() => disk.attempts === 1, "the first write");
    commits.add(parcels[2]);
    commits.add(parcels[3]);

    assert.deepEqual(await Promise.all([first, commits.flushed(Infinity)]), [true, true]);

    assert.deepEqual(disk.written, [parcels.slice(0, 2), parcels.slice(2)]);
    assert.deepEqual(commits.pending, { parcels: 0, bytes: 0, records: 0 });
  });

  it("holds parcels in memory while the disk is full, says false at a deadline, and heals by itself", async () => {
    const { commits, trouble, disk } = commitsTo();
    disk.full = true;
    const parcel = sized(1);
    commits.add(parcel);
    const patient = commits.flushed(Infinity);

    assert.equal(await commits.flushed(performance.now() + 20), false);
    await eventually(() => trouble.reason !== undefined, "the trouble");
    assert.equal(trouble.reason, "ENOSPC: no space left on device");
    assert.equal(commits.pending.parcels, 1);
    disk.full = false;

    assert.equal(await patient, true);
    assert.deepEqual([trouble.reason, disk.written, commits.pending.parcels], [undefined, [[parcel]], 0]);
  });

  it("drops at once what comes while the disk is full when told to drop the newest, and finds out when it is well", async () => {
    const { commits, trouble, disk } = commitsTo({ whenFull: "drop_newest" });
    disk.full = true;
    const [a, b] = [sized(1), sized(1)];
    commits.add(a);
    assert.equal(await commits.flushed(Infinity), true);
    const { attempts } = disk;
    commits.add(b);
    assert.equal(await commits.flushed(Infinity), true);

    assert.deepEqual(disk.dropped, [a, b]);
    assert.equal(disk.attempts, attempts, "the disk is not asked for each push");
    assert.equal(commits.pending.bytes, 0);
    disk.full = false;
    await eventually(() => trouble.reason === undefined, "the end of the trouble");
    await commits.close(Promise.resolve());
  });

  it("gives up the oldest segments for room when told to drop the oldest", async () => {
    const { commits, trouble, disk } = commitsTo({ whenFull: "drop_oldest" });
    disk.full = true;
    disk.spare = 2;
    const parcel = sized(1);
    commits.add(parcel);

    assert.equal(await commits.flushed(Infinity), true);

    assert.deepEqual([disk.spare, disk.written, disk.dropped, trouble.reason], [0, [[parcel]], [], undefined]);
  });

  it("drops the newest when there is no older segment to give up", async () => {
    const { commits, disk } = commitsTo({ whenFull: "drop_oldest" });
    disk.full = true;
    const parcel = sized(1);
    commits.add(parcel);

    assert.equal(await commits.flushed(Infinity), true);

    assert.deepEqual(disk.dropped, [parcel]);
    await commits.close(Promise.resolve());
  });

  it("is congested by a few mebibytes that wait for the disk", async () => {
    const { commits, disk } = commitsTo();
    disk.full = true;
    for (let i = 0; i < 9; i += 1) commits.add(sized(1 << 20));

    assert.equal(commits.congested, true);
    await commits.close(Promise.resolve());
  });

  it("tries a last time when it closes, and tells senders what was not safe", async () => {
    const { commits, disk } = commitsTo();
    disk.full = true;
    const parcel = sized(1);
    commits.add(parcel);
    const flushed = commits.flushed(Infinity);

    await commits.close(new Promise(() => {}));

    assert.equal(await flushed, false);
    assert.deepEqual([disk.dropped, disk.attempts, commits.pending.parcels], [[parcel], 1, 0]);
  });

  it("does not wait for a disk that hangs for longer than it is told to", async () => {
    const { commits } = commitsTo({ write: () => new Promise(() => {}) });
    commits.add(sized(1));
    const flushed = commits.flushed(Infinity);

    await commits.close(new Promise((resolve) => setTimeout(resolve, 20)));

    assert.equal(await flushed, false);
    assert.equal(commits.pending.parcels, 0);
  });
});

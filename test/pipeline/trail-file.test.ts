import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Lane } from "../../src/lanes/lane.ts";
import type { LocalLane } from "../../src/lanes/local-lane.ts";
import { saveTrails } from "../../src/pipeline/trail-file.ts";
import { batch, clock, lanes, noDeadline, Place, trailIn } from "../support/saved-trails.ts";

describe("saved trails on disk", () => {
  it("are read back by the next start, once", async (t) => {
    const place = new Place(t);
    await place.filled();

    const [second, third] = lanes(2) as [LocalLane, LocalLane];
    await place.restore([second]);
    assert.deepEqual(place.names, []);
    await place.restore([third]);

    assert.deepEqual(trailIn(second, "a"), ["quiet"]);
    assert.deepEqual(trailIn(third, "a"), []);
    assert.deepEqual(place.warnings, []);
  });

  it("are for their owner only, lines of JSON in a directory that is made when missing", async (t) => {
    const place = new Place(t);
    const folder = join(place.folder, "new", "data");
    const [lane] = lanes(1) as [LocalLane];
    lane.run(batch("quiet", 6, "a"), 0);

    await place.save([lane], noDeadline(), folder);

    const path = join(folder, "trails.jsonl");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder), ["trails.jsonl"]);
    for (const line of readFileSync(path, "utf8").trimEnd().split("\n")) assert.equal(typeof JSON.parse(line), "object");
  });

  it("go back to the lane they came from when there are as many, and to every lane when there are more or fewer", async (t) => {
    const place = new Place(t);
    const saving = lanes(2);
    for (const [i, lane] of saving.entries()) {
      clock.advance(1);
      lane.run(batch(`quiet ${i}`, 6, "a"), 0);
    }
    const restart = async (count: number): Promise<readonly (readonly string[])[]> => {
      await place.save(saving);
      const fresh = lanes(count);
      await place.restore(fresh);
      return fresh.map((lane) => trailIn(lane, "a"));
    };

    assert.deepEqual(await restart(2), [["quiet 0"], ["quiet 1"]]);
    assert.deepEqual(await restart(3), [
      ["quiet 0", "quiet 1"],
      ["quiet 0", "quiet 1"],
      ["quiet 0", "quiet 1"],
    ]);
    assert.deepEqual(await restart(1), [["quiet 0", "quiet 1"]]);
  });

  it("hold a record once again after lanes have become more and fewer", async (t) => {
    const place = new Place(t);
    await place.filled();
    const three = lanes(3);
    await place.restore(three);
    await place.save(three);
    const [one] = lanes(1) as [LocalLane];
    await place.restore([one]);

    assert.deepEqual(trailIn(one, "a"), ["quiet"]);
  });

  it("are no file where there is nothing to save, no data directory, or no time left", async (t) => {
    const place = new Place(t);
    const [lane] = lanes(1) as [LocalLane];
    await place.save([lane]);
    lane.run(batch("quiet", 6, "a"), 0);
    await saveTrails({ lanes: [lane], dataDir: undefined, maxBytes: 1 << 20, log: place.log }, noDeadline());
    await place.save([lane], AbortSignal.abort());

    assert.deepEqual([place.names, place.warnings], [[], []]);
  });

  it("are given up at once when the deadline passes while they are written", async (t) => {
    const place = new Place(t);
    const deadline = new AbortController();
    const stuck = { save: () => new Promise<undefined>(() => deadline.abort()) } as unknown as Lane; // Of the lane only `save` is used.

    await place.save([stuck], deadline.signal);

    assert.ok(!existsSync(place.file));
    assert.match(place.warnings.join(), /no time was left/);
  });

  it("stop between two pieces when the deadline passes", async (t) => {
    const place = new Place(t);
    const deadline = new AbortController();
    let asked = 0;
    const endless = {
      save: () => {
        asked += 1;
        if (asked === 3) deadline.abort();
        return Buffer.from('{"seq":1}\n');
      },
    } as unknown as Lane;

    await place.save([endless], deadline.signal);

    assert.equal(asked, 3);
    assert.ok(!existsSync(place.file));
  });

  it("are bounded by a few times the budget of the trails, whatever a lane gives", async (t) => {
    const place = new Place(t);
    const endless = { save: () => Buffer.alloc(100_000, "\n") } as unknown as Lane;

    await saveTrails({ lanes: [endless, endless], dataDir: place.folder, maxBytes: 1 << 20, log: place.log }, noDeadline());

    assert.ok(statSync(place.file).size <= 9 << 20);
  });

  it("that cannot be written are told once, and the stop goes on", async (t) => {
    const place = new Place(t);
    const [lane] = lanes(1) as [LocalLane];
    lane.run(batch("quiet", 6, "a"), 0);
    const file = join(place.folder, "file");
    writeFileSync(file, "");

    await place.save([lane], noDeadline(), join(file, "data"));

    assert.equal(place.warnings.length, 1);
    assert.match(place.warnings[0] ?? "", /could not be saved/);
  });

  it("take the place of what an earlier save left unfinished, and follow no link", async (t) => {
    const place = new Place(t);
    const precious = join(place.folder, "precious");
    writeFileSync(precious, "precious");
    symlinkSync(precious, `${place.file}.tmp`);

    await place.filled();

    assert.equal(readFileSync(precious, "utf8"), "precious");
    assert.deepEqual(place.names, ["precious", "trails.jsonl"]);
  });
});

import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import fc from "fast-check";
import { AcknowledgedFile, type AcknowledgedEntry } from "../../src/wire/acknowledged-file.ts";
import { ManualClock } from "../support/clock.ts";

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "crumbtrail-acks-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A file whose clock stands still and whose troubles are written down. */
class Kept {
  readonly path: string;
  readonly clock = new ManualClock();
  readonly troubles: string[] = [];
  readonly file: AcknowledgedFile;

  constructor(path: string, capacity = 100) {
    this.path = path;
    const { clock } = this;
    this.file = new AcknowledgedFile({ path, capacity, clock, trouble: (text) => this.troubles.push(text) });
  }

  /** What the next process would read. */
  reread(): readonly AcknowledgedEntry[] {
    const next = new Kept(this.path);
    const entries = next.file.open();
    next.file.close();
    return entries;
  }
}

const entry = (id: number, times = 1): AcknowledgedEntry => ({ key: String(id).padStart(8, "\xe4"), times });
const some = Array.from({ length: 8 }, (_, id) => entry(id, id + 1));

describe("AcknowledgedFile", () => {
  it("gives back after a restart what was appended, the last entry of each id, in order", (t) => {
    const kept = new Kept(join(folder(t), "data", "acknowledged-edge"));

    assert.deepEqual(kept.file.open(), []);
    kept.file.append([entry(1), entry(2)]);
    kept.file.append([entry(1, 2), entry(3, 2 ** 32 - 1)]);

    assert.deepEqual(kept.reread(), [entry(2), entry(1, 2), entry(3, 2 ** 32 - 1)]);
    assert.deepEqual(kept.troubles, []);
  });

  it("needs no clean end, and no directory made for it", (t) => {
    const path = join(folder(t), "a", "b", "acknowledged-edge");
    const killed = new Kept(path);
    killed.file.open();
    killed.file.append(some);

    assert.deepEqual(new Kept(path).file.open(), some);
  });

  it("keeps the newest ids only, and its size within a few times of theirs", (t) => {
    const kept = new Kept(join(folder(t), "acknowledged-edge"), 10);
    kept.file.open();
    let largest = 0;
    for (let id = 0; id < 1_000; id += 1) {
      kept.file.append([entry(id)]);
      largest = Math.max(largest, statSync(kept.path).size);
    }

    assert.ok(largest <= 16 + 16 * 10 * 5, `${largest} bytes`);
    assert.deepEqual(
      new Kept(kept.path, 10).file.open(),
      Array.from({ length: 10 }, (_, i) => entry(990 + i)),
    );
  });

  it("loses no entry but those whose bytes were damaged, and goes on behind a torn one", (t) => {
    const directory = folder(t);
    fc.assert(
      fc.property(fc.array(fc.nat(127), { maxLength: 3 }), fc.nat(15), (flips, torn) => {
        const kept = new Kept(join(directory, "acknowledged-edge"));
        rmSync(kept.path, { force: true });
        kept.file.open();
        kept.file.append(some);
        kept.file.close();
        const bytes = readFileSync(kept.path);
        for (const at of new Set(flips)) bytes[16 + at] = (bytes[16 + at] ?? 0) ^ 0x40;
        writeFileSync(kept.path, bytes);
        const damaged = new Set(flips.map((at) => at >> 4));
        if (torn > 0) {
          truncateSync(kept.path, bytes.length - torn);
          damaged.add(7);
        }

        const next = new Kept(kept.path);
        const intact = some.filter((_, index) => !damaged.has(index));
        assert.deepEqual(next.file.open(), intact);
        next.file.append([entry(99)]);
        assert.deepEqual(next.reread(), [...intact, entry(99)]);
        next.file.close();
      }),
      { numRuns: 100 },
    );
  });

  it("begins anew where the file is of another format, or far too long", (t) => {
    const kept = new Kept(join(folder(t), "acknowledged-edge"), 10);
    writeFileSync(kept.path, "crumbtrail-ack-9 something else");
    assert.deepEqual(kept.file.open(), []);
    kept.file.append([entry(1)]);
    appendFileSync(kept.path, Buffer.alloc(1 << 20));
    kept.file.close();

    assert.deepEqual(new Kept(kept.path, 10).file.open(), [], "only the end is read");
    assert.equal(statSync(kept.path).size, 16);
  });

  it("says once that it cannot be written, goes on, and heals by itself", (t) => {
    const kept = new Kept(join(folder(t), "acknowledged-edge"));
    mkdirSync(kept.path);

    assert.deepEqual(kept.file.open(), []);
    for (let id = 0; id < 3; id += 1) {
      kept.file.append([entry(id)]);
      kept.clock.advance(2_000);
    }
    assert.equal(kept.troubles.length, 1);
    assert.match(kept.troubles[0] ?? "", /acknowledged-edge: EISDIR.*restart/);
    rmSync(kept.path, { recursive: true });
    kept.file.append([entry(7)]);

    assert.deepEqual(kept.reread(), [entry(7)]);
    kept.file.close();
    kept.file.close();
    kept.file.append([entry(8)]);
    assert.deepEqual(kept.reread(), [entry(7)], "nothing is written once it is closed");
  });
});

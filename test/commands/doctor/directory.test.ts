import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { directoryFacts } from "../../../src/commands/doctor/directory.ts";

function folder(t: TestContext, parent = tmpdir()): string {
  const path = mkdtempSync(join(parent, "crumbtrail-doctor-"));
  t.after(() => {
    chmodSync(path, 0o700);
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

describe("directoryFacts", () => {
  it("measures what is there and what is free", async (t) => {
    const path = folder(t);
    mkdirSync(join(path, "quarantine"));
    writeFileSync(join(path, "1.seg"), Buffer.alloc(1_000));
    writeFileSync(join(path, "quarantine", "2.seg"), Buffer.alloc(234));

    const facts = await directoryFacts(path);

    assert.deepEqual([facts.exists, facts.isDirectory, facts.unwritable, facts.usedBytes], [true, true, undefined, 1_234]);
    assert.ok((facts.freeBytes ?? 0) > 0);
  });

  it("looks at the nearest parent of a directory that is missing, and makes nothing", async (t) => {
    const path = folder(t);
    const facts = await directoryFacts(join(path, "a", "b"));
    assert.deepEqual([facts.exists, facts.nearest, facts.usedBytes], [false, path, 0]);
    assert.equal(existsSync(join(path, "a")), false);
  });

  it("finds a file in the place of the directory or of its parent", async (t) => {
    const file = join(folder(t), "file");
    writeFileSync(file, "");
    assert.equal((await directoryFacts(file)).isDirectory, false);
    const below = await directoryFacts(join(file, "queue"));
    assert.deepEqual([below.isDirectory, below.nearest], [false, file]);
  });

  it("finds a directory that this user may not write to", async (t) => {
    // Nothing is forbidden to root.
    if (process.getuid?.() === 0) return;
    const path = folder(t);
    chmodSync(path, 0o500);
    assert.equal((await directoryFacts(path)).unwritable, "EACCES");
  });

  it("knows memory from a disk", async (t) => {
    // Only Linux has it there.
    if (process.platform !== "linux" || !existsSync("/dev/shm")) return;
    assert.equal((await directoryFacts(folder(t, "/dev/shm"))).fileSystem, 0x01021994);
  });
});

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { CheckpointFile, type Checkpoint, type Checkpoints } from "../../../src/wire/files/checkpoint-file.ts";

let folder: string;
let said: string[];
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crumbtrail-checkpoints-"));
  path = join(folder, "data/files-app.json");
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(): CheckpointFile {
  return new CheckpointFile({ path, trouble: (text) => said.push(text), damaged: (text) => said.push(text) });
}

const checkpoint: Checkpoint = {
  path: "/var/log/ü.log",
  target: "/var/log/ü.log",
  id: "1:18446744073709551615",
  generation: 1_767_322_000_000,
  offset: 2 ** 40,
  head: { length: 1_024, crc: 0xffff_ffff },
  isSkipping: true,
  isCopy: false,
};
const saved: Checkpoints = {
  patterns: '[["*"],[]]',
  files: [checkpoint, { ...checkpoint, id: "1:2", isSkipping: false, isCopy: true }],
};

describe("CheckpointFile", () => {
  it("gives back what it was given, and nothing at first", async () => {
    assert.equal(await file().load(), undefined);
    assert.equal(await file().save(saved), true);
    assert.deepEqual(await file().load(), saved);
    assert.deepEqual(said, []);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(existsSync(`${path}.tmp`), false);
  });

  it("writes only what has changed", async () => {
    const checkpoints = file();
    await checkpoints.save(saved);
    rmSync(path);
    await checkpoints.save(saved);
    assert.equal(existsSync(path), false);
    await checkpoints.save({ ...saved, files: [] });
    assert.equal(existsSync(path), true);
  });

  it("sets aside what is no JSON though its checksum fits", async () => {
    const json = '{"patterns":"[]","files":[,]}';
    mkdirSync(join(folder, "data"));
    writeFileSync(path, `crumbtrail-files 1 ${crc32(json).toString(16).padStart(8, "0")} ${json.length}\n${json}\n`);

    assert.equal(await file().load(), undefined);

    assert.match(said.join("\n"), /cannot be used, .*: what its checksum fits is no JSON \(it is now .*\.bad\)$/);
  });

  it("sets aside what is damaged, of another version or no such file, and says so", async () => {
    await file().save(saved);
    const whole = readFileSync(path, "utf8");
    const damaged = [
      whole.replace("files 1", "files 2"),
      whole.slice(0, -3),
      whole.replace('"offset":1', '"offset":2'),
      "",
      "x",
      "[]",
    ];
    for (const text of damaged) {
      writeFileSync(path, text);
      assert.equal(await file().load(), undefined, text);
      assert.equal(readFileSync(`${path}.bad`, "utf8"), text);
      assert.equal(existsSync(path), false);
    }
    assert.equal(said.length, damaged.length);
    assert.match(said[0] ?? "", /its version is "2", and this relay reads version 1/);
  });

  it("takes no damaged file for a whole one, wherever it was struck", async () => {
    await file().save(saved);
    const whole = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        writeFileSync(path, bytes);
        assert.equal(await file().load(), undefined);
      }),
    );
  });

  it("says once that it cannot write, and again only after it could", async () => {
    writeFileSync(join(folder, "data"), "");
    const checkpoints = file();
    assert.equal(await checkpoints.save(saved), false);
    assert.equal(await checkpoints.save(saved), false);
    assert.equal(said.length, 1);
    rmSync(join(folder, "data"));
    assert.equal(await checkpoints.save(saved), true);
    rmSync(join(folder, "data"), { recursive: true });
    mkdirSync(path, { recursive: true });
    assert.equal(await checkpoints.save({ ...saved, files: [] }), false);
    assert.equal(said.length, 2);
  });
});

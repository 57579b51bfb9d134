import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { crc32 } from "node:zlib";
import { close, drain, filesIn, open, queueIn, sized, temporary } from "./support.ts";

const NEVER = new AbortController().signal;

async function storeWithOne(): Promise<string> {
  const directory = temporary();
  const opened = await open(directory);
  await opened.queue.push([sized(10)]);
  await close(opened);
  return directory;
}

describe("format of a store", () => {
  it("is one line with a checksum", async () => {
    const line = readFileSync(join(await storeWithOne(), "format"), "utf8");

    const [, text = "", crc] = /^(crumbtrail-queue 1) ([0-9a-f]{8})\n$/.exec(line) ?? [];
    assert.equal(crc, crc32(text).toString(16).padStart(8, "0"));
  });

  it("of a newer version is refused, with both versions and what to do, and nothing is touched", async () => {
    const directory = await storeWithOne();
    const text = "crumbtrail-queue 7";
    const line = `${text} ${crc32(text).toString(16).padStart(8, "0")}\n`;
    writeFileSync(join(directory, "format"), line);
    const files = filesIn(directory, "");
    const newer = queueIn(directory);

    await assert.rejects(newer.queue.start(NEVER), (error: Error & { code?: string }) => {
      assert.equal(error.code, "RELAY_STORE");
      assert.match(error.message, /has format 7, written by a newer crumbtrail; this one reads formats up to 1/);
      assert.match(error.message, /Start the newer version again and let it drain, or point queue.directory at another/);
      return true;
    });

    assert.deepEqual(filesIn(directory, ""), files);
    assert.equal(readFileSync(join(directory, "format"), "utf8"), line);
    await close(newer);
  });

  it("is written where a directory has its name", async () => {
    const directory = await storeWithOne();
    const path = join(directory, "format");
    rmSync(path);
    mkdirSync(path);

    const opened = await open(directory);

    assert.match(readFileSync(path, "utf8"), /^crumbtrail-queue 1 /);
    assert.deepEqual([opened.queue.stats().trouble, (await drain(opened)).length], [undefined, 1]);
    await close(opened);
  });

  it("is written again when it is damaged or missing", async () => {
    for (const damage of ["crumbtrail-queue 7 00000000\n", "crumb", "", "\u0000".repeat(100_000), undefined]) {
      const directory = await storeWithOne();
      const path = join(directory, "format");
      const sound = readFileSync(path);
      if (damage === undefined) rmSync(path);
      else writeFileSync(path, damage);

      const opened = await open(directory);

      assert.deepEqual(readFileSync(path), sound);
      assert.equal((await drain(opened)).length, 1);
      assert.equal(existsSync(join(directory, "quarantine", "format")), damage !== undefined);
      assert.equal(opened.logged.length, damage === undefined ? 0 : 1);
      await close(opened);
    }
  });
});

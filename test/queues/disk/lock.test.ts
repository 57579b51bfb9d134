import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createLogger } from "../../../src/base/log.ts";
import { DirectoryLock } from "../../../src/queues/disk/lock.ts";
import { close, open, queueIn, sized, temporary } from "./support.ts";

const log = createLogger("silent");
const NEVER = new AbortController().signal;

/** A process that listens on the lock of a directory, as a relay does. */
async function stranger(directory: string): Promise<{ kill: () => Promise<void> }> {
  const script = `require("node:net").createServer((s) => s.end("other")).listen(${JSON.stringify(join(directory, "lock"))}, () => console.log("ready"))`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const ended = once(child, "exit");
  return {
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

describe("directory lock", () => {
  it("keeps a second relay out of a directory, and says which one and what to do", async () => {
    const directory = temporary();
    const first = await open(directory);
    const second = queueIn(directory);

    await assert.rejects(second.queue.start(NEVER), (error: Error & { code?: string }) => {
      assert.equal(error.code, "RELAY_STORE");
      assert.match(
        error.message,
        new RegExp(`another relay uses ${directory}: stop it first, or give this one a queue.directory`),
      );
      return true;
    });

    await close(second);
    assert.equal(await first.queue.push([sized(10)]), true);
    await close(first);
    const third = await open(directory);
    assert.equal(third.queue.stats().parcels, 1);
    await close(third);
  });

  it("is left by an owner that was killed", async () => {
    const directory = temporary();
    const other = await stranger(directory);
    const lock = new DirectoryLock(directory, log);
    await assert.rejects(lock.take(), { code: "RELAY_STORE" });
    await other.kill();
    assert.equal(existsSync(join(directory, "lock")), true);

    await lock.take();

    await assert.rejects(new DirectoryLock(directory, log).take(), { code: "RELAY_STORE" });
    await lock.release();
    assert.equal(existsSync(join(directory, "lock")), false);
  });

  it("goes to one of many who want a dead owner's at the same moment", async () => {
    for (let round = 0; round < 5; round += 1) {
      const directory = temporary();
      writeFileSync(join(directory, "lock"), "no socket at all");
      const locks = Array.from({ length: 6 }, () => new DirectoryLock(directory, log));

      const results = await Promise.allSettled(locks.map((lock) => lock.take()));

      assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
      for (const lock of locks) await lock.release();
    }
  });

  it("fits into directories whose path is longer than that of a socket may be", async () => {
    const directory = join(temporary(), "a".repeat(120), "b".repeat(120));
    mkdirSync(directory, { recursive: true });
    const lock = new DirectoryLock(directory, log);
    await lock.take();

    assert.equal(existsSync(join(directory, "lock")), true);
    await assert.rejects(new DirectoryLock(directory, log).take(), { code: "RELAY_STORE" });
    await lock.release();
    await lock.release();
    assert.equal(existsSync(join(directory, "lock")), false);
  });

  it("is taken again when the directory was made anew", async () => {
    const directory = join(temporary(), "queue");
    mkdirSync(directory);
    const lock = new DirectoryLock(directory, log);
    await lock.take();
    await lock.take();
    rmSync(directory, { recursive: true });
    mkdirSync(directory);

    await lock.take();

    assert.equal(existsSync(join(directory, "lock")), true);
    await lock.release();
  });
});

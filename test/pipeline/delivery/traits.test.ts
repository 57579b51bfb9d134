import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import fc from "fast-check";
import { createLogger } from "../../../src/base/log.ts";
import { Traits } from "../../../src/pipeline/delivery/traits.ts";
import { ManualClock } from "../../support/clock.ts";

const WEEK_MS = 7 * 24 * 3_600_000;
const ACCOUNT = "https://sentry.example/42#0a1b2c3d";

interface Place {
  readonly directory: string;
  readonly file: string;
  readonly clock: ManualClock;
  readonly warnings: string[];
  traits(directory?: string): Traits;
  /** As a new process would. */
  reread(): Promise<Traits>;
}

function place(t: TestContext): Place {
  const directory = mkdtempSync(join(tmpdir(), "traits-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const clock = new ManualClock();
  const warnings: string[] = [];
  const log = createLogger("silent");
  log.warn = (...words: unknown[]) => void warnings.push(String(words.at(-1)));
  const traits = (where = directory): Traits => new Traits({ directory: where, clock, log });
  const reread = async (): Promise<Traits> => {
    const read = traits();
    await read.start();
    return read;
  };
  return { directory, file: join(directory, "upstreams.json"), clock, warnings, traits, reread };
}

describe("what was learnt about trackers", () => {
  it("survives the process, readable by its owner only", async (t) => {
    const { directory, file, traits, reread } = place(t);
    const first = traits(join(directory));
    await first.start();
    first.learn(ACCOUNT, "log");
    first.learn("http://other/1#1", "client_report");
    await first.stop();

    const second = await reread();

    assert.deepEqual(
      [second.lacks(ACCOUNT, "log"), second.lacks(ACCOUNT, "client_report"), second.lacks("http://other/1#1", "client_report")],
      [true, false, true],
    );
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(directory), ["upstreams.json"]);
  });

  it("makes the data directory when it is missing", async (t) => {
    const { directory, traits } = place(t);
    const data = join(directory, "a", "b");
    const first = traits(data);
    await first.start();
    first.learn(ACCOUNT, "log");
    await first.stop();

    assert.deepEqual(readdirSync(data), ["upstreams.json"]);
  });

  it("is forgotten after a week, so that an upgrade is noticed", async (t) => {
    const { file, clock, traits, reread } = place(t);
    const first = traits();
    first.learn(ACCOUNT, "log");
    await first.stop();
    clock.advance(WEEK_MS - 1);
    assert.deepEqual([first.lacks(ACCOUNT, "log"), (await reread()).lacks(ACCOUNT, "log")], [true, true]);

    clock.advance(1);

    assert.deepEqual([first.lacks(ACCOUNT, "log"), (await reread()).lacks(ACCOUNT, "log")], [false, false]);
    first.learn("http://other/1#1", "log");
    await first.stop();
    assert.doesNotMatch(readFileSync(file, "utf8"), /sentry\.example/);
  });

  it("lasts as long as the process where there is no directory", async () => {
    const traits = new Traits({ directory: undefined, clock: new ManualClock(), log: createLogger("silent") });
    await traits.start();
    traits.learn(ACCOUNT, "log");
    traits.learn(undefined, "log");
    await traits.stop();

    assert.deepEqual([traits.lacks(ACCOUNT, "log"), traits.lacks(undefined, "log")], [true, false]);
  });

  it("is passed over with one warning when the file is damaged, and written anew", async (t) => {
    const { file, warnings, traits, reread } = place(t);
    writeFileSync(file, '{"version":1,"refused":{"https://sen');
    const first = traits();
    await first.start();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /upstreams\.json is passed over/);
    first.learn(ACCOUNT, "log");
    await first.stop();

    assert.equal((await reread()).lacks(ACCOUNT, "log"), true);
    assert.equal(warnings.length, 1);
  });

  it("is bounded in file, names and number", async (t) => {
    const { file, clock, warnings, traits, reread } = place(t);
    writeFileSync(file, " ".repeat((4 << 20) + 1));
    await reread();
    assert.match(warnings[0] ?? "", /longer than/);

    const at = clock.nowMs();
    writeFileSync(file, JSON.stringify({ refused: { ["x".repeat(3_000)]: { log: at }, [ACCOUNT]: { log: at } } }));
    const read = await reread();
    assert.deepEqual([read.lacks("x".repeat(3_000), "log"), read.lacks(ACCOUNT, "log")], [false, true]);

    const many = traits();
    for (let i = 0; i < 1_500; i += 1) many.learn(`account ${i}`, "log");
    await many.stop();
    assert.deepEqual([many.lacks("account 499", "log"), many.lacks("account 500", "log")], [false, true]);
    assert.equal(Object.keys((JSON.parse(readFileSync(file, "utf8")) as { refused: object }).refused).length, 1_000);
  });

  it("tells once that it cannot be kept, and works on", async (t) => {
    const { directory, warnings, traits } = place(t);
    writeFileSync(join(directory, "file"), "");
    const first = traits(join(directory, "file", "data"));
    await first.start();
    first.learn(ACCOUNT, "log");
    first.learn(ACCOUNT, "client_report");
    await first.stop();

    assert.equal(first.lacks(ACCOUNT, "log"), true);
    assert.equal(warnings.filter((line) => line.startsWith("cannot keep")).length, 1);
  });

  it("does not hang on a directory or a pipe of that name", async (t) => {
    const { file, warnings, reread } = place(t);
    mkdirSync(file);
    await reread();
    rmSync(file, { recursive: true });
    symlinkSync("/dev/zero", file);
    await reread();

    assert.equal(warnings.length, 2);
  });

  it("is read from any bytes without an exception", async (t) => {
    const { file, reread } = place(t);
    const item = fc.dictionary(fc.constantFrom("log", "client_report", "__proto__"), fc.anything());
    const content = fc.oneof(
      fc.json(),
      fc.dictionary(fc.string(), item).map((refused) => JSON.stringify({ refused }) ?? ""),
    );
    await fc.assert(
      fc.asyncProperty(content, async (text) => {
        writeFileSync(file, text);
        const traits = await reread();
        assert.equal(typeof traits.lacks(ACCOUNT, "log"), "boolean");
      }),
      { numRuns: 50 },
    );
  });
});

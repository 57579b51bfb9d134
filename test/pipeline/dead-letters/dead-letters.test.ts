import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import fc from "fast-check";
import { createLogger } from "../../../src/base/log.ts";
import type { DeadLetter } from "../../../src/pipeline/dead-letters/dead-letter.ts";
import { DeadLetters } from "../../../src/pipeline/dead-letters/dead-letters.ts";
import { letterId } from "../../../src/pipeline/dead-letters/letter-id.ts";
import { ManualClock } from "../../support/clock.ts";
import { parseEnvelopeStrictly } from "../../support/envelope-parser.ts";
import { parcel } from "../../support/parcels.ts";

const HOUR = 3_600_000;
/** What a small letter takes: a block for each file. */
const LETTER_BYTES = 8_192;

interface Set {
  readonly store: DeadLetters;
  readonly clock: ManualClock;
  readonly directory: string;
  readonly warnings: string[];
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "crumbtrail-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function storeIn(
  t: TestContext,
  directory: string,
  options: { readonly maxBytes?: number; readonly maxAgeMs?: number; readonly clock?: ManualClock } = {},
): Set {
  const { maxBytes = 1 << 20, maxAgeMs = 24 * HOUR, clock = new ManualClock() } = options;
  const warnings: string[] = [];
  const log = createLogger("silent");
  log.warn = (...words: unknown[]) => void warnings.push(String(words.at(-1)));
  const store = new DeadLetters({ directory, maxBytes, maxAgeMs, clock, log, version: "0.1.0" });
  t.after(() => store.stop(AbortSignal.timeout(5_000)));
  return { store, clock, directory, warnings };
}

const started = async (t: TestContext, options: Parameters<typeof storeIn>[2] = {}): Promise<Set> => {
  const set = storeIn(t, join(folder(t), "data", "dead-letters"), options);
  await set.store.start();
  return set;
};

const letter = (overrides: Partial<DeadLetter> = {}): DeadLetter => ({
  upstream: "default",
  parcels: [parcel()],
  outcome: "rejected",
  cause: "HTTP 413: too large",
  status: 413,
  ...overrides,
});

const names = (directory: string, suffix: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith(suffix))
    .toSorted();

/** Waits, with a generous deadline, until the store has noticed what others did. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error("waited 10 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("DeadLetters", () => {
  it("keeps an event as an envelope with the reason beside it, for its owner only", async (t) => {
    const { store, directory } = await started(t);
    const event = {
      level: "fatal",
      logentry: { formatted: "order 42 failed", message: "order %s failed" },
      exception: {
        values: [
          { type: "KeyError", value: "cause" },
          { type: "OrderError", value: "no\u001b[31m card" },
        ],
      },
    };
    const eventId = "fedcba98".padEnd(32, "0");

    await store.bury(letter({ parcels: [parcel({ body: Buffer.from(JSON.stringify(event)), eventId, records: 4, bornMs: 0 })] }));

    const id = letterId(Date.UTC(2026, 0, 2, 3, 4, 5), "fedcba98");
    assert.deepEqual(readdirSync(directory).toSorted(), [`${id}.envelope`, `${id}.json`]);
    const { headers, items } = parseEnvelopeStrictly(readFileSync(join(directory, `${id}.envelope`)));
    assert.equal(headers["event_id"], eventId);
    assert.deepEqual(items[0]?.payload, event);
    assert.deepEqual(JSON.parse(readFileSync(join(directory, `${id}.json`), "utf8")), {
      upstream: "default",
      reason: "rejected",
      cause: "HTTP 413: too large",
      status: 413,
      category: "error",
      event_id: eventId,
      items: 1,
      records: 4,
      born: "1970-01-01T00:00:00.000Z",
      died: "2026-01-02T03:04:05.000Z",
      title: "OrderError: no\u001b[31m card",
      level: "fatal",
      attempts: 0,
    });
    for (const name of readdirSync(directory)) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.equal(store.count, 1);
  });

  it("keeps an event to a file, and logs by the hundred", async (t) => {
    const { store, directory } = await started(t);
    const logs = Array.from({ length: 250 }, (_, i) =>
      parcel({ category: "log_item", eventId: "", body: Buffer.from(`{"body":"log ${i}","level":"info"}`) }),
    );

    await store.bury(letter({ parcels: [parcel(), parcel(), parcel()], outcome: "expired", status: undefined }));
    await store.bury(letter({ parcels: logs }));

    assert.equal(store.count, 6);
    const counts = names(directory, ".envelope").map((name) => {
      const [item] = parseEnvelopeStrictly(readFileSync(join(directory, name))).items;
      return item?.header["type"] === "log" ? Number(item.header["item_count"]) : 0;
    });
    assert.deepEqual(
      counts.toSorted((a, b) => a - b),
      [0, 0, 0, 50, 100, 100],
    );
    const titles = names(directory, ".json").map(
      (name) => (JSON.parse(readFileSync(join(directory, name), "utf8")) as { title: string }).title,
    );
    assert.ok(titles.includes("log 200 (and 49 more)"), String(titles));
  });

  it("gives letters of one moment and one event different names", async (t) => {
    const { store, directory } = await started(t);
    const same = parcel({ eventId: "a".repeat(32) });

    await Promise.all([store.bury(letter({ parcels: [same] })), store.bury(letter({ parcels: [same] }))]);

    assert.equal(names(directory, ".json").length, 2);
  });

  it("removes the oldest when there are too many bytes, and says so once", async (t) => {
    const { store, clock, directory, warnings } = await started(t, { maxBytes: 3 * LETTER_BYTES });
    for (let i = 0; i < 6; i += 1) {
      clock.advance(1_000);
      await store.bury(letter({ cause: `number ${i}` }));
    }

    const causes = names(directory, ".json").map(
      (name) => (JSON.parse(readFileSync(join(directory, name), "utf8")) as { cause: string }).cause,
    );
    assert.deepEqual(causes, ["number 3", "number 4", "number 5"]);
    assert.equal(names(directory, ".envelope").length, 3);
    assert.equal(store.count, 3);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /removed the 1 oldest to make room \(dead_letters\.max_bytes is 24KiB\)/);
  });

  it("never takes more of the disk than allowed, whatever the sizes", async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(30_000), { maxLength: 30 }), async (sizes) => {
        const maxBytes = 65_536;
        const { store, clock, directory } = await started(t, { maxBytes });
        for (const size of sizes) {
          clock.advance(1);
          await store.bury(letter({ parcels: [parcel({ body: Buffer.alloc(size, "x") })] }));
          const bytes = readdirSync(directory).map((name) => Math.ceil(statSync(join(directory, name)).size / 4_096) * 4_096);
          assert.ok(bytes.reduce((sum, one) => sum + one, 0) <= maxBytes);
        }
        assert.equal(store.count, names(directory, ".json").length);
        assert.equal(store.lost, 0);
        await store.stop(AbortSignal.timeout(5_000));
      }),
      { numRuns: 10 },
    );
  });

  it("removes what has become too old", async (t) => {
    const { store, clock, directory, warnings } = await started(t, { maxAgeMs: HOUR });
    await store.bury(letter());
    clock.advance(HOUR / 2);
    await store.bury(letter());
    clock.advance(HOUR / 2 + 1);

    await until(() => store.count === 1 && warnings.length === 1);

    assert.equal(names(directory, ".envelope").length, 1);
    assert.match(warnings[0] ?? "", /removed 1 older than dead_letters\.max_age \(1h\)/);
  });

  it("does not keep what is larger than all that may be kept, but counts it", async (t) => {
    const { store, directory, warnings } = await started(t, { maxBytes: 4 * LETTER_BYTES });
    await store.bury(letter());

    await store.bury(letter({ parcels: [parcel({ body: Buffer.alloc(100_000, "x") })] }));

    assert.deepEqual([store.count, store.lost], [1, 1]);
    assert.equal(names(directory, ".json").length, 1);
    assert.match(warnings[0] ?? "", /could not be kept: it takes 104KiB, more than the 32KiB there may be/);
  });

  it("counts what an earlier process left, and follows what another one removes", async (t) => {
    const first = await started(t);
    await first.store.bury(letter({ parcels: [parcel(), parcel(), parcel()] }));

    const { store, clock } = storeIn(t, first.directory);
    await store.start();
    assert.equal(store.count, 3);
    const [id] = names(first.directory, ".json").map((name) => name.slice(0, -".json".length));
    rmSync(join(first.directory, `${id}.json`));
    rmSync(join(first.directory, `${id}.envelope`));
    assert.equal(store.count, 3, "the directory is not read for every question");
    clock.advance(5_000);

    await until(() => store.count === 2);
  });

  it("starts beside anything, removes only what it wrote, and counts only whole letters", async (t) => {
    const directory = join(folder(t), "dead-letters");
    mkdirSync(directory);
    const clock = new ManualClock(Date.now());
    const id = (short: string): string => join(directory, letterId(clock.nowMs(), short));
    writeFileSync(`${id("00000001")}.envelope`, "half");
    writeFileSync(`${id("00000002")}.json`, "half");
    writeFileSync(`${id("00000003")}.envelope.0badcafe.tmp`, "died over it");
    writeFileSync(`${id("00000004")}.envelope.0badcafe.tmp`, "being written");
    utimesSync(`${id("00000003")}.envelope.0badcafe.tmp`, 1_000, 1_000);
    mkdirSync(`${id("00000005")}.envelope`);
    writeFileSync(`${id("00000005")}.json`, "{}");
    symlinkSync("/etc/passwd", `${id("00000006")}.envelope`);
    symlinkSync("/dev/zero", `${id("00000006")}.json`);
    writeFileSync(join(directory, "notes.txt"), "mine");
    writeFileSync(join(directory, "..envelope"), "mine");
    writeFileSync(join(directory, "99999999T999999999Z-00000000.json"), "mine");
    const { store, warnings } = storeIn(t, directory, { clock, maxBytes: LETTER_BYTES });

    await store.start();
    assert.equal(store.count, 0);
    await store.bury(letter());

    assert.equal(store.count, 1);
    const left = readdirSync(directory);
    assert.ok(["notes.txt", "..envelope", "99999999T999999999Z-00000000.json"].every((name) => left.includes(name)));
    assert.ok(existsSync(`${id("00000004")}.envelope.0badcafe.tmp`));
    assert.ok(!existsSync(`${id("00000003")}.envelope.0badcafe.tmp`));
    assert.ok(!existsSync(`${id("00000001")}.envelope`), "a half takes room, so it goes like the rest");
    assert.ok(
      warnings.every((warning) => /to make room|cannot be removed: .*EISDIR/.test(warning)),
      String(warnings),
    );
  });

  it("makes the directory again when somebody has removed it", async (t) => {
    const { store, directory } = await started(t);
    rmSync(directory, { recursive: true });

    await store.bury(letter());

    assert.equal(names(directory, ".envelope").length, 1);
    assert.equal(store.lost, 0);
  });

  it("never rejects when the disk does not do as told: it says so once a minute, loss by itself, and counts", async (t) => {
    const path = join(folder(t), "file");
    writeFileSync(path, "a file where the directory should be");
    const { store, clock, warnings } = storeIn(t, join(path, "dead-letters"));

    await store.start();
    await store.bury(letter());
    await store.bury(letter());
    clock.advance(60_000);
    await store.bury(letter());

    assert.deepEqual([store.count, store.lost], [0, 3]);
    assert.equal(warnings.length, 3);
    assert.match(warnings[0] ?? "", /dead letters cannot be looked after: .*ENOTDIR/);
    for (const warning of warnings.slice(1)) assert.match(warning, /a dead letter could not be kept: .*ENOTDIR/);
  });
});

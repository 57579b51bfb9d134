// What a relay reads back from its own disk, after somebody else wrote to it.
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { createLogger } from "../../src/base/log.ts";
import type { LocalLane } from "../../src/lanes/local-lane.ts";
import { readKeptEnvelope } from "../../src/pipeline/dead-letters/kept-envelope.ts";
import { noteJson, parseNote } from "../../src/pipeline/dead-letters/note.ts";
import { TenantFile } from "../../src/pipeline/tenants/tenant-file.ts";
import { restoreTrails, saveTrails } from "../../src/pipeline/trail-file.ts";
import { decodeAcks, encodeAcks } from "../../src/queues/disk/ack-file.ts";
import { frameBytes, HEADER_BYTES, MARKER, parcelOf, writeFrame } from "../../src/queues/disk/frame.ts";
import { readWindow } from "../../src/queues/disk/window.ts";
import { envelopeToKeep } from "../../src/sentry/envelope.ts";
import { AcknowledgedFile } from "../../src/wire/acknowledged-file.ts";
import { CheckpointFile, newCheckpoint } from "../../src/wire/files/checkpoint-file.ts";
import { ManualClock } from "../support/clock.ts";
import { parcel } from "../support/parcels.ts";
import { batch, lanes, trailIn } from "../support/saved-trails.ts";
import { close, drain, open, sized, temporary } from "../queues/disk/support.ts";
import { eventProblems } from "../support/event-rules.ts";
import { JSON_MUTATIONS } from "./json-mutations.ts";
import { cooked, words, type Mutation, type Recipe } from "./mutation.ts";
import type { Random } from "./random.ts";
import type { Target } from "./target.ts";

const log = createLogger("silent");
const ID = "0123456789abcdef0123456789abcdef";

function store(
  name: string,
  share: number,
  recipe: Recipe,
  check: (input: Buffer, random: Random) => void | Promise<void>,
): Target {
  return { name: `store_${name}`, share, fresh: () => ({ make: (random) => cooked(recipe, random), check }) };
}

function frames(count: number): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => {
      const one = parcel({ body: Buffer.from(`{"event":${i},"extra":{}}`), category: i % 3 === 0 ? "log_item" : "error" });
      const bytes = Buffer.alloc(frameBytes(one));
      writeFrame(bytes, 0, i, one);
      return bytes;
    }),
  );
}

/** Makes the checksums of damaged frames right again, so that what is inside is believed. */
const mended: Mutation = (bytes, random) => {
  const made = Buffer.from(bytes);
  for (let at = made.indexOf(MARKER); at >= 0 && at + HEADER_BYTES <= made.length; at = made.indexOf(MARKER, at + 1)) {
    if (random.oneIn(4)) made.writeUInt32BE(random.pick([0, 1, 27, 28, 0xffff_ffff, 128 << 20, made.length]), at + 4);
    const end = Math.min(made.length, at + HEADER_BYTES + made.readUInt32BE(at + 4));
    made.writeUInt32BE(crc32(made.subarray(at + HEADER_BYTES, end)), at + 8);
    made.writeUInt32BE(crc32(made.subarray(at, at + 12)), at + 12);
  }
  return made;
};

/** Bytes that look like a marker, a length, a number at an edge. */
const DISK_WORDS = words([
  MARKER,
  ...["00000000", "ffffffff", "7fffffff", "0000001c", "7ff8000000000000", "ffefffffffffffff"].map((hex) =>
    Buffer.from(hex, "hex"),
  ),
]);

const windowed = store(
  "window",
  4,
  { corpus: [frames(1), frames(3), frames(9)], structure: [mended, mended, DISK_WORDS] },
  (input, random) => {
    const { frames: found, gaps, next, need } = readWindow(input, random.oneIn(2));
    assert.ok(next <= input.length && need >= 0);
    let covered = 0;
    const stretches = [
      ...found.map(({ offset, bytes }) => [offset, offset + bytes] as const),
      ...gaps.map(({ from, to }) => [from, to] as const),
    ];
    for (const [from, to] of stretches.toSorted(([a], [b]) => a - b)) {
      assert.equal(from, covered, "neither a frame nor a gap");
      assert.ok(to > from);
      covered = to;
    }
    assert.equal(covered, next);
    for (const frame of found) assert.ok(parcelOf(input, frame).body.length <= frame.bytes);
  },
);

const acks = encodeAcks(
  [0, 1, 2, 7].map((sequence) => ({ sequence, crc: sequence * 77 }) as Parameters<typeof encodeAcks>[0][number]),
);
const acked = store("acks", 4, { corpus: [acks], structure: [DISK_WORDS] }, (input) => {
  assert.ok(decodeAcks(input).size <= input.length / 12);
});

/** A store with a few segments, side files and all. */
async function template(): Promise<string> {
  const directory = temporary();
  for (let start = 0; start < 3; start += 1) {
    const opened = await open(directory);
    for (let i = 0; i < 4; i += 1)
      await opened.queue.push([sized(60), sized(10, { category: "log_item", eventId: "", records: 3 })]);
    const lease = opened.queue.lease({ upstream: "default", category: "error", count: 1, bytes: 1 << 20 });
    lease?.ack();
    await close(opened);
  }
  return directory;
}

async function queue(): Promise<Target> {
  const from = await template();
  const names = readdirSync(from).filter((name) => /\.(?:seg|idx|ack)$|^format$/.test(name));
  const contents = names.map((name) => readFileSync(join(from, name)));
  return {
    name: "store_queue",
    share: 4_000,
    fresh: () => ({
      make(random) {
        const chosen = random.below(names.length);
        const recipe = {
          corpus: [contents[chosen] ?? Buffer.alloc(0)],
          structure: [mended, mended, DISK_WORDS, ...JSON_MUTATIONS],
        };
        return Buffer.concat([Buffer.of(chosen), cooked(recipe, random)]);
      },
      async check(input) {
        const directory = temporary();
        try {
          cpSync(from, directory, { recursive: true });
          // A format of a later version is refused on purpose.
          const name = names[(input[0] ?? 0) % names.length] ?? "";
          if (name !== "format" || !/crumbtrail-queue \d/.test(input.toString("latin1")))
            writeFileSync(join(directory, name), input.subarray(1));
          const opened = await open(directory);
          const { parcels, records } = opened.queue.stats();
          assert.ok(
            Number.isFinite(records) && parcels <= 24 + input.length / HEADER_BYTES,
            `${parcels} parcels, ${records} records`,
          );
          // Those of upstreams that nobody knows stay where they are.
          await drain(opened);
          assert.equal(await opened.queue.push([sized(10)]), true);
          await close(opened);
        } finally {
          rmSync(directory, { recursive: true, force: true });
        }
      },
    }),
  };
}

const checkpoints = JSON.stringify({
  patterns: '["/var/log/*.log"]',
  files: [1, 2, 3].map((i) =>
    newCheckpoint({ path: `/var/log/${i}.log`, target: `/var/log/${i}.log`, id: `2049:${i}`, generation: i, offset: 10 * i }),
  ),
});
/** A line of its own with the checksum, which is right most of the time. */
function summed(json: Buffer, random: Random): Buffer {
  const crc = crc32(json).toString(16).padStart(8, "0");
  return random.oneIn(8)
    ? json
    : Buffer.concat([Buffer.from(`crumbtrail-files 1 ${crc} ${json.length}\n`), json, Buffer.from("\n")]);
}

function inFile(
  name: string,
  recipe: Recipe,
  dress: (bytes: Buffer, random: Random) => Buffer,
  check: (folder: string) => Promise<void>,
): Target {
  const folder = temporary();
  return {
    name: `store_${name}`,
    share: 400,
    fresh: () => ({
      make: (random) => dress(cooked(recipe, random), random),
      async check(input) {
        writeFileSync(join(folder, "file"), input);
        await check(folder);
        for (const left of readdirSync(folder)) rmSync(join(folder, left), { recursive: true, force: true });
      },
    }),
  };
}

const asItIs = (bytes: Buffer): Buffer => bytes;

const checkpointFile = inFile(
  "checkpoints",
  { corpus: [Buffer.from(checkpoints)], structure: JSON_MUTATIONS },
  summed,
  async (folder) => {
    const file = new CheckpointFile({ path: join(folder, "file"), trouble: () => {}, damaged: () => {} });
    for (const { path, offset, generation } of (await file.load())?.files ?? []) {
      assert.ok(typeof path === "string" && Number.isSafeInteger(offset) && Number.isSafeInteger(generation));
    }
  },
);

const tenants = Buffer.from(
  JSON.stringify({ version: 1, tenants: [{ dsn: "https://k@sentry.example/1", wished_ms: 1_767_323_045_000 }] }),
);
const tenantFile = inFile("tenants", { corpus: [tenants], structure: JSON_MUTATIONS }, asItIs, async (folder) => {
  for (const { dsn, wishedMs } of await new TenantFile(join(folder, "file"), log).load())
    assert.ok(typeof dsn === "string" && Number.isFinite(wishedMs));
});

const known = Buffer.concat([
  Buffer.from("crumbtrail-ack-1"),
  ...[1, 2, 3].map((i) => {
    const bytes = Buffer.alloc(16, i);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12);
    return bytes;
  }),
]);
const acknowledged = inFile("acknowledged", { corpus: [known], structure: [DISK_WORDS] }, asItIs, async (folder) => {
  const file = new AcknowledgedFile({
    path: join(folder, "file"),
    capacity: 100,
    clock: new ManualClock(),
    trouble: (text) => assert.fail(text),
  });
  assert.ok(file.open().length <= 100);
  file.append([{ key: "12345678", times: 1 }]);
  file.close();
});

/** Trails of two lanes, as a stop saves them. */
async function trails(): Promise<Target> {
  const folder = temporary();
  const [one, two] = lanes(2) as [LocalLane, LocalLane];
  for (const [i, lane] of [one, two].entries())
    for (let step = 0; step < 6; step += 1) lane.run(batch(`quiet ${step}`, 6, "abc"[(i + step) % 3] ?? "a"), 0);
  await saveTrails({ lanes: [one, two], dataDir: folder, maxBytes: 1 << 20, log }, new AbortController().signal);
  const saved = readFileSync(join(folder, "trails.jsonl"));
  const summed: Mutation = (bytes) => {
    const end = bytes.lastIndexOf('{"crc32"');
    const content = end < 0 ? bytes : bytes.subarray(0, end);
    return Buffer.concat([content, Buffer.from(`{"crc32":"${crc32(content).toString(16).padStart(8, "0")}"}\n`)]);
  };
  const structure = [
    ...JSON_MUTATIONS,
    words(['{"trail":"host web1"}\n', '{"seq":1}\n', '"seq":-1', "1e999", "\n", "\0", '{"lane":1,"bytes":99999999}\n'], "\n,:"),
  ];
  return inFile(
    "trails",
    { corpus: [saved], structure },
    (bytes, random) => (random.oneIn(5) ? bytes : lengths(summed(bytes, random, () => bytes))),
    async (place) => {
      cpSync(join(place, "file"), join(place, "trails.jsonl"));
      const [lane] = lanes(1) as [LocalLane];
      await restoreTrails({ lanes: [lane], dataDir: place, maxBytes: 1 << 20, log });
      assert.ok(lane.stats().trailBytes <= 64 << 20);
      trailIn(lane, "a");
      const { parcels } = lane.run(batch("boom", 3, "b"), 1);
      for (const { body } of parcels) {
        const problems = eventProblems(JSON.parse(Buffer.from(body).toString("utf8")));
        // What a breadcrumb says is believed to whoever may write into the data directory.
        assert.deepEqual(
          problems.filter((problem) => !problem.startsWith("breadcrumb")),
          [],
        );
      }
    },
  );
}

/** Pieces whose lengths are right again, and a checksum to match. */
function lengths(bytes: Buffer): Buffer {
  const text = bytes.toString("latin1").replace(/\{"crc32":"[0-9a-f]*"\}\n?$/, "");
  const [header = "", ...parts] = text.split(/(?<=\n)(?=\{"lane":)/);
  const right = parts.map((part) => {
    const line = part.indexOf("\n") + 1;
    const lane = /^\{"lane":(\d+)/.exec(part)?.[1] ?? "0";
    return `{"lane":${lane},"bytes":${part.length - line}}\n${part.slice(line)}`;
  });
  const content = Buffer.from([header, ...right].join(""), "latin1");
  return Buffer.concat([content, Buffer.from(`{"crc32":"${crc32(content).toString(16).padStart(8, "0")}"}\n`)]);
}

const note = Buffer.from(
  noteJson(
    {
      upstream: "default",
      reason: "rejected",
      cause: "HTTP 400",
      status: 400,
      category: "error",
      eventId: ID,
      items: 1,
      records: 2,
      bornMs: 7,
      title: "t",
      level: "error",
      attempts: 1,
    },
    9,
  ),
);
const kept = [
  envelopeToKeep({ kind: "event", parcels: [parcel({ eventId: ID })] }, "0.1.0"),
  envelopeToKeep(
    { kind: "logs", parcels: [parcel({ category: "log_item", eventId: "" }), parcel({ category: "log_item", eventId: "" })] },
    "0.1.0",
  ),
].map((bytes) => Buffer.from(bytes));
const letters = store(
  "letters",
  4,
  {
    corpus: [note, ...kept],
    structure: [...JSON_MUTATIONS, words(['"length":', "999999999", "\n", '{"items":[', "]}"], ",:\n")],
  },
  (input) => {
    const parsed = parseNote(input);
    assert.ok(parsed === undefined || (parsed.upstream !== "" && parsed.title.length <= 200));
    const read = readKeptEnvelope(input, { upstream: "u", input: "i", bornMs: 1 });
    if (typeof read === "string") return;
    assert.ok(read.parcels.length >= 1 && read.parcels.length <= 1_000);
    for (const { body } of read.parcels) assert.ok(body.length <= input.length);
  },
);

export async function storeTargets(): Promise<readonly Target[]> {
  return [windowed, acked, await queue(), checkpointFile, tenantFile, acknowledged, await trails(), letters];
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Codec } from "../../src/component/codec.ts";
import type { Lane, Yield } from "../../src/lanes/lane.ts";
import { LocalLane } from "../../src/lanes/local-lane.ts";
import type { LaneSettings } from "../../src/lanes/settings.ts";
import { scrub } from "../../src/processors/scrub.ts";
import { packFrames, type Batch } from "../../src/record/batch.ts";
import { codecs } from "../../src/registry.ts";
import { ManualClock } from "../support/clock.ts";
import { laneSettingsFor } from "../support/lane-settings.ts";
import { processorHost } from "../support/processing.ts";
import { provenance } from "../support/provenance.ts";

interface Given {
  readonly clock: ManualClock;
  readonly glance?: boolean;
  readonly settings?: Partial<LaneSettings>;
  readonly known?: ReadonlyMap<string, Codec>;
}

function laneOf({ clock, glance = true, settings = {}, known = codecs }: Given): LocalLane {
  const processors = [scrub.create(scrub.config.parse({}), processorHost())];
  return new LocalLane({ settings: laneSettingsFor(settings), codecs: known, processors, clock, glance });
}

function batchOf(clock: ManualClock, records: readonly object[], codec = "gelf"): Batch {
  const frames = packFrames(records.map((record) => Buffer.from(JSON.stringify({ host: "web1", ...record }))));
  return { codec, from: provenance({ receivedMs: clock.nowMs() }), frames, position: undefined };
}

async function move(from: Lane, to: Lane): Promise<string> {
  const pieces: Buffer[] = [];
  for (let bytes = await from.save(); bytes !== undefined; bytes = await from.save()) {
    pieces.push(Buffer.from(bytes));
    await to.restore({ lane: 0, lanes: 1, bytes });
  }
  await to.restore(undefined);
  return Buffer.concat(pieces).toString();
}

/** The breadcrumbs of each event. */
function trailsOf({ parcels }: Yield): readonly unknown[] {
  return parcels.map(({ body }) => (JSON.parse(Buffer.from(body).toString("utf8")) as { breadcrumbs: unknown }).breadcrumbs);
}

const quiet = fc.record(
  {
    host: fc.constantFrom("web1", "web2"),
    short_message: fc.constantFrom(
      "step",
      "login password=hunter2 done",
      "größer ☃ 😀",
      "line\nline",
      "Bearer abcdef0123456789 used",
    ),
    level: fc.constantFrom(6, 7, 4),
    timestamp: fc.constantFrom(1_787_313_599.5, 1_787_313_599.25, 1_787_313_600),
    _trace_id: fc.constantFrom("a".repeat(32), "b".repeat(32)),
    _request_id: fc.constantFrom("r1", "r2"),
    _n: fc.integer(),
  },
  { requiredKeys: ["short_message", "level"] },
);
const loud = fc.constant({ short_message: "boom", level: 3, _trace_id: "a".repeat(32) });
const batches = fc.array(
  fc.record({
    pauseMs: fc.constantFrom(0, 1, 40_000),
    records: fc.array(fc.oneof({ weight: 8, arbitrary: quiet }, { weight: 1, arbitrary: loud }), { minLength: 1, maxLength: 8 }),
  }),
  { maxLength: 8 },
);
/** An error for each combination of keys. */
const PROBES = ["web1", "web2", "db1"].flatMap((host) =>
  ["a", "b", "c"].flatMap((trace) =>
    ["r1", "r2"].map((request) => ({
      host,
      short_message: "probe",
      level: 3,
      _trace_id: trace.repeat(32),
      _request_id: request,
    })),
  ),
);

describe("a lane's saved trails", () => {
  for (const glance of [true, false]) {
    it(`give ${glance ? "frames kept as bytes" : "decoded records"} to events as if there had been no restart`, async () => {
      const settings = { trail: { ...laneSettingsFor().trail, size: 6, maxAgeMs: 60_000, maxKeys: 4 } };
      await fc.assert(
        fc.asyncProperty(batches, batches, async (before, after) => {
          const clock = new ManualClock(Date.UTC(2026, 7, 21, 12));
          const never = laneOf({ clock, glance, settings });
          for (const { pauseMs, records } of before) {
            clock.advance(pauseMs);
            never.run(batchOf(clock, records), 0);
          }
          const fresh = laneOf({ clock, glance, settings });
          const saved = await move(never, fresh);

          assert.doesNotMatch(saved, /hunter2|abcdef0123456789/);
          const probe = (): void =>
            assert.deepEqual(trailsOf(fresh.run(batchOf(clock, PROBES), 1)), trailsOf(never.run(batchOf(clock, PROBES), 1)));
          probe();
          for (const { pauseMs, records } of after) {
            clock.advance(pauseMs);
            assert.deepEqual(trailsOf(fresh.run(batchOf(clock, records), 2)), trailsOf(never.run(batchOf(clock, records), 2)));
          }
          probe();
        }),
        { numRuns: 60 },
      );
    });
  }

  it("hold no frame and no secret, neither in breadcrumbs nor in keys", async () => {
    const clock = new ManualClock();
    const settings = { trail: { ...laneSettingsFor().trail, keys: ["session_id", "stream"] } };
    const lane = laneOf({ clock, settings });
    lane.run(batchOf(clock, [{ short_message: "login password=hunter2", level: 6, _session_id: "deadbeef99" }]), 0);

    const fresh = laneOf({ clock, settings });
    const saved = await move(lane, fresh);

    assert.doesNotMatch(saved, /hunter2|deadbeef99|short_message/);
    assert.match(saved, /login password=\[Filtered\]/);
    assert.equal(fresh.stats().trailKeys, 1);
  });

  it("come in pieces, and are nothing where there are none", async () => {
    const clock = new ManualClock();
    const lane = laneOf({ clock });
    const records = Array.from({ length: 4_000 }, (_, i) => ({
      short_message: `${i} ${"x".repeat(200)}`,
      level: 6,
      _request_id: `r${i % 50}`,
    }));
    lane.run(batchOf(clock, records), 0);

    let count = 0;
    while (lane.save() !== undefined) count += 1;

    assert.ok(count >= 4, `${count} pieces`);
    assert.equal(laneOf({ clock }).save(), undefined);
  });

  it("lose the text of a record whose rendering fails, and nothing else", async () => {
    const clock = new ManualClock();
    const gelf = codecs.get("gelf") as Codec;
    let broken = false;
    const odd: Codec = {
      ...gelf,
      decode: (...frame) => {
        if (broken && frame[0].toString("utf8", frame[1], frame[2]).includes("odd")) throw new Error("a bug");
        return gelf.decode(...frame);
      },
    };
    const lane = laneOf({ clock, known: new Map([["gelf", odd]]) });
    lane.run(
      batchOf(
        clock,
        ["one", "odd", "three"].map((short_message) => ({ short_message, level: 6 })),
      ),
      0,
    );
    broken = true;

    const saved = await move(lane, laneOf({ clock }));

    assert.match(saved, /"three"[^]*unreadable[^]*"one"/);
  });
});

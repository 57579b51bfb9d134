import assert from "node:assert/strict";
import { LocalLane } from "../../src/lanes/local-lane.ts";
import type { Yield } from "../../src/lanes/lane.ts";
import { laneSettings } from "../../src/lanes/lanes.ts";
import type { Batch } from "../../src/record/batch.ts";
import type { Provenance } from "../../src/record/provenance.ts";
import { ManualClock } from "../support/clock.ts";
import { defaultConfig, defaultProcessors } from "../support/default-lane.ts";
import { eventProblems, logProblems } from "../support/event-rules.ts";
import { laneSettingsFor } from "../support/lane-settings.ts";
import { provenance } from "../support/provenance.ts";
import { codecCases, type CodecCase } from "./codec-targets.ts";
import { cooked } from "./mutation.ts";
import type { Random } from "./random.ts";
import { checkSame, type Subject, type Target } from "./target.ts";
import { asPackets, packetsOf } from "./wire-mutations.ts";

const NOON_MS = Date.UTC(2026, 10, 20, 12);
const MAX_FRAMES = 10;

type Json = Readonly<Record<string, unknown>>;

/** The whole way of a record through a lane, with the books that the relay would keep. */
class Books {
  readonly lane: LocalLane;
  #received = 0;
  #left = 0;

  constructor(lane: LocalLane) {
    this.lane = lane;
  }

  /** Checks what a lane made of a batch, or of time passing; what must not depend on the fast path. */
  take(result: Yield): unknown {
    this.#received += result.records;
    for (const records of result.settled.values()) this.#left += records;
    for (const { records } of result.parcels) this.#left += records;
    const { held } = this.lane.stats();
    assert.ok(held <= 100_000 && held >= 0, `${held} records wait for the rest of a trace`);
    assert.equal(this.#received, this.#left + held, "received = settled + in parcels + held");
    for (const { cause, message } of result.remarks) assert.notEqual(cause, "bug", message);
    const { records, malformed, settled } = result;
    return {
      records,
      malformed,
      held: result.held,
      settled: [...settled].filter(([, count]) => count > 0).sort(),
      parcels: result.parcels.map(({ body, category, records: settles, upstream }) => ({
        settles,
        upstream,
        ...visible(body, category),
      })),
    };
  }
}

/** An event or a log without what is made up for it. */
function visible(body: Uint8Array, category: string): Json {
  const text = Buffer.from(body).toString("utf8");
  assert.ok(Buffer.from(text).equals(body), "a parcel that is no UTF-8");
  const parsed = JSON.parse(text) as Json;
  const problems = category === "error" ? eventProblems(parsed) : logProblems(parsed);
  assert.equal(problems.join(), "", `${problems.join()} in ${text.slice(0, 2_000)}`);
  assert.ok(!text.includes('"(unreadable)"'), "a breadcrumb could not be read");
  const { event_id: _id, contexts, span_id: _span, ...event } = parsed;
  // A span id, and where there is none a trace id, is derived from the event id where the record names none.
  const trace = category === "error" ? (contexts as { trace?: { trace_id?: string } } | undefined)?.trace?.trace_id : undefined;
  return { ...event, trace };
}

/** One lane as it runs by default, and one without its fast paths: what they say must be the same. */
function pair(cases: readonly CodecCase[], makeLane: (glance: boolean, clock: ManualClock) => LocalLane): Subject {
  const clock = new ManualClock(NOON_MS);
  const [quick, slow] = [new Books(makeLane(true, clock)), new Books(makeLane(false, clock))];
  let batches = 0;
  return {
    make(random) {
      const chosen = random.below(cases.length);
      const { recipe } = cases[chosen] as CodecCase;
      const frames = Array.from({ length: random.length(MAX_FRAMES) }, () => cooked(recipe, random).subarray(0, 20_000));
      return Buffer.concat([Buffer.of(chosen), asPackets(frames)]);
    },
    check(input, random) {
      const { codec } = cases[(input[0] ?? 0) % cases.length] as CodecCase;
      const frames = packetsOf(input.subarray(1));
      const bounds: number[] = [];
      let at = 0;
      for (const frame of frames) {
        bounds.push(at, at + frame.length);
        at += frame.length;
      }
      const batch: Batch = {
        codec: codec.name,
        from: sender(random, clock),
        frames: { bytes: Buffer.concat(frames), bounds },
        position: undefined,
      };
      batches += 1;
      const both = [quick, slow].map((books) => books.take(books.lane.run(batch, batches)));
      checkSame(both[0], both[1], "the fast path makes a difference");
      if (random.oneIn(3)) clock.advance(random.below(500));
      const final = random.oneIn(100);
      const ticked = [quick, slow].map((books) => books.take(books.lane.tick(final)));
      checkSame(ticked[0], ticked[1], "the fast path makes a difference to what waits");
    },
  };
}

function sender(random: Random, clock: ManualClock): Provenance {
  const own = random.oneIn(6)
    ? new Map([[random.pick(["trace_id", "request_id", "service"]), random.pick(["a".repeat(32), "x", ""])]])
    : undefined;
  return provenance({
    peer: random.pick(["10.0.0.1", "10.0.0.2", "2001:db8::1", ""]),
    tag: random.pick(["", "", "app.web"]),
    receivedMs: clock.wallMs,
    metadata: own,
  });
}

/** The codecs of a lane by names of their own, since several say "syslog". */
function named(cases: readonly CodecCase[]): readonly CodecCase[] {
  return cases.map((one) => ({ ...one, codec: { ...one.codec, name: one.name } }));
}

export async function laneTargets(): Promise<readonly Target[]> {
  const cases = named(await codecCases());
  const codecs = new Map(cases.map(({ codec }) => [codec.name, codec]));
  const settings = laneSettings(defaultConfig().config, "0.0.0");
  const usual = (glance: boolean, clock: ManualClock): LocalLane =>
    new LocalLane({ settings, codecs, processors: defaultProcessors(clock), clock, glance });
  // Bounds so small that trails and joins are always at them; not in bytes, which the fast path spends on other things.
  const trail = { size: 5, maxAgeMs: 400, maxKeys: 20, maxBytes: 64 << 20, keys: ["trace_id", "request_id", "stream"] };
  const tight = laneSettingsFor({ trail, join: { maxLines: 5, maxBytes: 2_000, waitMs: 300 } });
  const narrow = (glance: boolean, clock: ManualClock): LocalLane =>
    new LocalLane({ settings: tight, codecs, processors: [], clock, glance });
  const logging = laneSettingsFor({ log: 1 });
  const logs = (_glance: boolean, clock: ManualClock): LocalLane =>
    new LocalLane({ settings: logging, codecs, processors: defaultProcessors(clock), clock });
  return [
    { name: "lane_default", share: 8, fresh: () => pair(cases, usual) },
    { name: "lane_tight", share: 8, fresh: () => pair(cases, narrow) },
    { name: "lane_logs", share: 8, fresh: () => pair(cases, logs) },
  ];
}

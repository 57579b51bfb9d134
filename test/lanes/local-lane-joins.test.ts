import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Yield } from "../../src/lanes/lane.ts";
import { LocalLane } from "../../src/lanes/local-lane.ts";
import { packFrames, type Batch } from "../../src/record/batch.ts";
import { codecs } from "../../src/registry.ts";
import { ManualClock } from "../support/clock.ts";
import type { ExceptionValue } from "../../src/record/exception.ts";
import { Severity } from "../../src/record/severity.ts";
import { levelOfLine } from "../../src/text/line-level.ts";
import { parseTrace } from "../../src/text/trace.ts";
import { array, eventTime } from "../support/forward-bytes.ts";
import { interleaved, TRACES, type Step } from "../support/golden-streams.ts";
import { laneSettingsFor } from "../support/lane-settings.ts";
import { PLAIN, STAMPED } from "../text/ordinary-lines.ts";

const START = Date.UTC(2026, 10, 20, 10, 47, 40);

/** How a program's lines reach the relay. */
interface Way {
  readonly codec: string;
  /** The frame of a line; undefined where the sender has none for it. */
  frame(line: string, stream: number): Buffer | undefined;
  readonly ownInput?: true;
}

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const WAYS: { readonly [name: string]: Way } = {
  "standard error through Docker's GELF driver": {
    codec: "gelf",
    frame: (line, stream) =>
      line === ""
        ? undefined
        : json({
            version: "1.1",
            host: "web1",
            short_message: line,
            level: 3,
            _container_id: `c${stream}`,
            _container_name: `shop${stream}`,
            _image_id: "sha256:1",
          }),
  },
  "standard output through Docker's GELF driver": {
    codec: "gelf",
    frame: (line, stream) =>
      json({ version: "1.1", host: "web1", short_message: line, level: 6, _container_id: `c${stream}`, _image_id: "sha256:1" }),
  },
  "Docker's JSON lines": {
    codec: "json",
    ownInput: true,
    frame: (line) => json({ log: `${line}\n`, stream: "stderr", time: "2026-11-20T10:47:40.418Z" }),
  },
  "a file, or standard input": { codec: "auto", ownInput: true, frame: (line) => Buffer.from(line) },
  "syslog with its lead before every line": {
    codec: "text",
    ownInput: true,
    frame: (line, stream) => Buffer.from(`<11>Nov 20 10:47:40 web1 shop${stream}[81]: ${line}`),
  },
  "Fluentd's forward protocol": {
    codec: "forward",
    frame: (line, stream) => array(eventTime(START / 1_000), { log: line, container_name: `shop${stream}`, stream: "stderr" }),
  },
};

/** As in join.test.ts: what no rule can tell from two records. */
const APART = /\/(?:python-1|python-11|ruby-4|go-7|go-19|perl-2)$/;
const SHORT = TRACES.filter(({ lines }) => lines.length <= 60);

/** A lane with the books of whoever feeds it: what came in, what left, what each batch still waits for. */
class Bench {
  readonly clock = new ManualClock(START);
  readonly events: { readonly stream: string; readonly event: object }[] = [];
  readonly #lane: LocalLane;
  readonly #waiting = new Map<number, number>();
  readonly #way: Way;
  #received = 0;
  #settled = 0;
  #batches = 0;

  constructor(way: Way, glance = true) {
    this.#way = way;
    this.#lane = new LocalLane({ settings: laneSettingsFor(), codecs, processors: [], clock: this.clock, glance });
  }

  run(steps: readonly Step[]): void {
    const { codec, frame, ownInput } = this.#way;
    // A batch has one input.
    const [stream = 0] = steps[0] ?? [];
    const mine = ownInput === true ? steps.filter(([other]) => other === stream) : steps;
    const frames = mine.map(([of, line]) => frame(line, of)).filter((bytes) => bytes !== undefined);
    const from = {
      input: ownInput === true ? `in${stream}` : "edge",
      peer: "10.0.0.1",
      receivedMs: START,
      tag: "",
      labels: undefined,
      metadata: undefined,
    };
    const batch: Batch = { codec, from, frames: packFrames(frames), position: undefined };
    const id = (this.#batches += 1);
    this.#book(this.#lane.run(batch, id), id);
    if (mine.length < steps.length) this.run(steps.filter(([other]) => other !== stream));
  }

  tick(final: boolean): void {
    this.#book(this.#lane.tick(final), -1);
  }

  /** Whether every batch has been released, and every record has left. */
  finish(): void {
    this.tick(true);
    assert.deepEqual([...this.#waiting.values()], []);
    assert.equal(this.#received, this.#settled);
  }

  #book(result: Yield, id: number): void {
    let left = 0;
    for (const count of result.settled.values()) left += count;
    for (const { records, body, category } of result.parcels) {
      left += records;
      if (category === "error") this.events.push(visible(body));
    }
    this.#received += result.records;
    this.#settled += left;
    const { held } = this.#lane.stats();
    assert.equal(this.#received, this.#settled + held);
    if (result.held > 0) this.#waiting.set(id, result.held);
    let released = 0;
    for (const { batch, records } of result.releases) {
      released += records;
      const still = (this.#waiting.get(batch) ?? 0) - records;
      assert.ok(still >= 0, "no batch is released twice");
      if (still === 0) this.#waiting.delete(batch);
      else this.#waiting.set(batch, still);
    }
    // What is released is in the same yield, in a parcel or settled.
    assert.equal(released + result.records - result.held, left);
    assert.equal(
      held,
      [...this.#waiting.values()].reduce((sum, records) => sum + records, 0),
    );
  }
}

/** An event without what is made up for it. */
function visible(body: Uint8Array): { stream: string; event: object } {
  const {
    event_id: _id,
    contexts: _contexts,
    breadcrumbs: _crumbs,
    ...event
  } = JSON.parse(Buffer.from(body).toString("utf8")) as Record<string, unknown>;
  const { extra, tags } = event as { extra?: Record<string, unknown>; tags?: Record<string, unknown> };
  const named = { ...extra, ...tags };
  return { stream: JSON.stringify([named["container_id"], named["container_name"], named["input"]]), event };
}

/** Cuts steps into batches. */
function cut(steps: readonly Step[], sizes: Iterator<number>): Step[][] {
  const batches: Step[][] = [];
  for (let at = 0; at < steps.length;) {
    const size = sizes.next().value as number;
    batches.push(steps.slice(at, at + size));
    at += size;
  }
  return batches;
}

describe("traces that reach a lane line by line", () => {
  for (const [name, way] of Object.entries(WAYS)) {
    it(`become the same events as each stream alone, by ${name}, however streams interleave and batches are cut`, () => {
      fc.assert(
        fc.property(
          interleaved([...PLAIN, ...STAMPED]),
          fc.infiniteStream(fc.integer({ min: 1, max: 12 })),
          fc.infiniteStream(fc.nat(2)),
          ({ streams, steps }, sizes, pauses) => {
            const together = new Bench(way);
            let left = 299;
            for (const batch of cut(steps, sizes)) {
              together.run(batch);
              const pause = Math.min(left, pauses.next().value as number);
              left -= pause;
              together.clock.advance(pause);
              together.tick(false);
            }
            together.finish();

            const alone = streams.flatMap((lines, stream) => {
              const bench = new Bench(way, false);
              bench.run(lines.map((line): Step => [stream, line]));
              bench.finish();
              return bench.events;
            });
            assert.deepEqual(sorted(together.events), sorted(alone));
          },
        ),
        { numRuns: 60 },
      );
    });

    it(`are one event each, with what was raised, by ${name}`, () => {
      for (const { lines, name: trace } of SHORT.filter(({ name: one }) =>
        /\/(?:java-1|python-2|node-1|go-1|php-1)$/.test(one),
      )) {
        const bench = new Bench(way);
        for (const line of lines) bench.run([[0, line]]);
        bench.finish();

        const whole = parseTrace(lines.join("\n"));
        const raised = bench.events.map(({ event }) => (event as { exception?: { values: ExceptionValue[] } }).exception?.values);
        assert.equal(raised.length, 1, `${trace}: ${JSON.stringify(bench.events)}`);
        assert.deepEqual(
          raised[0]?.map(({ type, value }) => [type, value]),
          whole?.trace.values.map(({ type, value }) => [type, value]),
          trace,
        );
      }
    });
  }
});

describe("every real trace", () => {
  for (const name of ["standard error through Docker's GELF driver", "syslog with its lead before every line"]) {
    it(`is one event by ${name}, unless its first line says that it is a warning`, () => {
      const way = WAYS[name];
      assert.ok(way !== undefined);
      for (const { name: trace, lines } of TRACES.filter((one) => !APART.test(one.name))) {
        const bench = new Bench(way);
        bench.run(lines.map((line): Step => [0, line]));
        bench.finish();

        const quiet = way.codec === "gelf" && (levelOfLine(lines[0] ?? "") ?? Severity.error) < Severity.error;
        if (!quiet) assert.equal(bench.events.length, 1, trace);
      }
    });
  }
});

function sorted(events: readonly object[]): string[] {
  return events.map((event) => JSON.stringify(event)).sort();
}

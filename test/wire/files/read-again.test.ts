// What a crash repeats must be what it was: the same traces joined, under the same event ids.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LocalLane } from "../../../src/lanes/local-lane.ts";
import type { Yield } from "../../../src/lanes/lane.ts";
import { cutLines } from "../../../src/wire/files/lines.ts";
import { Progress } from "../../../src/wire/files/progress.ts";
import { codecs } from "../../../src/registry.ts";
import { ManualClock } from "../../support/clock.ts";
import { laneSettingsFor } from "../../support/lane-settings.ts";

const TRACE = [
  "ERROR could not charge: java.lang.IllegalStateException: no card",
  "\tat shop.Cart.charge(Cart.java:12)",
  "\tat shop.Cart.pay(Cart.java:44)",
  "Caused by: java.io.IOException: gone",
  "\tat shop.Net.send(Net.java:7)",
  "\t... 2 more",
];
const block = fc.oneof(
  fc.constant(["INFO served /cart"]),
  fc.constant(["ERROR disk full"]),
  fc.integer({ min: 2, max: TRACE.length }).map((lines) => TRACE.slice(0, lines)),
  fc.constant(["Traceback (most recent call last):", '  File "a.py", line 1, in f', "    g()", "ValueError: no"]),
  fc.constant(['{"level":"error","message":"boom"}']),
  fc.constant(['{"level":"info","message":"ok"}']),
);

/** A lane whose releases resolve what it held, as the intake does it. */
class Life {
  readonly ids = new Set<string>();
  readonly #lane = new LocalLane({
    settings: laneSettingsFor(),
    codecs,
    processors: [],
    clock: new ManualClock(),
  });
  readonly #held = new Map<number, { records: number; release: () => void }>();
  readonly progress: Progress;
  #batches = 0;

  constructor(offset: number) {
    this.progress = new Progress(offset);
  }

  take(text: Buffer, offset: number, end: number): number {
    const cut = cutLines({ bytes: text.subarray(offset, end), end: end - offset, offset }, 1 << 20);
    if (cut.places.length === 0) return offset + cut.rest;
    const id = (this.#batches += 1);
    const from = { input: "app", peer: "", receivedMs: 0, tag: "a.log", labels: undefined, metadata: undefined };
    const step = this.progress.begin(offset + cut.rest);
    const result = this.#lane.run(
      { codec: "auto", from, frames: { bytes: cut.bytes, bounds: cut.bounds }, position: "1:2:3", places: cut.places },
      id,
    );
    const held =
      result.held === 0 ? undefined : new Promise<void>((release) => this.#held.set(id, { records: result.held, release }));
    this.#settle(result);
    this.progress.received(step, result.waitsFrom ?? (held === undefined ? offset + cut.rest : offset), held);
    return offset + cut.rest;
  }

  end(): void {
    this.#settle(this.#lane.tick(true));
  }

  #settle(result: Yield): void {
    for (const { eventId } of result.parcels) this.ids.add(eventId);
    for (const { batch, records } of result.releases) {
      const held = this.#held.get(batch);
      if (held !== undefined && (held.records -= records) === 0) held.release();
    }
  }
}

describe("a file that is read again after a crash", () => {
  it("gives the events that it gave or would have given, and no others", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(6), { maxLength: 4 }),
        async (blocks, sizes, crashes) => {
          const text = Buffer.from(
            blocks
              .flat()
              .map((line) => `${line}\n`)
              .join(""),
          );
          const whole = new Life(0);
          whole.take(text, 0, text.length);
          whole.end();

          const seen = new Set<string>();
          let life = new Life(0);
          let offset = 0;
          let reads = 0;
          for (let end = 0; end < text.length;) {
            end = Math.min(text.length, end + (sizes[reads % sizes.length] ?? 1));
            offset = life.take(text, offset, end);
            reads += 1;
            await new Promise((resolve) => setImmediate(resolve));
            const due = crashes.indexOf(reads);
            if (due < 0) continue;
            // What was in the queue survives, what waited for its trace does not.
            for (const id of life.ids) seen.add(id);
            offset = life.progress.committed;
            end = offset;
            life = new Life(offset);
          }
          life.end();
          for (const id of life.ids) seen.add(id);
          assert.deepEqual([...seen].toSorted(), [...whole.ids].toSorted());
        },
      ),
      { numRuns: 200 },
    );
  });
});

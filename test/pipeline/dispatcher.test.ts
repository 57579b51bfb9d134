import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Delivery } from "../../src/component/delivery.ts";
import { dispatchingTo, note } from "../support/dispatching.ts";
import { DELIVERED, GONE, limited, REFUSED_DSN, rejected, ScriptedUpstream } from "../support/scripted-upstream.ts";

const REASONS: Readonly<Record<string, string>> = {
  rejected: "send_error",
  expired: "cache_overflow",
  rate_limited: "ratelimit_backoff",
  network_error: "network_error",
};

const answer = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Delivery>(DELIVERED) },
  { weight: 2, arbitrary: fc.constant<Delivery>(GONE) },
  fc.constant<Delivery>({ ...GONE, afterMs: 3_000 }),
  fc.constantFrom<Delivery>(limited("error", 2_000), limited("log_item", 2_000), limited("all", 1_000)),
  fc.constantFrom<Delivery>(rejected(400), rejected(413), rejected(404)),
  fc.constant<Delivery>(REFUSED_DSN),
);
const step = fc.record({
  events: fc.nat(6),
  logs: fc.constantFrom(0, 0, 3, 120),
  upstream: fc.constantFrom("one", "two", "other"),
  passMs: fc.constantFrom(0, 1, 600, 5_000, 40_000),
});

describe("a dispatcher", () => {
  it("lets every parcel leave by exactly one door, told and kept as that door asks, whatever trackers answer", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { maxLength: 60 }),
        fc.array(step, { minLength: 1, maxLength: 12 }),
        async (answers, steps) => {
          const left = [...answers];
          const reply = (): Delivery => left.shift() ?? DELIVERED;
          const upstreams = {
            one: new ScriptedUpstream(reply, { account: "shared", pace: { concurrency: 3 } }),
            two: new ScriptedUpstream(reply, { account: "shared", pace: { rateLimit: { count: 5, perMs: 1_000 } } }),
            other: new ScriptedUpstream(reply),
          };
          const { queue, clock, dispatcher, discards, letters, settled, pass } = dispatchingTo(upstreams);
          await dispatcher.start();
          const pushed: string[] = [];
          for (const { events, logs, upstream, passMs } of steps) {
            for (let i = 0; i < events + logs; i += 1) {
              const body = `${upstream} ${pushed.length}`;
              pushed.push(body);
              void queue.push([note(body, clock, { upstream, category: i < events ? "error" : "log_item" })]);
            }
            await pass(passMs);
          }
          await pass(200_000, 10_000);
          await dispatcher.stop(AbortSignal.abort());

          assert.deepEqual(settled.map((line) => line.slice(line.indexOf(" ") + 1)).toSorted(), pushed.toSorted());
          assert.deepEqual([queue.stats().parcels, queue.stats().records], [0, 0]);
          const lost = settled.filter((line) => !line.startsWith("delivered ")).map((line) => line.slice(0, line.indexOf(" ")));
          const kept = letters.flatMap(({ outcome, parcels }) => parcels.map(() => outcome));
          assert.deepEqual(kept.toSorted(), lost.toSorted());
          const told = Object.keys(upstreams)
            .flatMap((name) => discards.take(name))
            .filter(({ category }) => category !== "log_byte")
            .flatMap(({ reason, quantity }) => Array.from({ length: quantity }, () => reason));
          assert.deepEqual(told.toSorted(), lost.map((outcome) => REASONS[outcome]).toSorted());
        },
      ),
      { numRuns: 60 },
    );
  });

  it("delivers to an upstream that comes later what an earlier process left for it", async (t) => {
    const late = new ScriptedUpstream();
    const { queue, clock, dispatcher, settled, warnings, run } = dispatchingTo({ default: new ScriptedUpstream() });
    void queue.push(["a", "b"].map((body) => note(body, clock, { upstream: "late" })));
    await dispatcher.start();
    t.after(() => dispatcher.stop(AbortSignal.abort()));
    await run();
    assert.deepEqual([settled, warnings.length], [[], 1]);

    dispatcher.add("late", late);
    await run();
    void queue.push([note("c", clock, { upstream: "late" })]);
    await run();

    assert.deepEqual(settled, ["delivered a", "delivered b", "delivered c"]);
    clock.advance(25 * 3_600_000);
    await run();
    assert.equal(settled.length, 3);
  });

  it("knows from its start an upstream that came before, and keeps the one it has of a name", async (t) => {
    const [early, other] = [new ScriptedUpstream(), new ScriptedUpstream()];
    const { queue, clock, dispatcher, settled, warnings, run } = dispatchingTo({ default: new ScriptedUpstream() });
    void queue.push([note("a", clock, { upstream: "early" })]);
    dispatcher.add("early", early);
    dispatcher.add("early", other);
    await dispatcher.start();
    t.after(() => dispatcher.stop(AbortSignal.abort()));
    await run();

    assert.deepEqual([settled, warnings, other.attempts.length], [["delivered a"], [], 0]);
  });

  it("shares what a tracker says between upstreams of one account, whenever they come", async (t) => {
    const first = new ScriptedUpstream(() => REFUSED_DSN, { account: "shared" });
    const { queue, clock, dispatcher, run } = dispatchingTo({ default: first });
    await dispatcher.start();
    t.after(() => dispatcher.stop(AbortSignal.abort()));
    void queue.push([note("a", clock)]);
    await run();
    const late = new ScriptedUpstream(() => DELIVERED, { account: "shared" });
    dispatcher.add("late", late);
    void queue.push([note("b", clock, { upstream: "late" })]);
    await run();

    assert.deepEqual([first.attempts.length, late.attempts.length], [1, 0]);
    assert.equal(dispatcher.senders.get("late")?.status.dsnRefused, true);
  });

  it("lets an upstream go only when nothing waits for it", async (t) => {
    const late = new ScriptedUpstream(() => undefined);
    const { queue, clock, dispatcher, run } = dispatchingTo({ default: new ScriptedUpstream() });
    await dispatcher.start();
    t.after(() => dispatcher.stop(AbortSignal.abort()));
    dispatcher.add("late", late);
    void queue.push([note("a", clock, { upstream: "late" })]);
    await run();
    assert.equal(dispatcher.remove("late"), false);
    late.attempts[0]?.answer(DELIVERED);
    await run();

    assert.equal(dispatcher.remove("late"), true);
    assert.equal(dispatcher.remove("late"), false);
    assert.deepEqual([...dispatcher.senders.keys()], ["default"]);
  });

  it("starts and stops without anything to do", async () => {
    const { dispatcher, settled } = dispatchingTo({ default: new ScriptedUpstream() });
    await dispatcher.start();
    await dispatcher.stop(new AbortController().signal);
    await dispatcher.stop(AbortSignal.abort());

    assert.deepEqual(settled, []);
  });
});

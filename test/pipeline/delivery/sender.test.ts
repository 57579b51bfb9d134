import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dispatching, dispatchingTo, note } from "../../support/dispatching.ts";
import { DELIVERED, GONE, REFUSED_DSN, inTurn, limited, ScriptedUpstream } from "../../support/scripted-upstream.ts";

const bodies = (upstream: ScriptedUpstream): string[] => upstream.attempts.map((attempt) => attempt.bodies.join("+"));

describe("a sender", () => {
  it("delivers in the order of births, and settles each once", async (t) => {
    const upstream = new ScriptedUpstream();
    const { queue, clock, settled, run } = await dispatching(t, { default: upstream });
    void queue.push(["a", "b", "c", "d", "e"].map((body) => note(body, clock)));

    await run();

    assert.deepEqual(bodies(upstream), ["a", "b", "c", "d", "e"]);
    assert.deepEqual(
      settled.toSorted(),
      ["a", "b", "c", "d", "e"].map((body) => `delivered ${body}`),
    );
    assert.equal(queue.stats().parcels, 0);
  });

  it("widens the way while the tracker keeps up, and shows it", async (t) => {
    const upstream = new ScriptedUpstream(() => undefined);
    const { queue, clock, dispatcher, run } = await dispatching(t, { default: upstream });
    void queue.push(Array.from({ length: 60 }, (_, i) => note(`${i}`, clock)));
    const widths: (number | undefined)[] = [];
    let answered = 0;
    for (let round = 0; round < 4; round += 1) {
      await run();
      widths.push(upstream.attempts.length - answered);
      assert.equal(dispatcher.senders.get("default")?.status.concurrency, widths.at(-1));
      clock.advance(10);
      for (const attempt of upstream.attempts.slice(answered)) attempt.answer(DELIVERED);
      answered = upstream.attempts.length;
    }

    assert.deepEqual(widths, [2, 4, 8, 8]);
  });

  it("tries again within the first backoff, and says once that it cannot deliver and once that it can", async (t) => {
    const upstream = new ScriptedUpstream(inTurn(GONE, GONE));
    const { queue, clock, dispatcher, settled, told, warnings, pass, run } = await dispatching(t, { default: upstream });
    const isIdle = (): boolean | undefined => dispatcher.senders.get("default")?.status.idle;
    assert.equal(isIdle(), true);
    void queue.push([note("a", clock)]);
    assert.equal(isIdle(), false);
    await run();
    assert.equal(upstream.attempts.length, 1);

    await pass(500);
    assert.equal(upstream.attempts.length, 2);
    await pass(999);
    assert.equal(upstream.attempts.length, 2, "the second wait is twice as long");
    await pass(1);

    assert.deepEqual(settled, ["delivered a"]);
    assert.equal(isIdle(), true);
    assert.deepEqual(warnings, ["cannot deliver, will keep trying: ECONNREFUSED"]);
    assert.deepEqual(told, ["upstream takes events again"]);
  });

  it("asks with one request at a time while the tracker is gone", async (t) => {
    const upstream = new ScriptedUpstream(() => undefined);
    const { queue, clock, pass, run } = await dispatching(t, { default: upstream });
    void queue.push(Array.from({ length: 30 }, (_, i) => note(`${i}`, clock)));
    await run();
    let answered = 0;
    for (let i = 0; i < 12; i += 1) {
      const open = upstream.attempts.slice(answered);
      answered = upstream.attempts.length;
      if (i > 0) assert.ok(open.length <= 1, `${open.length} at once`);
      for (const attempt of open) attempt.answer(GONE);
      await pass(2_000);
    }

    assert.ok(answered >= 6, `asked ${answered} times`);
  });

  it("does not let one parcel that never gets through stand before the others", async (t) => {
    const cause = "HTTP 500 Internal Server Error";
    const upstream = new ScriptedUpstream(({ kind, ...rest }) => {
      const [first] = kind === "event" && "parcels" in rest ? rest.parcels : [];
      return first?.eventId === "poison" ? { ...GONE, cause } : DELIVERED;
    });
    const { queue, clock, settled, pass, run } = await dispatching(t, { default: upstream });
    void queue.push([note("poison", clock, { eventId: "poison" })]);
    void queue.push(Array.from({ length: 100 }, (_, i) => note(`${i}`, clock)));
    await run();
    await pass(2_000, 100);
    assert.equal(settled.length, 100);
    for (let i = 0; i < 50; i += 1) {
      void queue.push([note(`later ${i}`, clock)]);
      await pass(500, 100);
    }

    assert.ok(settled.length >= 149, `${settled.length} delivered`);
    const tries = bodies(upstream).filter((body) => body === "poison").length;
    assert.ok(tries >= 4 && tries <= 8, `it was tried ${tries} times in 27 seconds`);
    assert.equal(queue.stats().parcels, 151 - settled.length);
  });

  it("tries everything that failed again, however much that is, and in the end all of it arrives", async (t) => {
    let up = false;
    const upstream = new ScriptedUpstream(() => (up ? DELIVERED : GONE), { pace: { maxAgeMs: 1e9 } });
    const { queue, clock, settled, pass, run } = await dispatching(t, { default: upstream });
    void queue.push(Array.from({ length: 200 }, (_, i) => note(`${i}`, clock)));
    await run();
    await pass(90 * 31_000, 31_000);
    up = true;
    await pass(60_000, 1_000);

    assert.equal(settled.length, 200);
    assert.equal(new Set(settled).size, 200);
  });

  it("holds what the tracker limits for all upstreams of its account, and for no other", async (t) => {
    const [one, two, other] = [
      new ScriptedUpstream(inTurn(limited("error", 5_000)), { account: "a" }),
      new ScriptedUpstream(() => DELIVERED, { account: "a" }),
      new ScriptedUpstream(() => DELIVERED, { account: "b" }),
    ];
    const { queue, clock, settled, discards, pass, run } = await dispatching(t, { one, two, other });
    void queue.push([note("a", clock, { upstream: "one" })]);
    await run();
    void queue.push([note("b", clock, { upstream: "two" }), note("c", clock, { upstream: "other" })]);
    await run();
    assert.deepEqual(settled, ["delivered c"]);

    await pass(4_999);
    assert.deepEqual(settled, ["delivered c"]);
    await pass(1);

    assert.deepEqual(settled.toSorted(), ["delivered a", "delivered b", "delivered c"]);
    assert.deepEqual(
      ["one", "two", "other"].filter((name) => discards.has(name)),
      [],
      "a 429 is no discard",
    );
  });

  it("pauses a refused DSN for its whole account, and says when it is accepted again", async (t) => {
    const pace = { maxAgeMs: 3_600_000 };
    const one = new ScriptedUpstream(inTurn(REFUSED_DSN), { account: "a", pace });
    const two = new ScriptedUpstream(() => DELIVERED, { account: "a", pace });
    const { queue, clock, dispatcher, settled, told, warnings, pass, run } = await dispatching(t, { one, two });
    void queue.push([note("a", clock, { upstream: "one" })]);
    await run();
    void queue.push([note("b", clock, { upstream: "two" })]);
    await run();
    assert.equal(two.attempts.length, 0);
    assert.deepEqual(
      [...dispatcher.senders.values()].map(({ status }) => status.dsnRefused),
      [true, true],
    );
    assert.match(warnings.join("\n"), /^one: HTTP 401 Unauthorized; check the DSN of upstream "one"/);

    await pass(59_000, 1_000);
    assert.equal(settled.length, 0);
    await pass(1_000);

    assert.deepEqual(told, ["the DSN is accepted again"]);
    assert.deepEqual(settled.toSorted(), ["delivered a", "delivered b"]);
  });

  it("lets a hanging upstream delay no other", async (t) => {
    const hanging = new ScriptedUpstream(() => undefined);
    const good = new ScriptedUpstream();
    const { queue, clock, settled, run } = await dispatching(t, { hanging, good });
    for (let i = 0; i < 40; i += 1) {
      void queue.push([note(`stuck ${i}`, clock, { upstream: "hanging" }), note(`${i}`, clock, { upstream: "good" })]);
    }
    await run();

    assert.equal(settled.length, 40);
    assert.ok(hanging.attempts.length > 0);
  });
});

describe("an answer with limits", () => {
  it("holds on any status, a success included", async (t) => {
    const limits = new Map([["error", 5_000]] as const);
    const upstream = new ScriptedUpstream(inTurn({ kind: "delivered", limits }), { pace: { concurrency: 1 } });
    const { queue, clock, settled, pass, run } = await dispatching(t, { default: upstream });
    void queue.push([
      note("a", clock),
      note("b", clock),
      note("log", clock, { category: "log_item", bornMs: clock.nowMs() - 5_000 }),
    ]);
    await run();
    assert.deepEqual(settled, ["delivered a", "delivered log"]);
    await pass(5_000);

    assert.deepEqual(settled, ["delivered a", "delivered log", "delivered b"]);
  });
});

describe("stopping", () => {
  it("waits for what was set aside", async () => {
    const upstream = new ScriptedUpstream(inTurn(GONE));
    const { queue, clock, dispatcher, settled, run } = dispatchingTo({ default: upstream });
    await dispatcher.start();
    void queue.push([note("a", clock)]);
    await run();
    const stopped = dispatcher.stop(new AbortController().signal);
    await run();
    assert.deepEqual(settled, []);
    clock.advance(500);
    await stopped;

    assert.deepEqual(settled, ["delivered a"]);
  });

  it("gives back at the deadline what is under way or set aside, and settles nothing of it", async () => {
    const upstream = new ScriptedUpstream(({ kind }) => (kind === "event" ? GONE : undefined));
    const { queue, clock, dispatcher, letters, settled, run } = dispatchingTo({ default: upstream });
    void queue.push([note("a", clock), ...Array.from({ length: 100 }, () => note("log", clock, { category: "log_item" }))]);
    await dispatcher.start();
    await run();
    assert.equal(queue.peek("default", "error"), undefined);

    await dispatcher.stop(AbortSignal.abort());

    assert.equal(queue.peek("default", "error")?.count, 1);
    assert.equal(queue.peek("default", "log_item")?.count, 100);
    assert.deepEqual([settled, letters], [[], []]);
  });
});

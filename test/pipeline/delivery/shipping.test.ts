import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DeadLetter } from "../../../src/pipeline/dead-letters/dead-letter.ts";
import { dispatching, note } from "../../support/dispatching.ts";
import { DELIVERED, inTurn, rejected, ScriptedUpstream } from "../../support/scripted-upstream.ts";

describe("what a tracker refuses for good", () => {
  it("is kept first, then settled, told and warned of once", async (t) => {
    let kept: () => void = () => {};
    const bury = () =>
      new Promise<void>((resolve) => {
        kept = resolve;
      });
    const upstream = new ScriptedUpstream(inTurn(rejected(400)));
    const { queue, clock, discards, letters, settled, warnings, run } = await dispatching(t, { default: upstream }, { bury });
    const bad = note("bad", clock);
    void queue.push([bad]);
    await run();
    assert.deepEqual(letters, [
      { upstream: "default", parcels: [bad], outcome: "rejected", cause: "HTTP 400", status: 400 },
    ] satisfies DeadLetter[]);
    assert.deepEqual([settled, queue.stats().parcels], [[], 1]);

    kept();
    await run();

    assert.deepEqual([settled, queue.stats().parcels], [["rejected bad"], 0]);
    assert.deepEqual(discards.take("default"), [{ reason: "send_error", category: "error", quantity: 1 }]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^default: the tracker refused event \d{32} for good: HTTP 400; goes to the dead letters/);
    assert.equal(upstream.attempts.length, 1);
  });

  it("settles without a place for dead letters too, and says how to have one", async (t) => {
    const upstream = new ScriptedUpstream(inTurn(rejected(413)));
    const { queue, clock, settled, warnings, run } = await dispatching(t, { default: upstream }, { bury: undefined });
    void queue.push([note("bad", clock), note("good", clock)]);
    await run();

    assert.deepEqual(settled.toSorted(), ["delivered good", "rejected bad"]);
    assert.match(warnings.join("\n"), /client_max_body_size.*set data_dir/);
  });

  it("is halved until it fits, when it is logs that were too large together", async (t) => {
    const upstream = new ScriptedUpstream((shipment) => {
      const parcels = shipment.kind === "client_report" ? [] : shipment.parcels;
      return parcels.reduce((sum, { body }) => sum + body.length, 0) > 200 ? rejected(413) : DELIVERED;
    });
    const { queue, clock, discards, letters, settled, run, pass } = await dispatching(t, { default: upstream });
    const logs = Array.from({ length: 100 }, (_, i) =>
      note(`log ${i}`.padEnd(i === 70 ? 201 : 20, "."), clock, { category: "log_item" }),
    );
    void queue.push(logs);
    await run();
    await pass(1_000, 100);

    assert.equal(settled.length, 100);
    assert.deepEqual(
      settled.filter((line) => !line.startsWith("delivered")).map((line) => line.slice(0, 15)),
      ["rejected log 70"],
    );
    assert.deepEqual(
      letters.map(({ parcels, status }) => [parcels.length, status]),
      [[1, 413]],
    );
    assert.deepEqual(discards.take("default"), [
      { reason: "send_error", category: "log_item", quantity: 1 },
      { reason: "send_error", category: "log_byte", quantity: 201 },
    ]);
    assert.equal(new Set(settled).size, 100);
  });
});

describe("what a tracker is too old to know", () => {
  it("leaves at once where it is logs: one request, one warning, no dead letter, no report", async (t) => {
    const reply = (shipment: { kind: string }) => (shipment.kind === "logs" ? rejected(400, true) : DELIVERED);
    const [one, two] = [new ScriptedUpstream(reply, { account: "a" }), new ScriptedUpstream(reply, { account: "a" })];
    const { queue, clock, discards, letters, settled, warnings, pass } = await dispatching(t, { one, two });
    const logs = (count: number, upstream: string) =>
      Array.from({ length: count }, (_, i) => note(`log ${i}`, clock, { category: "log_item", upstream }));
    void queue.push(logs(350, "one"));
    await pass(6_000, 1_000);
    void queue.push([...logs(10, "one"), ...logs(10, "two"), note("event", clock, { upstream: "two" })]);
    await pass(1_000);

    assert.equal(settled.filter((line) => line.startsWith("rejected log")).length, 370);
    assert.ok(settled.includes("delivered event"));
    const requests = [...one.attempts, ...two.attempts].filter(({ shipment }) => shipment.kind === "logs");
    assert.ok(requests.length <= 2, "as many as were under way before the first answer");
    assert.deepEqual([letters, discards.has("one"), discards.has("two")], [[], false, false]);
    assert.equal(warnings.length, 2, "one for each upstream that is sent logs");
    assert.match(warnings[0] ?? "", /upstream "one" takes no logs.*policy\.log/);
  });

  it("is asked again after a week", async (t) => {
    const upstream = new ScriptedUpstream(({ kind }) => (kind === "logs" ? rejected(400, true) : DELIVERED), { account: "a" });
    const { queue, clock, pass, settled } = await dispatching(t, { default: upstream });
    void queue.push([note("log", clock, { category: "log_item" })]);
    await pass(5_000);
    assert.equal(upstream.attempts.length, 1);
    upstream.reply = () => DELIVERED;
    clock.advance(7 * 24 * 3_600_000);
    void queue.push([note("new log", clock, { category: "log_item" })]);
    await pass(5_000);

    assert.deepEqual(settled, ["rejected log", "delivered new log"]);
  });

  it("is not sent any more where it is client reports, while events go on", async (t) => {
    const upstream = new ScriptedUpstream(({ kind }) => (kind === "client_report" ? rejected(400) : DELIVERED), {
      account: "a",
      pace: { reportEveryMs: 1_000 },
    });
    const { queue, clock, discards, settled, told, warnings, pass } = await dispatching(t, { default: upstream });
    for (let i = 0; i < 5; i += 1) {
      discards.add("default", "storm", "error", 1);
      void queue.push([note(`${i}`, clock)]);
      await pass(2_000, 500);
    }

    assert.equal(upstream.attempts.filter(({ shipment }) => shipment.kind === "client_report").length, 1);
    assert.equal(settled.length, 5);
    assert.deepEqual([told.length, warnings], [1, []]);
  });
});

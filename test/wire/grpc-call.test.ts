import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { status } from "@grpc/grpc-js";
import type { Batch, Receipt } from "../../src/record/batch.ts";
import { Gate, GrpcRelay, records, takenAll, until } from "../support/grpc-relay.ts";

const unavailable = (text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Error && "code" in error && error.code === status.UNAVAILABLE, String(error));
  assert.match(error.message, text);
  return true;
};
const notSafe = (batch: Batch): Receipt => ({ ...takenAll(batch), safe: false });
const positions = (relay: GrpcRelay) => relay.seen.batches.map(({ position }) => position);

describe("RelayCall", () => {
  it("tells the intake how long the sender waits: ack_timeout, or the call's own deadline if that is earlier", async (t) => {
    const relay = await GrpcRelay.start(t, { ack_timeout: "30s" });
    const before = performance.now();

    await relay.unary({ records: records(1) });
    await relay.unary({ records: records(1) }, { deadline: Date.now() + 5_000 });

    const after = performance.now();
    const [own, callers] = relay.seen.batches.map(({ untilMs = 0 }) => untilMs);
    assert.ok(own !== undefined && own >= before + 30_000 && own <= after + 30_000, String(own));
    // The caller's clock and ours are rounded to whole milliseconds.
    assert.ok(callers !== undefined && callers > before + 4_000 && callers <= after + 5_010, String(callers));
  });

  it("ends a Send with UNAVAILABLE when its batch is not safe, and takes the repetition for the same delivery", async (t) => {
    const relay = await GrpcRelay.start(t);
    relay.seen.answer = notSafe;
    await assert.rejects(
      relay.unary({ id: "b", records: records(1) }),
      unavailable(
        /not safe in the queue within 30s \(ack_timeout\) or the call's deadline; send what was not acknowledged again/,
      ),
    );
    relay.seen.answer = (batch) => takenAll(batch, Promise.resolve(false));
    await assert.rejects(relay.unary({ id: "b", records: records(1) }), unavailable(/ack_timeout/));

    relay.seen.answer = takenAll;
    await relay.unary({ id: "b", records: records(1) });
    await relay.unary({ id: "b", records: records(1) });

    const [first, second, third, fourth] = positions(relay);
    assert.deepEqual([second, third], [first, first]);
    assert.notEqual(fourth, third);
    assert.deepEqual(
      relay.seen.complaints.map(({ cause, peer }) => [cause, peer]),
      [
        ["not_safe_in_time", "127.0.0.1"],
        ["not_safe_in_time", "127.0.0.1"],
      ],
    );
  });

  it("ends a Stream after the acks of the batches before the one that failed, and acknowledges none behind it", async (t) => {
    const relay = await GrpcRelay.start(t);
    const gate = new Gate();
    relay.seen.answer = (batch) => {
      const { length } = relay.seen.batches;
      if (length === 1) return takenAll(batch, gate.opened);
      return length === 2 ? takenAll(batch, Promise.resolve(false)) : takenAll(batch);
    };
    const stream = relay.stream();
    for (const id of ["slow", "late", "behind"]) stream.write({ id, records: records(1) });
    stream.end();
    await until(() => relay.seen.complaints.length === 1, "the second fails");
    assert.deepEqual(stream.ids(), []);
    gate.open();

    assert.equal((await stream.status).code, status.UNAVAILABLE);
    assert.deepEqual(stream.ids(), ["slow"]);
  });

  it("does not let a sender wait for an intake that never answers, and acknowledges nothing later", async (t) => {
    const relay = await GrpcRelay.start(t, { ack_timeout: "50ms" });
    const gate = new Gate();
    relay.seen.answer = async (batch) => {
      await gate.opened;
      return takenAll(batch);
    };

    const stream = relay.stream();
    stream.write({ id: "stuck", records: records(1) });
    await assert.rejects(relay.unary({ id: "stuck", records: records(1) }), unavailable(/50ms \(ack_timeout\)/));
    assert.equal((await stream.status).code, status.UNAVAILABLE);
    gate.open();
    relay.seen.answer = takenAll;
    await relay.unary({ id: "stuck", records: records(1) });

    assert.deepEqual(stream.ids(), []);
    assert.equal(new Set(positions(relay)).size, 1);
  });

  it("does not let a sender wait for held records for ever", async (t) => {
    const relay = await GrpcRelay.start(t, { ack_timeout: "50ms" });
    relay.seen.answer = (batch) => takenAll(batch, new Promise(() => {}));

    await assert.rejects(relay.unary({ records: records(1) }), unavailable(/ack_timeout/));
  });

  it("does not let a Send wait to be read for ever, and reads on when there is room again", async (t) => {
    const relay = await GrpcRelay.start(t, { ack_timeout: "50ms", max_pending_bytes: "1KiB" });
    const gate = new Gate();
    relay.seen.answer = async (batch) => {
      await gate.opened;
      return takenAll(batch);
    };
    await assert.rejects(relay.unary({ id: "fills it", records: records(1) }), unavailable(/not safe/));

    await assert.rejects(relay.unary({ id: "unread", records: records(1) }), unavailable(/not read within 50ms/));
    assert.equal(relay.seen.batches.length, 1);
    gate.open();

    assert.equal((await relay.unary({ id: "unread", records: records(1) })).accepted, 1);
    assert.equal(relay.seen.batches.length, 2);
  });

  it("finishes a Send that was acknowledged though nothing more may be read", async (t) => {
    const relay = await GrpcRelay.start(t, { max_pending_bytes: "3KiB" });
    const [gate, second] = [new Gate(), new Gate()];
    relay.seen.answer = async (batch) => {
      await (relay.seen.batches.length === 1 ? gate : second).opened;
      return takenAll(batch);
    };
    const first = relay.unary({ id: "a", records: records(1) });
    await until(() => relay.seen.batches.length === 1, "the first arrives");
    const big = relay.unary({ id: "b", records: [{ message: "x".repeat(5_000) }] });
    await until(() => relay.seen.batches.length === 2, "the second arrives");
    gate.open();

    assert.equal((await first).accepted, 1);
    second.open();
    assert.equal((await big).accepted, 1);
  });

  it("gives batches without an id no position", async (t) => {
    const relay = await GrpcRelay.start(t);
    for (let i = 0; i < 2; i += 1) await relay.unary({ records: records(1) });

    assert.deepEqual(positions(relay), [undefined, undefined]);
  });
});

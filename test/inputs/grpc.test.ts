import { strict as assert } from "node:assert";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { compressionAlgorithms, status } from "@grpc/grpc-js";
import { RelayError } from "../../src/base/errors.ts";
import { grpc } from "../../src/inputs/grpc.ts";
import { Gate, GrpcRelay, records, Seen, takenAll, until } from "../support/grpc-relay.ts";

/** The texts of the records of a batch are at its frames. */
function messagesOf(seen: Seen, batch = 0): string[] {
  const { bytes, bounds } = seen.batches[batch]?.frames ?? { bytes: Buffer.alloc(0), bounds: [] };
  const messages: string[] = [];
  // A record of one field: tag, length, text.
  for (let at = 0; at < bounds.length; at += 2) messages.push(bytes.toString("utf8", (bounds[at] ?? 0) + 2, bounds[at + 1]));
  return messages;
}

const alike = (code: number) => (error: unknown) =>
  typeof error === "object" && error !== null && "code" in error && error.code === code;

describe("grpc", () => {
  it("hands a batch on as slices of the request and answers with what was taken", async (t) => {
    const relay = await GrpcRelay.start(t);

    const ack = await relay.unary({ id: "b1", records: records(3) });

    assert.deepEqual({ ...ack }, { id: "b1", accepted: 3, malformed: 0 });
    assert.deepEqual(messagesOf(relay.seen), ["record 0", "record 1", "record 2"]);
    const batch = relay.seen.batches[0];
    assert.equal(batch?.codec, "grpc");
    assert.equal(batch.position, "b1\u00000");
    assert.deepEqual([batch.from.input, batch.from.peer, batch.from.tag], ["rpc", "127.0.0.1", ""]);
    assert.ok(Object.isFrozen(batch.from));
  });

  it("says how many records were malformed", async (t) => {
    const relay = await GrpcRelay.start(t);
    relay.seen.answer = () => ({ accepted: 1, malformed: 2, safe: true, held: undefined });

    const ack = await relay.unary({ records: records(3) });

    assert.deepEqual({ ...ack }, { id: "", accepted: 1, malformed: 2 });
  });

  it("answers an empty batch at once", async (t) => {
    const relay = await GrpcRelay.start(t);

    const ack = await relay.unary({ id: "ping" });

    assert.deepEqual({ ...ack }, { id: "ping", accepted: 0, malformed: 0 });
    assert.equal(relay.seen.batches.length, 0);
  });

  it("takes compressed batches", async (t) => {
    const relay = await GrpcRelay.start(t);
    const client = relay.another({ "grpc.default_compression_algorithm": compressionAlgorithms.gzip });

    const stream = relay.stream(client);
    stream.write({ records: records(200) });
    stream.end();

    assert.equal((await stream.status).code, status.OK);
    assert.equal(stream.acks[0]?.accepted, 200);
  });

  it("waits with the answer until the batch is safe, the records that wait for a stack trace included", async (t) => {
    const relay = await GrpcRelay.start(t);
    const [taken, joined] = [new Gate(), new Gate()];
    relay.seen.answer = async (batch) => {
      await taken.opened;
      return takenAll(batch, joined.opened);
    };
    let answered = false;

    const ack = relay.unary({ id: "slow", records: records(1) }).finally(() => {
      answered = true;
    });
    await until(() => relay.seen.batches.length === 1, "the batch arrives");
    await relay.unary({ id: "meanwhile" });
    assert.equal(answered, false);
    taken.open();
    await relay.unary({ id: "meanwhile" });
    assert.equal(answered, false);
    joined.open();

    assert.equal((await ack).accepted, 1);
  });

  it("lets a deadline pass rather than claim success, and takes the repetition for the same delivery", async (t) => {
    const relay = await GrpcRelay.start(t);
    const gate = new Gate();
    relay.seen.answer = async (batch) => {
      await gate.opened;
      return takenAll(batch);
    };

    await assert.rejects(
      relay.unary({ id: "late", records: records(1) }, { deadline: Date.now() + 50 }),
      alike(status.DEADLINE_EXCEEDED),
    );
    await relay.unary({});
    gate.open();
    await relay.unary({ id: "late", records: records(1) });
    await relay.unary({ id: "late", records: records(1) });

    assert.deepEqual(
      relay.seen.batches.map((batch) => batch.position),
      ["late\u00000", "late\u00000", "late\u00001"],
    );
  });

  it("survives a sender that cancels while its batch is under way", async (t) => {
    const relay = await GrpcRelay.start(t);
    const gate = new Gate();
    relay.seen.answer = async (batch) => {
      await gate.opened;
      return takenAll(batch);
    };

    const stream = relay.stream();
    stream.write({ id: "a", records: records(1) });
    await until(() => relay.seen.batches.length === 1, "the batch arrives");
    stream.call.cancel();
    assert.equal((await stream.status).code, status.CANCELLED);
    await relay.unary({});
    gate.open();

    assert.equal((await relay.unary({ id: "a", records: records(1) })).accepted, 1);
    assert.equal(relay.seen.batches[1]?.position, "a\u00000");
  });

  it("answers the batches of a stream one by one, in their order, and ends after the sender did", async (t) => {
    const relay = await GrpcRelay.start(t);
    const stream = relay.stream();
    const ids = Array.from({ length: 300 }, (_, index) => `b${index}`);

    for (const id of ids) stream.write({ id, records: records(5) });
    stream.end();

    assert.equal((await stream.status).code, status.OK);
    assert.deepEqual(stream.ids(), ids);
    assert.ok(stream.acks.every((ack) => ack.accepted === 5));
  });

  it("reads no further batch of a stream while one is on its way into the queue", async (t) => {
    const relay = await GrpcRelay.start(t);
    const gates: Gate[] = [];
    relay.seen.answer = async (batch) => {
      const gate = new Gate();
      gates.push(gate);
      await gate.opened;
      return takenAll(batch);
    };
    const stream = relay.stream();

    for (let i = 0; i < 5; i += 1) stream.write({ id: `b${i}`, records: records(1) });
    stream.end();
    for (let i = 0; i < 5; i += 1) {
      await until(() => gates.length > i, "the next batch is read");
      await relay.unary({});
      assert.equal(gates.length, i + 1);
      gates[i]?.open();
    }

    assert.equal((await stream.status).code, status.OK);
    assert.deepEqual(stream.ids(), ["b0", "b1", "b2", "b3", "b4"]);
  });

  it("reads on while records only wait for the rest of a stack trace, and answers in order all the same", async (t) => {
    const relay = await GrpcRelay.start(t);
    const gate = new Gate();
    relay.seen.answer = (batch) => takenAll(batch, relay.seen.batches.length === 1 ? gate.opened : undefined);
    const stream = relay.stream();

    for (let i = 0; i < 3; i += 1) stream.write({ id: `b${i}`, records: records(1) });
    stream.end();
    await until(() => relay.seen.batches.length === 3, "all are read");
    assert.deepEqual(stream.ids(), []);
    gate.open();

    assert.equal((await stream.status).code, status.OK);
    assert.deepEqual(stream.ids(), ["b0", "b1", "b2"]);
  });

  it("takes thousands of small batches that piled up while it pushed back", async (t) => {
    const relay = await GrpcRelay.start(t);
    const gate = new Gate();
    relay.seen.answer = (batch) => {
      if (relay.seen.batches.length > 1) return takenAll(batch);
      return gate.opened.then(() => takenAll(batch));
    };
    const stream = relay.stream();

    for (let i = 0; i < 5_000; i += 1) stream.write({ records: [{}] });
    stream.end();
    await until(() => relay.seen.batches.length === 1, "the first arrives");
    gate.open();

    assert.equal((await stream.status).code, status.OK);
    assert.equal(stream.acks.length, 5_000);
  });

  it("serves many streams at once", async (t) => {
    const relay = await GrpcRelay.start(t);
    const streams = Array.from({ length: 10 }, () => relay.stream());

    for (let i = 0; i < 50; i += 1) {
      for (const [at, stream] of streams.entries()) stream.write({ id: `${at}-${i}`, records: records(20) });
    }
    for (const stream of streams) stream.end();
    const codes = await Promise.all(streams.map((stream) => stream.status));

    for (const { code } of codes) assert.equal(code, status.OK);
    for (const [at, stream] of streams.entries())
      assert.deepEqual(
        stream.ids(),
        Array.from({ length: 50 }, (_, i) => `${at}-${i}`),
      );
  });

  it("takes over what the metadata of a call says", async (t) => {
    const relay = await GrpcRelay.start(t);
    const metadata = {
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "x-user-id": "42",
      "x-request-id": "r-1",
      "x-forwarded-for": "203.0.113.7, 10.0.0.1",
    };

    await relay.unary({ records: records(1) }, { metadata });

    assert.deepEqual(Object.fromEntries(relay.seen.batches[0]?.from.metadata ?? []), {
      trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
      span_id: "00f067aa0ba902b7",
      request_id: "r-1",
      user_id: "42",
      client_ip: "203.0.113.7",
    });
  });

  it("counts connections and the bytes they bring", async (t) => {
    const relay = await GrpcRelay.start(t);
    const client = relay.another();

    const stream = relay.stream(client);
    stream.write({ records: records(100) });
    stream.end();
    await stream.status;
    assert.equal(relay.seen.open, 1);
    assert.ok(relay.seen.bytes > (relay.seen.batches[0]?.frames.bytes.length ?? 0));
    client.close();
    await until(() => relay.seen.open === 0, "the connection closes");
  });

  it("says which input could not listen, and how to find out why", async (t) => {
    const relay = await GrpcRelay.start(t);
    const second = grpc.create(grpc.config.parse({ listen: `127.0.0.1:${relay.port}` }), new Seen());

    await assert.rejects(second.start(new AbortController().signal), (error) => {
      assert.ok(error instanceof RelayError);
      assert.equal(error.code, "RELAY_LISTEN");
      assert.match(error.message, new RegExp(`input "rpc".*ss -ltnp 'sport = :${relay.port}'`));
      return true;
    });
    await second.stop(AbortSignal.abort());
  });

  it("is inert until started, and stops without having started", async () => {
    const input = grpc.create(grpc.config.parse({}), new Seen());

    await input.stop(AbortSignal.abort());

    assert.deepEqual("addresses" in input ? input.addresses : undefined, []);
    assert.deepEqual(grpc.claims?.(grpc.config.parse({})), ["tcp:127.0.0.1:4317"]);
  });

  it("drops connections beyond its limit and says so", async (t) => {
    const relay = await GrpcRelay.start(t, { max_connections: 1 });
    await relay.unary({});

    const socket = connect(relay.port, "127.0.0.1");
    await new Promise((resolve) => socket.on("close", resolve).on("error", () => {}));

    assert.equal(relay.seen.complaints[0]?.cause, "too_many_connections");
    assert.equal((await relay.unary({ records: records(1) })).accepted, 1);
  });
});

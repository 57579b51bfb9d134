import { strict as assert } from "node:assert";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { EventTime, FluentClient, type EventModes } from "@fluent-org/logger";
import { decodeMulti } from "@msgpack/msgpack";
import fluentLogger from "fluent-logger";
import { RelayError } from "../../src/base/errors.ts";
import { forward as codec } from "../../src/codec/forward.ts";
import { NOTHING, isMalformed } from "../../src/component/codec.ts";
import { isListening } from "../../src/component/listening.ts";
import { forward } from "../../src/inputs/forward.ts";
import type { LogRecord } from "../../src/record/record.ts";
import { CAPTURES, array, asBin, asStr, capture, entry, headed, hex, msgpack } from "../support/forward-bytes.ts";
import { RecordingHost, allTaken, eventually, portOf } from "../support/input-host.ts";

const record = { message: "m" };
const plain = entry(record);

interface Relay {
  readonly host: RecordingHost;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

async function relay(t: TestContext, config: object = {}): Promise<Relay> {
  const host = new RecordingHost();
  const input = forward.create(forward.config.parse({ listen: "127.0.0.1:0", ...config }), host);
  await input.start(new AbortController().signal);
  const stop = (): Promise<void> => input.stop(AbortSignal.timeout(5_000));
  t.after(stop);
  assert.ok(isListening(input));
  return { host, port: portOf(input.addresses[0]), stop };
}

/** A connection and everything that came back on it. */
async function dial(t: TestContext, port: number): Promise<{ socket: Socket; answers: Buffer[] }> {
  const socket = connect(port, "127.0.0.1");
  const answers: Buffer[] = [];
  socket.on("data", (bytes) => answers.push(bytes));
  socket.on("error", () => {});
  t.after(() => socket.destroy());
  await once(socket, "connect");
  return { socket, answers };
}

/** The records of all batches, decoded. */
function recordsOf({ batches }: RecordingHost): LogRecord[] {
  return batches.flatMap(({ frames: { bytes, bounds }, from }) =>
    Array.from({ length: bounds.length / 2 }, (_, i) => {
      const decoded = codec.decode(bytes, bounds[2 * i] ?? 0, bounds[2 * i + 1] ?? 0, from);
      assert.ok(decoded !== NOTHING && !isMalformed(decoded));
      return decoded;
    }),
  );
}

describe("forward", () => {
  it("says where it listens, and claims TCP and UDP", async (t) => {
    const config = forward.config.parse({ listen: "127.0.0.1:0" });
    const input = forward.create(config, new RecordingHost());
    assert.ok(isListening(input));
    assert.deepEqual(input.addresses, []);

    await input.start(new AbortController().signal);
    t.after(() => input.stop(AbortSignal.abort()));

    const port = portOf(input.addresses[0]);
    assert.deepEqual(input.addresses, [`tcp:127.0.0.1:${port}`, `udp:127.0.0.1:${port}`]);
    assert.deepEqual(forward.claims?.(forward.config.parse({})), ["tcp:127.0.0.1:24224", "udp:127.0.0.1:24224"]);
  });

  it("can stop before it starts, and twice", async () => {
    const input = forward.create(forward.config.parse({ listen: "127.0.0.1:0" }), new RecordingHost());

    await input.stop(AbortSignal.timeout(1_000));
    await input.start(new AbortController().signal);
    await input.stop(AbortSignal.timeout(1_000));
    await input.stop(AbortSignal.timeout(1_000));
  });

  it("leaves nothing open when its UDP port is taken", async (t) => {
    const squatter = createSocket("udp4");
    t.after(() => squatter.close());
    await new Promise<void>((resolve) => squatter.bind(0, "127.0.0.1", resolve));
    const { port } = squatter.address();
    const input = forward.create(forward.config.parse({ listen: `127.0.0.1:${port}` }), new RecordingHost());

    await assert.rejects(input.start(new AbortController().signal), (error) => {
      return (
        error instanceof RelayError && error.code === "RELAY_LISTEN" && error.message.includes(`ss -lunp 'sport = :${port}'`)
      );
    });
    const socket = connect(port, "127.0.0.1");
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ECONNREFUSED");
  });

  it("takes in what Fluent Bit sent and answers as Fluent Bit was answered", async (t) => {
    const { host, port } = await relay(t);
    for (const name of CAPTURES) {
      const { socket, answers } = await dial(t, port);
      socket.end(capture(name));
      await once(socket, "close");
      const wanted = name.startsWith("ack-") ? capture(name.replace(".rx", ".tx")) : Buffer.alloc(0);
      assert.equal(Buffer.concat(answers).toString("hex"), wanted.toString("hex"), name);
    }

    assert.deepEqual([host.refused, host.complaints], [{}, []]);
    assert.equal(recordsOf(host).filter(({ message }) => message === "otlp body").length, CAPTURES.length / 2);
  });

  for (const eventMode of ["Message", "Forward", "PackedForward", "CompressedPackedForward"] as const) {
    it(`acknowledges @fluent-org/logger in ${eventMode} mode`, async (t) => {
      const { host, port } = await relay(t);
      const client = new FluentClient("shop", {
        eventMode: eventMode as EventModes,
        socket: { port, disableReconnect: true },
        ack: { ackTimeout: 5_000 },
      });
      t.after(() => client.disconnect());
      await client.connect();

      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          client.emit("app", { message: `record ${i}`, level: "error" }, new EventTime(1_700_000_000 + i, 250_000_000)),
        ),
      );

      const records = recordsOf(host);
      assert.deepEqual(
        records.map(({ message }) => message).toSorted(),
        Array.from({ length: 50 }, (_, i) => `record ${i}`).toSorted(),
      );
      assert.ok(records.every(({ from, timeMs }) => from.tag === "shop.app" && timeMs % 1_000 === 250));
      assert.ok(host.batches.every(({ position }) => position?.startsWith("shop.app\0")));
    });
  }

  for (const eventMode of ["Message", "PackedForward", "CompressedPackedForward"]) {
    it(`acknowledges fluent-logger in ${eventMode} mode`, async (t) => {
      const { host, port } = await relay(t);
      const client = fluentLogger.createFluentSender("shop", {
        host: "127.0.0.1",
        port,
        eventMode,
        requireAckResponse: true,
        ackResponseTimeout: 5_000,
        flushInterval: 10,
        internalLogger: { info: () => {}, error: () => {} },
      });
      // Without a record to send first, whatever its types say.
      t.after(() => (client as unknown as { end(): void }).end());

      await new Promise<void>((resolve, reject) => {
        client.emit("app", { message: "hello" }, (error) => (error === undefined ? resolve() : reject(error)));
      });

      assert.deepEqual(
        recordsOf(host).map(({ message }) => message),
        ["hello"],
      );
      assert.equal(host.batches[0]?.from.tag, "shop.app");
    });
  }

  it("does not read on while the intake is busy, and answers when it is done", async (t) => {
    const { host, port } = await relay(t);
    let proceed: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    host.answer = async (batch) => {
      await gate;
      return allTaken(batch);
    };
    const { socket, answers } = await dial(t, port);

    socket.write(array("t", asStr(plain), { chunk: "one" }));
    await eventually(() => host.batches.length === 1, "the first message arrives");
    socket.write(array("t", asStr(plain), { chunk: "two" }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual([host.batches.length, answers.length], [1, 0]);
    proceed();
    await eventually(() => Buffer.concat(answers).length === 18, "both are answered");

    assert.deepEqual([...decodeMulti(Buffer.concat(answers))], [{ ack: "one" }, { ack: "two" }]);
  });

  it("delivers two identical chunks twice, with different positions once the first was answered", async (t) => {
    const { host, port } = await relay(t);
    const message = array("t", asStr(plain), { chunk: "same" });
    for (let round = 1; round <= 2; round += 1) {
      const { socket, answers } = await dial(t, port);
      socket.write(message);
      await eventually(() => answers.length === 1, "the answer");
    }

    assert.equal(host.batches.length, 2);
    assert.notEqual(host.batches[0]?.position, host.batches[1]?.position);
  });

  it("unpacks gzip of several members", async (t) => {
    const { host, port } = await relay(t);
    const { socket } = await dial(t, port);
    const members = [gzipSync(plain), gzipSync(Buffer.concat([plain, plain])), gzipSync(plain)];

    socket.write(array("t", asBin(Buffer.concat([...members, Buffer.alloc(3)])), { compressed: "gzip" }));

    await eventually(() => host.batches.length === 1, "the batch");
    assert.equal(recordsOf(host).length, 4);
  });

  it("costs a hostile sender its connection and its neighbours nothing", async (t) => {
    const { host, port } = await relay(t);
    const neighbour = await dial(t, port);
    const hostile = [
      msgpack(hex("93 a174"), headed(0xdb, 0xffff_ffff)),
      msgpack(hex("93 a174"), headed(0xdd, 0xffff_ffff)),
      msgpack(hex("93 a174 01"), headed(0xdf, 0xffff_ffff)),
      Buffer.from("GET /metrics HTTP/1.1\r\nHost: relay\r\n\r\n"),
      hex("16030100"),
      hex("93 c1"),
    ];

    for (const bytes of hostile) {
      const { socket } = await dial(t, port);
      socket.write(bytes);
      await once(socket, "close");
    }
    neighbour.socket.write(array("t", asStr(plain), { chunk: "c" }));
    await eventually(() => neighbour.answers.length === 1, "the neighbour's answer");

    assert.deepEqual(host.refused, { too_large: 3, malformed: 3 });
    assert.equal(recordsOf(host).length, 1);
  });

  it("takes records nested a hundred thousand deep", async (t) => {
    const { host, port } = await relay(t);
    const { socket, answers } = await dial(t, port);
    const deep = entry(Buffer.concat([hex("82 a161"), Buffer.alloc(100_000, 0x91), hex("c0"), msgpack("message", "deep")]));

    socket.write(array("t", array(deep, plain), { chunk: "c" }));

    await eventually(() => answers.length === 1, "the answer");
    assert.deepEqual(
      recordsOf(host).map(({ message }) => message),
      ["deep", "m"],
    );
  });

  it("takes a message of several megabytes that comes in many pieces", async (t) => {
    const { host, port } = await relay(t);
    const { socket, answers } = await dial(t, port);
    const entries = Array.from({ length: 20_000 }, (_, i) => entry({ message: `record ${i}`, text: "x".repeat(230) }));

    socket.write(array("t", array(...entries), { chunk: "c" }));

    await eventually(() => answers.length === 1, "the answer");
    assert.equal(recordsOf(host).length, 20_000);
  });

  it("answers any datagram with one zero byte", async (t) => {
    const { port } = await relay(t);
    const socket = createSocket("udp4");
    t.after(() => socket.close());

    for (const ping of [hex("00"), Buffer.alloc(0), Buffer.alloc(1_000, 1)]) {
      socket.send(ping, port, "127.0.0.1");
      const [answer] = (await once(socket, "message")) as [Buffer];
      assert.deepEqual(answer, Buffer.of(0));
    }
  });

  it("is silent about a connection that carries nothing", async (t) => {
    const { host, port } = await relay(t);
    const { socket } = await dial(t, port);
    socket.end();
    await once(socket, "close");

    await eventually(() => host.open === 0, "the connection is let go");
    assert.deepEqual([host.opened, host.refused, host.complaints], [1, {}, []]);
  });

  it("speaks JSON on a connection that begins with it, and answers in JSON", async (t) => {
    const { host, port } = await relay(t);
    const { socket, answers } = await dial(t, port);

    socket.write('["t",1700000000,{"message":"one"}]\n["t",[[1700000000,{"message":"two"}]],{"chunk":"c"}]');

    await eventually(() => answers.length === 1, "the answer");
    assert.equal(answers[0]?.toString(), '{"ack":"c"}');
    assert.deepEqual(
      recordsOf(host).map(({ message }) => message),
      ["one", "two"],
    );
  });

  it("answers a sender that closes its side after the last message", async (t) => {
    const { host, port } = await relay(t);
    host.answer = (batch) => ({ ...allTaken(batch), held: new Promise((resolve) => setTimeout(() => resolve(true), 50)) });
    const { socket, answers } = await dial(t, port);

    socket.end(array("t", asStr(plain), { chunk: "last" }));
    await once(socket, "close");

    assert.equal(answers.length, 1);
  });

  it("closes connections over the limit and keeps the others", async (t) => {
    const { host, port } = await relay(t, { max_connections: 2 });
    const first = await dial(t, port);
    await dial(t, port);
    await eventually(() => host.open === 2, "both are open");

    const third = await dial(t, port);
    if (!third.socket.closed) await once(third.socket, "close");
    first.socket.write(array("t", 1, record));

    await eventually(() => host.batches.length === 1, "the first still works");
    assert.equal(host.complaints[0]?.cause, "too_many_connections");
  });

  it("holds hundreds of idle connections", async (t) => {
    const { host, port } = await relay(t);
    const sockets = await Promise.all(Array.from({ length: 300 }, () => dial(t, port)));
    await eventually(() => host.open === 300, "all are open");

    sockets[299]?.socket.write(array("t", asStr(plain), { chunk: "c" }));

    await eventually(() => sockets[299]?.answers.length === 1, "the answer");
  });

  it("finishes what it was given when it stops", async (t) => {
    const { host, port, stop } = await relay(t);
    const { socket } = await dial(t, port);
    socket.write(array("t", asStr(plain)));
    socket.write(array("t", asStr(plain)));
    await eventually(() => host.bytes > 0, "bytes arrive");

    await stop();

    assert.equal(recordsOf(host).length, 2);
    assert.equal(host.open, 0);
  });
});

import { strict as assert } from "node:assert";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { compressionAlgorithms, status } from "@grpc/grpc-js";
import { loadSync, type MethodDefinition, type ServiceDefinition } from "@grpc/proto-loader";
import { service as health } from "grpc-health-check";
import { Gate, GrpcRelay, records, StreamCall, takenAll, until } from "../support/grpc-relay.ts";

const alike =
  (code: number, text = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof Error && "code" in error && error.code === code, String(error));
    assert.match(error.message, text);
    return true;
  };

/** The reflection service as its package brings it along. */
function reflection(version: "v1" | "v1alpha"): Service {
  const root = join(createRequire(import.meta.url).resolve("@grpc/reflection"), "../../proto");
  const loaded = loadSync(`grpc/reflection/${version}/reflection.proto`, { includeDirs: [root], keepCase: true });
  // The name is fixed by the protocol.
  return loaded[`grpc.reflection.${version}.ServerReflection`] as ServiceDefinition;
}

/** Packages bring their own versions of proto-loader, whose types differ in name only. */
type Service = Readonly<
  Record<string, Pick<MethodDefinition<object, object>, "path" | "requestSerialize" | "responseDeserialize">>
>;

describe("grpc, what it refuses", () => {
  it("refuses bytes that are no batch, says where they break, and counts one malformed record", async (t) => {
    const relay = await GrpcRelay.start(t);

    await assert.rejects(
      relay.unaryBytes(Buffer.from("0a05ab", "hex")),
      alike(status.INVALID_ARGUMENT, /no crumbtrail.v1.Batch: a field that runs past the end at byte 2/),
    );

    assert.deepEqual(relay.seen.refused, ["malformed"]);
    assert.equal(relay.seen.complaints[0]?.cause, "invalid_batch");
    assert.equal((await relay.unary({ records: records(1) })).accepted, 1);
  });

  it("answers the batches before the broken one, then ends the stream", async (t) => {
    const relay = await GrpcRelay.start(t);
    const gate = new Gate();
    relay.seen.answer = (batch) => takenAll(batch, gate.opened);
    const stream = relay.stream();

    stream.write({ id: "good", records: records(1) });
    stream.write(Buffer.from("ffffff", "hex"));
    stream.write({ id: "unread", records: records(1) });
    await until(() => relay.seen.refused.length === 1, "the broken batch arrives");
    gate.open();

    assert.equal((await stream.status).code, status.INVALID_ARGUMENT);
    assert.deepEqual(stream.ids(), ["good"]);
    assert.equal(relay.seen.batches.length, 1);
  });

  it("refuses a batch over the limit and counts it", async (t) => {
    const relay = await GrpcRelay.start(t, { max_message_bytes: "10KiB" });

    await assert.rejects(relay.unaryBytes(Buffer.alloc(10 * 1024 + 1)), alike(status.RESOURCE_EXHAUSTED));

    assert.deepEqual(relay.seen.refused, ["too_large"]);
    assert.match(relay.seen.complaints[0]?.message ?? "", /max_message_bytes/);
    assert.equal((await relay.unary({ records: records(1) })).accepted, 1);
  });

  it("refuses a batch that unpacks to more than the limit", async (t) => {
    const relay = await GrpcRelay.start(t, { max_message_bytes: "10KiB" });
    const stream = relay.stream(relay.another({ "grpc.default_compression_algorithm": compressionAlgorithms.gzip }));

    stream.write({ id: "a".repeat(1024 * 1024) });

    assert.equal((await stream.status).code, status.RESOURCE_EXHAUSTED);
    assert.deepEqual(relay.seen.refused, ["too_large"]);
  });

  it("refuses request metadata over the limit", async (t) => {
    const relay = await GrpcRelay.start(t, { max_metadata_bytes: "1KiB" });

    await assert.rejects(
      relay.unary({}, { metadata: { "x-junk": "x".repeat(1_000) } }),
      alike(status.RESOURCE_EXHAUSTED, /max_metadata_bytes/),
    );

    assert.equal((await relay.unary({})).accepted, 0);
  });

  it("tells a sender that Send takes exactly one batch", async (t) => {
    const relay = await GrpcRelay.start(t);
    const { path, requestSerialize, responseDeserialize } = relay.send;
    const send = () => new StreamCall(relay.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize));

    const none = send();
    none.end();
    const two = send();
    two.write({ records: records(1) });
    two.write({ records: records(1) });

    assert.deepEqual(await none.status, { code: status.INVALID_ARGUMENT, details: "Send takes one Batch; there was none" });
    assert.equal((await two.status).code, status.INVALID_ARGUMENT);
  });

  it("stays up whatever is written to its port", async (t) => {
    // A connection that breaks the framing of HTTP/2 is not closed by Node; the keepalive finds it.
    const relay = await GrpcRelay.start(t, { keepalive_time: "100ms", keepalive_timeout: "100ms" });
    const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    const settings = Buffer.from("000000040000000000", "hex");
    const garbage = [
      Buffer.from('{"version":"1.1","short_message":"wrong port"}\0'),
      Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
      gzipSync("nothing"),
      preface,
      Buffer.concat([preface, Buffer.alloc(1_000, 0xff)]),
      Buffer.concat([preface, settings, Buffer.from("00000401040000000182868441", "hex")]),
      Buffer.concat([preface, settings, Buffer.from("ffffff0000000000010000", "hex")]),
    ];

    for (const bytes of garbage) {
      const socket = connect(relay.port, "127.0.0.1");
      const closed = new Promise((resolve) => socket.on("close", resolve).on("error", () => {}));
      socket.end(bytes);
      socket.resume();
      await closed;
    }

    assert.equal((await relay.unary({ records: records(1) })).accepted, 1);
    await until(() => relay.seen.open === 1, "the other connections close");
  });

  it("survives a sender that vanishes in the middle of a stream", async (t) => {
    const relay = await GrpcRelay.start(t);
    const gate = new Gate();
    relay.seen.answer = async (batch) => {
      await gate.opened;
      return takenAll(batch);
    };
    const client = relay.another();
    const stream = relay.stream(client);
    stream.write({ id: "x", records: records(10) });
    await until(() => relay.seen.batches.length === 1, "the batch arrives");

    stream.call.cancel();
    client.close();
    await until(() => relay.seen.open === 0, "the connection closes");
    gate.open();

    assert.equal((await relay.unary({ id: "x", records: records(1) })).accepted, 1);
  });

  it("reads no more batches while those under way hold the bytes it may hold", async (t) => {
    const relay = await GrpcRelay.start(t, { max_pending_bytes: "10KiB" });
    const gate = new Gate();
    relay.seen.answer = async (batch) => {
      await gate.opened;
      return takenAll(batch);
    };
    const big = { records: [{ message: "x".repeat(20_000) }] };

    const first = relay.unary(big);
    await until(() => relay.seen.batches.length === 1, "the first arrives");
    const others = Array.from({ length: 20 }, () => relay.unary(big));
    await relay.call(methodOf(health, "check"), { service: "" });
    assert.equal(relay.seen.batches.length, 1);
    gate.open();

    assert.equal((await first).accepted, 1);
    assert.equal((await Promise.all(others)).length, 20);
  });
});

describe("grpc, the services beside it", () => {
  it("answers health checks for the server and for the relay", async (t) => {
    const relay = await GrpcRelay.start(t);

    for (const service of ["", "crumbtrail.v1.LogRelay"]) {
      assert.equal((await relay.call<{ status: string }>(methodOf(health, "check"), { service })).status, "SERVING");
    }
    await assert.rejects(relay.call(methodOf(health, "check"), { service: "other" }), alike(status.NOT_FOUND));
  });

  it("lists its service and describes it to tools such as grpcurl", async (t) => {
    const relay = await GrpcRelay.start(t);
    for (const version of ["v1", "v1alpha"] as const) {
      const { path, requestSerialize, responseDeserialize } = methodOf(reflection(version), "ServerReflectionInfo");
      const call = relay.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
      const answers: {
        list_services_response?: { service: { name: string }[] };
        file_descriptor_response?: { file_descriptor_proto: Buffer[] };
      }[] = [];
      call.on("data", (answer) => answers.push(answer));

      call.write({ list_services: "" });
      call.write({ file_containing_symbol: "crumbtrail.v1.Record" });
      call.end();
      await new Promise((resolve) => call.on("end", resolve));

      assert.deepEqual(
        answers[0]?.list_services_response?.service.map(({ name }) => name),
        ["crumbtrail.v1.LogRelay"],
      );
      const files = answers[1]?.file_descriptor_response?.file_descriptor_proto ?? [];
      assert.ok(files.some((file) => file.includes("trace_id")));
    }
  });

  it("says UNIMPLEMENTED for methods it does not have", async (t) => {
    const relay = await GrpcRelay.start(t);

    await assert.rejects(relay.call({ ...relay.send, path: "/crumbtrail.v1.LogRelay/Nothing" }, {}), alike(status.UNIMPLEMENTED));
  });
});

describe("grpc, when it stops", () => {
  it("finishes the batches under way, tells streams to go elsewhere and refuses new calls", async (t) => {
    const relay = await GrpcRelay.start(t);
    const gate = new Gate();
    relay.seen.answer = async (batch) => {
      await gate.opened;
      return takenAll(batch);
    };
    const stream = relay.stream();
    stream.write({ id: "streamed", records: records(1) });
    const sent = relay.unary({ id: "sent", records: records(1) });
    await until(() => relay.seen.batches.length === 2, "both arrive");

    const stopped = relay.stop();
    await assert.rejects(relay.unary({}), alike(status.UNAVAILABLE));
    gate.open();

    assert.equal((await sent).accepted, 1);
    assert.equal((await stream.status).code, status.UNAVAILABLE);
    assert.deepEqual(stream.ids(), ["streamed"]);
    await stopped;
    assert.equal(relay.seen.open, 0);
  });

  it("tells those who watch its health, and does not wait for them", async (t) => {
    const relay = await GrpcRelay.start(t);
    const { path, requestSerialize, responseDeserialize } = methodOf(health, "watch");
    const watch = relay.client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: "" });
    const told: string[] = [];
    watch.on("data", (answer: { status: string }) => told.push(answer.status));
    const ended = new Promise<number>((resolve) =>
      watch.on("error", (error) => resolve("code" in error ? Number(error.code) : -1)),
    );
    await until(() => told.length === 1, "the first status arrives");

    await relay.stop();

    assert.equal(await ended, status.UNAVAILABLE);
    assert.deepEqual(told, ["SERVING", "NOT_SERVING"]);
  });

  it("lets go of everything when its time is over", async (t) => {
    const relay = await GrpcRelay.start(t);
    relay.seen.answer = () => new Promise(() => {});
    const stuck = assert.rejects(relay.unary({ records: records(1) }));
    await until(() => relay.seen.batches.length === 1, "the batch arrives");

    await relay.stop(AbortSignal.abort());
    await relay.stop(AbortSignal.abort());

    await stuck;
    await until(() => relay.seen.open === 0, "the connection closes");
  });
});

function methodOf(service: Service, name: string) {
  const method = Object.entries(service).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  if (method === undefined) throw new Error(`no method ${name}`);
  return method;
}

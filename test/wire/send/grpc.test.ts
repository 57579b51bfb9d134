import { strict as assert } from "node:assert";
import * as http2 from "node:http2";
import { createServer } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { RelayError } from "../../../src/base/errors.ts";
import { grpc as codec } from "../../../src/codec/grpc.ts";
import { isMalformed, NOTHING } from "../../../src/component/codec.ts";
import { sendGrpc } from "../../../src/wire/send/grpc.ts";
import { GrpcRelay } from "../../support/grpc-relay.ts";

const record = { message: "hello", severity: "warning", host: "here", timeMs: 1_795_170_767_123 };

/** A server that answers every request in one way; its port. */
function answering(t: TestContext, answer: (response: http2.Http2ServerResponse) => void): Promise<number> {
  const server = http2.createServer((_, response) => answer(response));
  t.after(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

describe("sendGrpc", () => {
  it("hands one record to a relay", async (t) => {
    const relay = await GrpcRelay.start(t);

    await sendGrpc({ host: "127.0.0.1", port: relay.port }, record, 5_000);

    const batch = relay.seen.batches[0];
    assert.ok(batch !== undefined);
    const { bytes, bounds } = batch.frames;
    const decoded = codec.decode(bytes, bounds[0] ?? 0, bounds[1] ?? 0, { ...batch.from, receivedMs: record.timeMs });
    assert.ok(decoded !== NOTHING && !isMalformed(decoded));
    assert.deepEqual([decoded.message, decoded.severity, decoded.host, decoded.timeMs], ["hello", 13, "here", record.timeMs]);
  });

  it("says so when nobody listens", async (t) => {
    const relay = await GrpcRelay.start(t);
    await relay.stop();

    await assert.rejects(sendGrpc({ host: "127.0.0.1", port: relay.port }, record, 5_000), (error) => {
      assert.ok(error instanceof RelayError);
      assert.equal(error.code, "RELAY_UPSTREAM_UNAVAILABLE");
      assert.match(error.message, new RegExp(`nobody listens on 127\\.0\\.0\\.1:${relay.port}`));
      return true;
    });
  });

  it("gives up after its time when there is no answer", async (t) => {
    const server = createServer((socket) => socket.on("error", () => {}).resume());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    t.after(() => server.close());
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);

    await assert.rejects(sendGrpc({ host: "127.0.0.1", port: address.port }, record, 100), RelayError);
  });

  it("says what answers when it is no relay", async (t) => {
    const missing = await answering(t, (response) => response.writeHead(404).end());
    const odd = await answering(t, (response) => response.writeHead(200, { "grpc-status": "0" }).end("\0\0\0\0\x01\x08"));
    const refusing = await answering(t, (response) =>
      response.writeHead(200, { "grpc-status": "14", "grpc-message": "later" }).end(),
    );

    await assert.rejects(sendGrpc({ host: "127.0.0.1", port: missing }, record, 5_000), /no gRPC service \(HTTP status 404\)/);
    await assert.rejects(sendGrpc({ host: "127.0.0.1", port: odd }, record, 5_000), /no crumbtrail.v1.Ack/);
    await assert.rejects(sendGrpc({ host: "127.0.0.1", port: refusing }, record, 5_000), /gRPC status 14: later/);
  });

  it("is not content with a record that was refused", async (t) => {
    const relay = await GrpcRelay.start(t);
    relay.seen.answer = () => ({ accepted: 0, malformed: 1, safe: true, held: undefined });

    await assert.rejects(sendGrpc({ host: "127.0.0.1", port: relay.port }, record, 5_000), /not that it accepted one record/);
  });
});

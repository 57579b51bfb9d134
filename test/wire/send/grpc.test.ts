import { strict as assert } from "node:assert";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { RelayError } from "../../../src/base/errors.ts";
import { grpc as codec } from "../../../src/codec/grpc.ts";
import { isMalformed, NOTHING } from "../../../src/component/codec.ts";
import { sendGrpc } from "../../../src/wire/send/grpc.ts";
import { GrpcRelay } from "../../support/grpc-relay.ts";

const record = { message: "hello", severity: "warning", host: "here", timeMs: 1_795_170_767_123 };

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
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${relay.port}: .*ECONNREFUSED`));
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

  it("is not content with a record that was refused", async (t) => {
    const relay = await GrpcRelay.start(t);
    relay.seen.answer = () => ({ accepted: 0, malformed: 1, held: undefined });

    await assert.rejects(sendGrpc({ host: "127.0.0.1", port: relay.port }, record, 5_000), /not that one record was accepted/);
  });
});

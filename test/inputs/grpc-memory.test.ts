import assert from "node:assert/strict";
import { connect as connectHttp2, type ClientHttp2Session } from "node:http2";
import { describe, it, type TestContext } from "node:test";
import { status, type ServiceError } from "@grpc/grpc-js";
import { GrpcRelay, MEMORY_BYTES, records, until } from "../support/grpc-relay.ts";

/** An input that has a mebibyte to itself. */
async function narrow(t: TestContext): Promise<GrpcRelay> {
  const relay = await GrpcRelay.start(t);
  relay.seen.memory.budget.narrow((1 << 20) / MEMORY_BYTES);
  return relay;
}

/** Begins a batch of 3.9 MB and sends a part of it; resolves with the status of the call. */
function begin(session: ClientHttp2Session, bytes: number): Promise<unknown> {
  const call = session.request({
    ":method": "POST",
    ":path": "/crumbtrail.v1.LogRelay/Stream",
    "content-type": "application/grpc",
    te: "trailers",
  });
  call.on("error", () => {});
  const head = Buffer.alloc(5);
  head.writeUInt32BE(3_900_000, 1);
  call.write(Buffer.concat([head, Buffer.alloc(bytes)]));
  return new Promise((resolve) => call.once("response", (headers) => resolve(headers["grpc-status"])));
}

describe("grpc, when there is no room", () => {
  it("gives up the largest unfinished batch and has its sender come back, and takes small ones", async (t) => {
    const relay = await narrow(t);
    const session = connectHttp2(`http://127.0.0.1:${relay.port}`);
    t.after(() => session.destroy());
    session.on("error", () => {});
    const { budget } = relay.seen.memory;
    const ends = Array.from({ length: 3 }, () => begin(session, 400_000));
    assert.equal(await Promise.race(ends), String(status.RESOURCE_EXHAUSTED));
    assert.ok(budget.held <= budget.limit, `${budget.held}`);
    assert.equal(relay.seen.counts["turned_away memory"], 1);
    assert.equal((await relay.unary({ records: records(2) })).accepted, 2);

    session.destroy();
    relay.client.close();
    await until(() => budget.held === 0, "everything given back");
  });

  it("answers Send with the time to come back while too much waits for the queue", async (t) => {
    const relay = await narrow(t);
    relay.seen.memory.hold(600_000);
    await assert.rejects(relay.unary({ records: records(1) }), (error: ServiceError) => {
      assert.equal(error.code, status.RESOURCE_EXHAUSTED);
      assert.match(error.details, /no room for it now \(max_memory\)/);
      assert.deepEqual(error.metadata.get("grpc-retry-pushback-ms"), ["1000"]);
      return true;
    });
    relay.seen.memory.give(600_000);
    assert.equal((await relay.unary({ records: records(1) })).accepted, 1);
  });
});

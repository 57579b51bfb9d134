import { strict as assert } from "node:assert";
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import { describe, it, type TestContext } from "node:test";
import { status } from "@grpc/grpc-js";
import { GrpcRelay, records, takenAll, until } from "../support/grpc-relay.ts";

/** Calls over HTTP/2 alone, which nobody ends unless the test does. */
function session(t: TestContext, port: number): ClientHttp2Session {
  const made = connect(`http://127.0.0.1:${port}`);
  made.on("error", () => {});
  t.after(() => made.destroy());
  return made;
}

function call(on: ClientHttp2Session, method: "Send" | "Stream", more: Readonly<Record<string, string>> = {}): ClientHttp2Stream {
  const path = `/crumbtrail.v1.LogRelay/${method}`;
  const made = on.request({ ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...more });
  made.on("error", () => {});
  made.resume();
  return made;
}

/** The status of a call, from whichever of the two it is in. */
function statusOf(made: ClientHttp2Stream): Promise<number> {
  return new Promise((resolve) => {
    const look = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers["grpc-status"] !== undefined) resolve(Number(headers["grpc-status"]));
    };
    made.on("response", look);
    made.on("trailers", look);
  });
}

function closed(made: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    made.once("close", () => resolve());
  });
}

describe("grpc, what takes too long", () => {
  it("ends calls whose batch does not come in whole, and counts each", async (t) => {
    const relay = await GrpcRelay.start(t, { message_timeout: "200ms" });
    const on = session(t, relay.port);
    const calls = [call(on, "Send"), call(on, "Send"), call(on, "Stream")];
    const statuses = Promise.all(calls.map(statusOf));
    // The head of a batch of a thousand bytes, and one of them; and a Send without even that.
    for (const made of calls.slice(1)) made.write(Buffer.from("00000003e80a", "hex"));

    assert.deepEqual(await statuses, [status.DEADLINE_EXCEEDED, status.DEADLINE_EXCEEDED, status.DEADLINE_EXCEEDED]);
    assert.equal(relay.seen.counts["turned_away slow"], 3);
    assert.match(relay.seen.complaints[0]?.message ?? "", /200ms \(message_timeout\)/);
  });

  it("lets a Stream be silent between its batches, and gives each of them its own time", async (t) => {
    const relay = await GrpcRelay.start(t, { message_timeout: "200ms" });
    const stream = relay.stream();
    stream.write({ id: "a", records: records(1) });
    await until(() => stream.acks.length === 1, "the first Ack comes");
    await new Promise((resolve) => setTimeout(resolve, 600));
    stream.write({ id: "b", records: records(1) });
    await until(() => stream.acks.length === 2, "the second Ack comes");
    stream.end();

    assert.equal((await stream.status).code, status.OK);
    assert.equal(relay.seen.counts["turned_away slow"], undefined);
  });

  it("does not count the time in which it is the relay that has no room", async (t) => {
    const relay = await GrpcRelay.start(t, { message_timeout: "200ms" });
    let take = (): void => {};
    relay.seen.answer = async (batch) => {
      await new Promise<void>((resolve) => (take = resolve));
      return takenAll(batch);
    };
    const stream = relay.stream();
    stream.write({ id: "a", records: records(1) });
    stream.write({ id: "b", records: records(1) });
    await until(() => relay.seen.batches.length === 1, "the first batch arrives");
    await new Promise((resolve) => setTimeout(resolve, 600));
    relay.seen.answer = (batch) => takenAll(batch);
    take();
    await until(() => stream.acks.length === 2, "both are acknowledged");

    assert.equal(relay.seen.counts["turned_away slow"], undefined);
  });

  it("closes the stream of a call that was answered and that its sender never ends", async (t) => {
    const relay = await GrpcRelay.start(t, { max_metadata_bytes: "1KiB" });
    const made = call(session(t, relay.port), "Stream", { "x-large": "y".repeat(2_000) });
    const over = closed(made);

    assert.equal(await statusOf(made), status.RESOURCE_EXHAUSTED);
    await over;
    assert.equal(made.rstCode, 0);
    assert.equal(relay.seen.counts["turned_away headers"], 1);
  });

  it("closes a connection whose calls are reset again and again before their batch, once and counted", async (t) => {
    const relay = await GrpcRelay.start(t);
    const on = session(t, relay.port);
    await new Promise((resolve) => on.once("connect", resolve));
    let isClosed = false;
    on.once("close", () => (isClosed = true));
    for (let round = 0; round < 20 && !on.destroyed && !on.closed; round += 1) {
      for (let i = 0; i < 50; i += 1) call(on, "Stream").close(constants.NGHTTP2_CANCEL);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => isClosed, "the connection is closed");

    assert.equal(relay.seen.counts["turned_away rate_limited"], 1);
    assert.equal((await relay.unary({ records: records(1) })).accepted, 1);
  });
});

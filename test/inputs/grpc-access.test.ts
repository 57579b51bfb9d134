import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { describe, it } from "node:test";
import { status } from "@grpc/grpc-js";
import { service as health } from "grpc-health-check";
import type { MethodDefinition } from "@grpc/proto-loader";
import { GrpcRelay, records, until } from "../support/grpc-relay.ts";
import { proxyV2 } from "../support/proxy-headers.ts";
import { closed, dialFrom } from "../support/senders.ts";

const TOKEN = { authorization: "Bearer a-token-of-ours" };

// Packages bring their own versions of proto-loader, whose types differ in name only.
const check = health["Check"] as Pick<MethodDefinition<object, object>, "path" | "requestSerialize" | "responseDeserialize">;

const alike =
  (code: number, text = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof Error && "code" in error && error.code === code, String(error));
    assert.match(error.message, text);
    return true;
  };

describe("grpc with auth", () => {
  it("takes calls with a token only, and says what it wants", async (t) => {
    const relay = await GrpcRelay.start(t, { auth: { tokens: ["a-token-of-ours"] } });

    assert.equal((await relay.unary({ records: records(2) }, { metadata: TOKEN })).accepted, 2);
    await assert.rejects(relay.unary({ records: records(1) }), alike(status.UNAUTHENTICATED, /authorization: Bearer TOKEN/));
    await assert.rejects(
      relay.unary({ records: records(1) }, { metadata: { authorization: "Bearer a-token-of-theirs" } }),
      alike(status.UNAUTHENTICATED),
    );
    const stream = relay.stream();
    stream.write({ id: "one", records: records(1) });
    assert.equal((await stream.status).code, status.UNAUTHENTICATED);

    assert.equal(relay.seen.batches.length, 1);
    assert.deepEqual(relay.seen.refused, []);
    assert.equal(relay.seen.counts["turned_away unauthorized"], 3);
    assert.ok(!JSON.stringify(relay.seen.complaints).includes("a-token"));
  });

  it("tells anybody whether it is healthy, and only those with a token what it speaks", async (t) => {
    const relay = await GrpcRelay.start(t, { auth: { tokens: ["a-token-of-ours"] } });
    const answer = await relay.call<{ status: string }>(check, { service: "" });
    const reflection = {
      path: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
      requestSerialize: () => Buffer.from("3a00", "hex"),
      responseDeserialize: (bytes: Buffer) => bytes,
    };

    assert.equal(answer.status, "SERVING");
    await assert.rejects(relay.call(reflection, {}), alike(status.UNAUTHENTICATED));
    const known = await relay.call<Buffer>(reflection, {}, { metadata: TOKEN });
    assert.match(known.toString("latin1"), /crumbtrail\.v1\.LogRelay/);
  });
});

describe("grpc with lists", () => {
  it("closes connections from elsewhere, and takes the sender that a PROXY header names", async (t) => {
    const relay = await GrpcRelay.start(t, { allow: ["203.0.113.0/24"], proxy_protocol: ["127.0.9.0/24"] });
    await closed(dialFrom(t, relay.port, "127.0.0.5"));
    const socket = dialFrom(t, relay.port, "127.0.9.1");
    socket.write(proxyV2("203.0.113.7"));
    const session = connectHttp2("http://relay", { createConnection: () => socket });
    t.after(() => session.destroy());
    const call = session.request({
      ":method": "POST",
      ":path": "/crumbtrail.v1.LogRelay/Send",
      "content-type": "application/grpc",
      te: "trailers",
    });
    // A Batch of the id "a" and one record with the message "x".
    call.end(Buffer.from("00000000080a016112031a0178", "hex"));
    await until(() => relay.seen.counts["turned_away not_allowed"] === 1, "the stranger");
    await once(call, "response");

    assert.deepEqual(
      relay.seen.batches.map(({ from }) => from.peer),
      ["203.0.113.7"],
    );
    assert.equal(relay.seen.opened, 1);
  });
});

describe("grpc with limits for one sender", () => {
  it("answers RESOURCE_EXHAUSTED to calls over the rate, and health checks are none", async (t) => {
    const relay = await GrpcRelay.start(t, { max_requests_per_second_per_peer: 1 });
    assert.equal((await relay.unary({ records: records(1) })).accepted, 1);
    const error: unknown = await relay.unary({ records: records(1) }).catch((thrown: unknown) => thrown);

    assert.ok(alike(status.RESOURCE_EXHAUSTED, /come back in \d+ ms/)(error));
    assert.ok(error instanceof Error && "metadata" in error);
    assert.match(JSON.stringify(error.metadata), /grpc-retry-pushback-ms/);
    assert.equal((await relay.call<{ status: string }>(check, { service: "" })).status, "SERVING");
    assert.equal(relay.seen.counts["turned_away rate_limited"], 1);
    assert.deepEqual(relay.seen.refused, []);
  });

  it("reads a Stream no faster than its rate, and loses nothing of it", async (t) => {
    const relay = await GrpcRelay.start(t, { max_records_per_second_per_peer: 100 });
    const stream = relay.stream();
    for (let n = 0; n < 4; n += 1) stream.write({ id: `b${n}`, records: records(60) });
    await until(() => relay.seen.batches.length === 2, "what comes at once");
    assert.deepEqual(relay.seen.counts, {});
    stream.end();

    assert.equal((await stream.status).code, status.OK);
    assert.deepEqual(stream.ids(), ["b0", "b1", "b2", "b3"]);
  });

  it("closes connections over max_connections_per_peer", async (t) => {
    const relay = await GrpcRelay.start(t, { max_connections_per_peer: 1 });
    dialFrom(t, relay.port, "127.0.0.2");
    await until(() => relay.seen.open === 1, "one connection");
    await closed(dialFrom(t, relay.port, "127.0.0.2"));

    assert.equal(relay.seen.counts["turned_away too_many_per_peer"], 1);
    assert.equal((await relay.unary({ records: records(1) })).accepted, 1);
  });

  it("closes a connection without calls", async (t) => {
    const relay = await GrpcRelay.start(t, { idle_timeout: "50ms" });
    assert.equal((await relay.unary({ records: records(1) })).accepted, 1);
    await until(() => relay.seen.opened === 1 && relay.seen.open === 0, "the idle connection to end");
    assert.equal((await relay.unary({ records: records(1) })).accepted, 1);
  });
});

import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { describe, it } from "node:test";
import { array, asBin, entry } from "../support/forward-bytes.ts";
import { GrpcSender } from "../support/real-senders-grpc.ts";
import { dial } from "../support/real-senders-hostile.ts";
import { messageOf, SharedRelay } from "../support/real-senders-relay.ts";

const INPUTS = `  tcp: { type: gelf_tcp, listen: "127.0.0.1:0" }
  udp: { type: gelf_udp, listen: "127.0.0.1:0" }
  web: { type: gelf_http, listen: "127.0.0.1:0" }
  fluent: { type: forward, listen: "127.0.0.1:0" }
  rpc: { type: grpc, listen: "127.0.0.1:0" }`;

describe("a relay that is told to stop", () => {
  // Far more time than the runner gives: who waits for those that are stuck does not get through.
  it("does not wait for senders that are stuck, and keeps what they had sent in whole", { timeout: 30_000 }, async (t) => {
    const relay = await SharedRelay.start(INPUTS, "shutdown_timeout: 10m");
    t.after(() => relay.close());
    const stuck = async (input: string, ...parts: readonly (string | Uint8Array)[]): Promise<void> => {
      const socket = await dial(await relay.port(input, input === "fluent" ? "tcp" : undefined));
      socket.resume();
      t.after(() => socket.destroy());
      for (const part of parts) socket.write(part);
    };
    await stuck("tcp", '{"short_message":"whole","level":3}\0{"short_message":"its end is missing","level":3}');
    await stuck("tcp");
    const line = entry({ log: "ERROR waits for its trace\n", stream: "stderr" });
    await stuck("fluent", array("t", asBin(line), { chunk: "c" }), array("t", asBin(line)).subarray(0, 9));
    await stuck("web", 'POST /gelf HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"short_message"');
    await stuck("web", "POST /gelf HTTP/1.1\r\nHost: a");
    await stuck("rpc");
    const session = connectHttp2(`http://127.0.0.1:${await relay.port("rpc")}`);
    session.on("error", () => {});
    t.after(() => session.destroy());
    const headers = {
      ":method": "POST",
      ":path": "/crumbtrail.v1.LogRelay/Stream",
      "content-type": "application/grpc",
      te: "trailers",
    };
    const call = session.request(headers);
    call.on("error", () => {});
    call.write(Buffer.from([0, 0, 0, 0, 50, 1, 2, 3]));
    const sender = new GrpcSender(await relay.port("rpc"));
    t.after(() => sender.close());
    await sender.send({ records: [{ message: "sent and answered", severity: "error" }] });
    // All connections are taken, and what was whole has been read.
    await relay.daemon.settled(2);
    while ((await connections(relay)) < 8) await new Promise((resolve) => setTimeout(resolve, 5));

    assert.equal(await relay.daemon.stop(), 0);

    assert.deepEqual(relay.mini.events().map(messageOf).toSorted(), [
      "ERROR waits for its trace",
      "its end is missing",
      "sent and answered",
      "whole",
    ]);
    assert.match(relay.daemon.stderr, /"received":5,"settled":\{"delivered":4,"malformed":1\},"in_flight":0,"msg":"stopped"/);
    assert.deepEqual(relay.mini.problems, []);
  });
});

async function connections(relay: SharedRelay): Promise<number> {
  const metrics = await relay.daemon.metrics();
  return [...metrics].filter(([name]) => name.startsWith("crumbtrail_connections{")).reduce((sum, [, open]) => sum + open, 0);
}

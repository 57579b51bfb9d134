import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { decode, encode, ExtData } from "@msgpack/msgpack";
import type { Address } from "../../../src/base/units.ts";
import { isListening } from "../../../src/component/listening.ts";
import { forward } from "../../../src/inputs/forward.ts";
import { sendForward } from "../../../src/wire/send/forward.ts";
import { portOf, RecordingHost } from "../../support/input-host.ts";

const RECORD = { message: "it broke", severity: "error", host: "web-1", timeMs: 1_441_588_984_123.456 };

/** A forward server that lets the test say what it answers to each event. */
async function listening(t: TestContext, answer: (socket: Socket, event: unknown[]) => void): Promise<Address> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => answer(socket, decode(bytes) as unknown[]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

function ackOf(event: unknown[]): Uint8Array {
  return encode({ ack: (event[3] as { chunk: string }).chunk });
}

describe("sendForward", () => {
  it("sends one event with nanoseconds and waits for its acknowledgement, which may come in pieces", async (t) => {
    let seen: unknown[] = [];
    const target = await listening(t, (socket, event) => {
      seen = event;
      const ack = ackOf(event);
      socket.write(ack.subarray(0, 3));
      setTimeout(() => socket.write(ack.subarray(3)), 20);
    });

    await sendForward(target, RECORD, 10_000);

    const [tag, time, record] = seen;
    assert.equal(tag, "crumbtrail.send");
    assert.ok(time instanceof ExtData);
    assert.equal(time.type, 0);
    assert.match(Buffer.from(time.data as Uint8Array).toString("hex"), /^55ece6f8075b/);
    assert.deepEqual(record, { message: "it broke", level: "error", host: "web-1" });
  });

  it("brings one record into the forward input", async (t) => {
    const host = new RecordingHost();
    const input = forward.create(forward.config.parse({ listen: "127.0.0.1:0" }), host);
    await input.start(new AbortController().signal);
    t.after(() => input.stop(AbortSignal.abort()));
    const port = portOf(isListening(input) ? input.addresses.find((address) => address.startsWith("tcp:")) : undefined);

    await sendForward({ host: "127.0.0.1", port }, RECORD, 10_000);

    assert.equal(host.frames.length, 1);
    assert.equal(host.batches[0]?.from.tag, "crumbtrail.send");
  });

  for (const [what, answer, message] of [
    ["a close", (socket: Socket) => socket.end(), /closed before the record was acknowledged/],
    ["a wrong acknowledgement", (socket: Socket) => socket.write(encode({ ack: "other" })), /no acknowledgement/],
    ["a greeting", (socket: Socket) => socket.write(encode(["HELO", { nonce: "", auth: "", keepalive: true }])), /shared key/],
    ["nonsense", (socket: Socket) => socket.write(Buffer.from([0xc1])), /./],
    ["silence", () => true, /no answer within 300ms/],
  ] as const) {
    it(`rejects after ${what}`, async (t) => {
      const target = await listening(t, (socket) => answer(socket));
      await assert.rejects(sendForward(target, RECORD, 300), { code: "RELAY_UPSTREAM_UNAVAILABLE", message });
    });
  }

  it("says when nobody listens", async (t) => {
    const { port } = await listening(t, () => {});
    const target = { host: "127.0.0.2", port };
    await assert.rejects(sendForward(target, RECORD, 1_000), { message: `nobody listens on 127.0.0.2:${port}` });
  });
});

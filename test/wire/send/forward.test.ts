import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { decode, encode, ExtData } from "@msgpack/msgpack";
import type { Address } from "../../../src/base/units.ts";
import { isListening } from "../../../src/component/listening.ts";
import { forward } from "../../../src/inputs/forward.ts";
import { heloBytes, readPing } from "../../../src/wire/forward-greeting.ts";
import { ForwardKeys } from "../../../src/wire/forward-keys.ts";
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

  it("shows the shared key before it sends, and is told who does not know it", async (t) => {
    const host = new RecordingHost();
    const input = forward.create(
      forward.config.parse({ listen: "127.0.0.1:0", shared_key: "k", users: { ann: "pw" }, self_hostname: "relay-1" }),
      host,
    );
    await input.start(new AbortController().signal);
    t.after(() => input.stop(AbortSignal.abort()));
    const port = portOf(isListening(input) ? input.addresses[0] : undefined);
    const target = { host: "127.0.0.1", port };
    const right = { sharedKey: "k", user: "ann", password: "pw" };

    await sendForward(target, RECORD, 10_000, right);

    assert.deepEqual([host.frames.length, host.complaints], [1, []]);
    const refused: readonly (readonly [typeof right | undefined, RegExp])[] = [
      [undefined, /this input asks for a shared key; set CRUMBTRAIL_SHARED_KEY, or give --shared-key-file/],
      [{ ...right, sharedKey: "j" }, /the input refused this sender: shared_key mismatch/],
      [{ ...right, password: "" }, /the input refused this sender: username\/password mismatch/],
    ];
    for (const [credentials, message] of refused) {
      await assert.rejects(sendForward(target, RECORD, 10_000, credentials), { code: "RELAY_UPSTREAM_UNAVAILABLE", message });
    }
    assert.equal(host.frames.length, 1, "nothing more was taken");
  });

  it("takes greeting, proof and acknowledgement in any pieces", async (t) => {
    const keys = new ForwardKeys({ sharedKey: "k", users: {}, hostname: "relay-1" });
    const helo = { nonce: Buffer.from("00ff80c3", "hex"), auth: Buffer.alloc(0) };
    const server = createServer((socket) => {
      let bytes = Buffer.alloc(0);
      let isIn = false;
      const trickle = (answer: Uint8Array): void => answer.forEach((byte) => void socket.write(Buffer.of(byte)));
      socket.setNoDelay(true);
      socket.on("error", () => {});
      trickle(heloBytes(helo));
      socket.on("data", (part) => {
        bytes = Buffer.concat([bytes, part]);
        const ping = isIn ? "other" : readPing(bytes);
        if (typeof ping === "object") {
          isIn = true;
          bytes = bytes.subarray(ping.next);
          trickle(keys.verdict(ping.message, helo).pong);
        } else if (isIn) trickle(ackOf(decode(bytes) as unknown[]));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => server.close());

    const target = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
    await sendForward(target, RECORD, 10_000, { sharedKey: "k", user: "", password: "" });
  });

  it("says that an input which does not greet seems to have no key", async (t) => {
    const target = await listening(t, () => {});
    const sending = sendForward(target, RECORD, 300, { sharedKey: "k", user: "", password: "" });
    await assert.rejects(sending, {
      message: /no answer within 300ms: no greeting came, so this input seems to have no shared_key/,
    });
  });

  it("says when nobody listens", async (t) => {
    const { port } = await listening(t, () => {});
    const target = { host: "127.0.0.2", port };
    await assert.rejects(sendForward(target, RECORD, 1_000), { message: `nobody listens on 127.0.0.2:${port}` });
  });
});

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { describe, it, type TestContext } from "node:test";
import { isListening } from "../../src/component/listening.ts";
import { forward } from "../../src/inputs/forward.ts";
import { ManualClock } from "../support/clock.ts";
import { array, entry } from "../support/forward-bytes.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";
import { proxyV2 } from "../support/proxy-headers.ts";
import { closed, dialFrom } from "../support/senders.ts";

async function started(t: TestContext, config: object, clock?: ManualClock): Promise<{ host: RecordingHost; port: number }> {
  const host = new RecordingHost(clock);
  const input = forward.create(forward.config.parse({ listen: "127.0.0.1:0", ...config }), host);
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.timeout(1_000)));
  return { host, port: portOf(isListening(input) ? input.addresses[0] : undefined) };
}

/** A message of so many records. */
function message(count: number): Buffer {
  return array("app", array(...Array.from({ length: count }, () => entry({ message: "m" }))));
}

/** Asks for a heartbeat. */
async function beat(t: TestContext, port: number, from: string): Promise<{ answers: number }> {
  const socket = createSocket("udp4");
  t.after(() => socket.close());
  await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  const heard = { answers: 0 };
  socket.on("message", () => (heard.answers += 1));
  await new Promise<void>((resolve) => socket.send(Buffer.of(0), port, "127.0.0.1", () => resolve()));
  return heard;
}

describe("forward with an allow-list", () => {
  it("answers heartbeats, and takes connections, of those in it", async (t) => {
    const { host, port } = await started(t, { allow: ["127.0.1.0/24"] });
    const stranger = await beat(t, port, "127.0.2.1");
    await eventually(() => host.counted["turned_away not_allowed"] === 1, "the stranger's heartbeat");
    const friend = await beat(t, port, "127.0.1.1");
    await closed(dialFrom(t, port, "127.0.2.1"));
    dialFrom(t, port, "127.0.1.1").write(message(1));
    await eventually(() => friend.answers === 1 && host.frames.length === 1, "the friend");

    assert.deepEqual([stranger.answers, host.counted["turned_away not_allowed"]], [0, 2]);
  });

  it("takes the sender that a PROXY header names", async (t) => {
    const { host, port } = await started(t, { proxy_protocol: ["127.0.9.0/24"] });
    dialFrom(t, port, "127.0.9.1").write(Buffer.concat([proxyV2("2001:db8::7"), message(2)]));
    await eventually(() => host.frames.length === 2, "both records");

    assert.equal(host.batches[0]?.from.peer, "2001:db8::7");
  });
});

describe("forward with limits for one sender", () => {
  it("reads on when the records that it sent too many are made up for", async (t) => {
    const clock = new ManualClock();
    const { host, port } = await started(t, { max_records_per_second_per_peer: 100 }, clock);
    const socket = dialFrom(t, port, "127.0.0.2");
    socket.write(message(110));
    await eventually(() => host.frames.length === 110, "what came at once");
    socket.write(message(5));
    dialFrom(t, port, "127.0.0.3").write(message(1));
    await eventually(() => host.frames.length === 111, "the neighbour");
    assert.equal(host.batches.at(-1)?.from.peer, "127.0.0.3");

    clock.advance(1_000);
    await eventually(() => host.frames.length === 116, "the rest");
  });

  it("lets go of a message that never ends", async (t) => {
    const clock = new ManualClock();
    const { host, port } = await started(t, { message_timeout: "100ms" }, clock);
    const socket = dialFrom(t, port);
    socket.write(message(3).subarray(0, 20));
    await eventually(() => host.bytes === 20, "its beginning");
    clock.advance(101);
    await closed(socket);

    assert.equal(host.counted["turned_away slow"], 1);
  });
});

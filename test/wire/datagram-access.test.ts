import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { describe, it, type TestContext } from "node:test";
import type { AccessSettings } from "../../src/component/access.ts";
import { Access } from "../../src/wire/access/access.ts";
import { DatagramServer } from "../../src/wire/datagram-server.ts";
import { ManualClock } from "../support/clock.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";
import { accessSettings, networksOf } from "../support/senders.ts";

interface Started {
  readonly host: RecordingHost;
  readonly port: number;
  readonly opened: string[];
}

async function started(t: TestContext, settings: Partial<AccessSettings>, clock = new ManualClock()): Promise<Started> {
  const host = new RecordingHost(clock);
  const opened: string[] = [];
  const server = new DatagramServer({
    address: { host: "127.0.0.1", port: 0 },
    receiveBuffer: 1 << 20,
    maxPendingBytes: 1 << 20,
    host,
    access: new Access(accessSettings(settings), host),
    protocol: {
      codec: "gelf",
      assemble: (datagram) => datagram,
      open(message) {
        opened.push(message.toString());
        return message;
      },
    },
  });
  await server.start();
  t.after(() => server.stop(AbortSignal.timeout(500)));
  return { host, opened, port: portOf(server.addresses[0]) };
}

async function sendFrom(t: TestContext, port: number, address: string, ...messages: readonly string[]): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  t.after(() => socket.close());
  for (const message of messages) {
    await new Promise<void>((resolve) => socket.send(message, port, "127.0.0.1", () => resolve()));
  }
}

describe("a datagram server with an allow-list", () => {
  it("ignores datagrams from elsewhere before they are looked at, and counts them", async (t) => {
    const { host, port, opened } = await started(t, { allow: networksOf("127.0.1.0/24") });
    await sendFrom(t, port, "127.0.2.1", "a", "b", "c");
    await sendFrom(t, port, "127.0.1.5", "hello");
    await sendFrom(t, port, "127.0.2.1", "d");
    await eventually(() => host.frames.length === 1 && host.counted["turned_away not_allowed"] === 4, "all datagrams");

    assert.deepEqual([opened, host.frames, host.bytes, host.refused], [["hello"], ["hello"], 5, {}]);
    assert.ok(host.complaints.every(({ cause, peer }) => cause === "not_allowed" && peer === "127.0.2.1"));
  });
});

describe("a datagram server with limits for one sender", () => {
  it("drops messages over the rate before they are unpacked, counts them as records, and takes the neighbour's", async (t) => {
    const clock = new ManualClock();
    const { host, port, opened } = await started(t, { max_records_per_second_per_peer: 3 }, clock);
    await sendFrom(t, port, "127.0.0.2", "1", "2", "3", "4", "5");
    await sendFrom(t, port, "127.0.0.3", "neighbour");
    await eventually(() => opened.includes("neighbour") && host.refused["rate_limited"] === 2, "all datagrams");
    assert.deepEqual(opened.toSorted(), ["1", "2", "3", "neighbour"]);
    assert.equal(host.complaints[0]?.cause, "rate_limited");

    clock.advance(1_000);
    await sendFrom(t, port, "127.0.0.2", "6");
    await eventually(() => opened.includes("6"), "the message after a second");
  });

  it("counts bytes too", async (t) => {
    const { host, port, opened } = await started(t, { max_bytes_per_second_per_peer: 10 });
    await sendFrom(t, port, "127.0.0.2", "eight by", "eight by", "eight by");
    await eventually(() => host.refused["rate_limited"] === 1, "all datagrams");
    assert.equal(opened.length, 2);
  });
});

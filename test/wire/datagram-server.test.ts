import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { pino } from "pino";
import { DatagramServer, type DatagramServerOptions } from "../../src/wire/datagram-server.ts";
import type { Receipt } from "../../src/record/batch.ts";
import { ManualClock } from "../support/clock.ts";
import { DatagramSender } from "../support/datagrams.ts";
import { allTaken, eventually, framesOf, portOf, RecordingHost } from "../support/input-host.ts";

const NEVER = new AbortController().signal;

/** A started server that takes each datagram but empty ones as a frame. */
async function started(
  t: TestContext,
  host: RecordingHost,
  options: Partial<DatagramServerOptions> = {},
): Promise<DatagramServer> {
  const server = new DatagramServer({
    address: { host: "127.0.0.1", port: 0 },
    receiveBuffer: 1 << 20,
    maxPendingBytes: 1 << 20,
    host,
    protocol: {
      codec: "text",
      assemble: (datagram) => datagram,
      open: (message) => (message.length === 0 ? undefined : message),
    },
    ...options,
  });
  await server.start();
  t.after(() => server.stop(AbortSignal.abort()));
  return server;
}

function numbered(count: number, bytes = 1): string[] {
  return Array.from({ length: count }, (_, i) => String(i).padStart(bytes, "0"));
}

describe("DatagramServer", () => {
  it("hands over the datagrams of one sender that came together as one batch, in order", async (t) => {
    const host = new RecordingHost(new ManualClock(1_700_000_000_000));
    host.labels = new Map([["site", "ber"]]);
    const server = await started(t, host);
    const sender = await DatagramSender.to(t, portOf(server.addresses[0]));

    sender.send(...numbered(20), "");
    await eventually(() => host.frames.length >= 20, "20 frames");

    assert.deepEqual(host.frames, numbered(20));
    assert.equal(host.batches.length, 1);
    const [batch] = host.batches;
    assert.equal(batch?.codec, "text");
    assert.equal(batch?.position, undefined);
    assert.deepEqual(batch?.from, {
      input: "edge",
      peer: "127.0.0.1",
      receivedMs: 1_700_000_000_000,
      tag: "",
      labels: host.labels,
      metadata: undefined,
    });
    assert.equal(host.bytes, numbered(20).join("").length);
  });

  it("keeps senders apart", async (t) => {
    const host = new RecordingHost();
    const server = await started(t, host);
    const one = await DatagramSender.to(t, portOf(server.addresses[0]), "127.0.0.1");
    const two = await DatagramSender.to(t, portOf(server.addresses[0]), "127.0.0.2");

    for (let i = 0; i < 5; i += 1) {
      one.send(`one ${i}`);
      two.send(`two ${i}`);
    }
    await eventually(() => host.frames.length >= 10, "10 frames");

    for (const batch of host.batches) {
      const name = batch.from.peer === "127.0.0.1" ? "one" : "two";
      assert.ok(framesOf(batch).every((frame) => frame.startsWith(name)));
    }
  });

  it("loses nothing of a burst that fits the receive buffer, in batches of a bounded size", async (t) => {
    const host = new RecordingHost();
    const server = await started(t, host, { maxPendingBytes: 16 << 20 });
    const sender = await DatagramSender.to(t, portOf(server.addresses[0]));

    for (let round = 0; round < 50; round += 1) {
      sender.send(...numbered(100, 60));
      await eventually(() => host.frames.length >= (round + 1) * 100, `burst ${round}`);
    }

    assert.equal(host.frames.length, 5_000);
    assert.ok(host.batches.every(({ frames }) => frames.bounds.length <= 2_048));
    assert.equal(server.pendingBytes, 0);
    assert.deepEqual(host.refused, {});
  });

  it("counts what finds no room while the intake waits, and takes on again afterwards", async (t) => {
    const host = new RecordingHost();
    const server = await started(t, host, { maxPendingBytes: 10_000 });
    const sender = await DatagramSender.to(t, portOf(server.addresses[0]));
    let take: () => void = () => {};
    host.answer = (batch) =>
      new Promise<Receipt>((resolve) => {
        take = () => resolve(allTaken(batch));
      });

    sender.send(...numbered(40, 1_000));
    await eventually(() => host.frames.length + (host.refused["queue_full"] ?? 0) >= 40, "all 40 taken or counted");
    assert.ok(server.pendingBytes < 12_000);
    assert.equal(host.frames.length, 10);
    assert.equal(host.refused["queue_full"], 30);
    assert.match(host.complaints[0]?.message ?? "", /^\d+ messages dropped: 9\.8KiB of earlier ones \(max_pending_bytes\)/);

    take();
    host.answer = allTaken;
    await eventually(() => server.pendingBytes === 0, "room again");
    sender.send("after");
    await eventually(() => host.frames.at(-1) === "after", "a frame after the jam");
  });

  it("takes in what the kernel holds when it is told to stop, and waits for the intake", async (t) => {
    const host = new RecordingHost();
    const server = await started(t, host);
    const sender = await DatagramSender.to(t, portOf(server.addresses[0]));
    let taken = 0;
    host.answer = async (batch) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      taken += batch.frames.bounds.length / 2;
      return allTaken(batch);
    };

    sender.send(...numbered(150, 10));
    await server.stop(AbortSignal.timeout(10_000));

    assert.equal(taken, 150);
    assert.equal(server.pendingBytes, 0);
  });

  it("stops at the deadline when the intake never takes", async (t) => {
    const host = new RecordingHost();
    const server = await started(t, host);
    const sender = await DatagramSender.to(t, portOf(server.addresses[0]));
    host.answer = () => new Promise<Receipt>(() => {});

    sender.send("stuck");
    await server.stop(AbortSignal.timeout(50));

    assert.equal(host.frames.length, 1);
  });

  it("may be stopped before it was started, and twice", async (t) => {
    const address = { host: "127.0.0.1", port: 0 };
    const protocol = { codec: "text", assemble: (datagram: Buffer) => datagram, open: (message: Buffer) => message };
    const options = { address, receiveBuffer: 1, maxPendingBytes: 1, host: new RecordingHost(), protocol };
    await new DatagramServer(options).stop(NEVER);
    const server = await started(t, new RecordingHost());
    await Promise.all([server.stop(NEVER), server.stop(NEVER)]);
  });

  it("says which input wanted which port when it is taken, and how to find who has it", async (t) => {
    const port = portOf((await started(t, new RecordingHost())).addresses[0]);
    await assert.rejects(started(t, new RecordingHost(), { address: { host: "127.0.0.1", port } }), {
      code: "RELAY_LISTEN",
      message: `input "edge": udp 127.0.0.1:${port} is already in use; see by whom with: ss -lunp 'sport = :${port}'`,
    });
  });

  it("listens on IPv6 and names IPv4 senders plainly", async (t) => {
    const host = new RecordingHost();
    const server = await started(t, host, { address: { host: "::", port: 0 } });
    assert.match(server.addresses[0] ?? "", /^udp:\[::\]:\d+$/);
    const sender = await DatagramSender.to(t, portOf(server.addresses[0]));

    sender.send("over IPv4");
    await eventually(() => host.frames.length === 1, "a frame");

    assert.equal(host.batches[0]?.from.peer, "127.0.0.1");
  });

  it("tells when the kernel gives a smaller receive buffer than asked for", async (t) => {
    // Elsewhere the kernel refuses such a size, or gives it.
    if (process.platform !== "linux") return;
    const lines: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => lines.push(line) });
    const host = Object.assign(new RecordingHost(), { log });
    await started(t, host, { receiveBuffer: 2 ** 30 });
    assert.match(
      lines[0] ?? "",
      /gives a receive buffer of [\d.]+[KM]iB instead of 1GiB .* sysctl -w net\.core\.rmem_max=1073741824/,
    );
  });

  it("tells what the kernel dropped in a burst after which nothing comes, and the command against it", async (t) => {
    // Only Linux tells.
    if (process.platform !== "linux") return;
    const host = new RecordingHost();
    const server = await started(t, host, { receiveBuffer: 4_096, lookAtDropsEveryMs: 10 });
    const sender = await DatagramSender.to(t, portOf(server.addresses[0]));
    assert.equal(server.kernelDrops(), 0);

    sender.send(...numbered(200, 1_000));
    await eventually(() => host.complaints.length > 0, "a complaint");
    const drops = server.kernelDrops() ?? 0;
    assert.ok(drops > 0 && drops < 200);
    await eventually(() => host.frames.length + drops === 200, "the rest of the burst");
    await server.stop(NEVER);

    const said = host.complaints.map(({ message }) => message);
    const dropped = `the kernel dropped ${drops} datagrams (${drops} since start) because the receive buffer of 4KiB was full; `;
    assert.deepEqual(said, [`${dropped}to double it, set receive_buffer: 8KiB and restart the relay`]);
    assert.equal(server.kernelDrops(), drops);
  });

  it("counts and tells what was dropped between the last look and the stop, and keeps the count", async (t) => {
    if (process.platform !== "linux") return;
    const host = new RecordingHost();
    const server = await started(t, host, { receiveBuffer: 4_096 });
    const sender = await DatagramSender.to(t, portOf(server.addresses[0]));

    sender.send(...numbered(200, 1_000));
    await server.stop(NEVER);

    const drops = server.kernelDrops() ?? 0;
    assert.ok(drops > 0);
    assert.equal(host.frames.length + drops, 200);
    assert.equal(host.complaints.length, 1);
  });

  it("keeps the drops of two sockets on one port apart", async (t) => {
    if (process.platform !== "linux") return;
    const host = new RecordingHost();
    const four = await started(t, host, { receiveBuffer: 4_096 });
    const port = portOf(four.addresses[0]);
    const six = await started(t, new RecordingHost(), { address: { host: "::1", port } });
    const sender = await DatagramSender.to(t, port);

    sender.send(...numbered(200, 1_000));
    await eventually(() => (four.kernelDrops() ?? 0) > 0, "drops");

    assert.equal(six.kernelDrops(), 0);
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { isListening } from "../../src/component/listening.ts";
import { syslogTcp } from "../../src/inputs/syslog-tcp.ts";
import type { Receipt } from "../../src/record/batch.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";

async function started(t: TestContext, settings: object = {}): Promise<{ host: RecordingHost; open: () => Promise<Socket> }> {
  const host = new RecordingHost();
  const input = syslogTcp.create(syslogTcp.config.parse({ listen: "127.0.0.1:0", ...settings }), host);
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.timeout(500)));
  const port = portOf(isListening(input) ? input.addresses[0] : undefined);
  const open = async (): Promise<Socket> => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    t.after(() => socket.destroy());
    return socket;
  };
  return { host, open };
}

describe("syslog_tcp", () => {
  it("takes counted octets and lines in one connection, and the last message without an end", async (t) => {
    const { host, open } = await started(t);
    const socket = await open();
    socket.end("7 <14>a\nb<14>c\n<14>d");
    await eventually(() => host.frames.length === 3, "three messages");

    assert.deepEqual(host.frames, ["<14>a\nb", "<14>c", "<14>d"]);
    assert.deepEqual([host.batches[0]?.codec, host.batches[0]?.from.peer], ["of edge", "127.0.0.1"]);
  });

  it("does not read on while the intake makes it wait", async (t) => {
    const { host, open } = await started(t);
    let admit: (receipt: Receipt) => void = () => {};
    host.answer = () => new Promise((resolve) => (admit = resolve));
    const socket = await open();
    socket.write("<14>a\n");
    await eventually(() => host.batches.length === 1, "the first batch");
    socket.write("<14>b\n");
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(host.batches.length, 1);

    admit({ accepted: 1, malformed: 0, safe: true, held: undefined });

    await eventually(() => host.batches.length === 2, "the second batch");
  });

  it("skips a message over the limit, counts it, and keeps the connection", async (t) => {
    const { host, open } = await started(t, { max_message_bytes: 100 });
    const socket = await open();
    socket.write(`<14>${"x".repeat(5_000)}\n<14>b\n5004 <14>${"\n".repeat(5_000)}<14>c\n`);
    await eventually(() => host.frames.length === 2, "what is not too large");

    assert.deepEqual([host.frames, host.refused], [["<14>b", "<14>c"], { too_large: 2 }]);
    assert.match(host.complaints[0]?.message ?? "", /over max_message_bytes \(100 bytes\) was skipped to its end/);
    assert.equal(socket.destroyed, false);
  });

  it("closes a connection whose unfinished message finds no room, and says so", async (t) => {
    const { host, open } = await started(t, { max_buffered_bytes: 1_000 });
    const [socket, other] = [await open(), await open()];
    socket.write(`<14>${"x".repeat(5_000)}`);
    await once(socket, "close");
    other.write("<14>b\n");
    await eventually(() => host.frames.length === 1, "the message of another");

    assert.deepEqual([host.frames, host.refused], [["<14>b"], { too_large: 1 }]);
    assert.equal(host.complaints[0]?.cause, "no_room");
  });

  it("closes connections beyond the limit and says so", async (t) => {
    const { host, open } = await started(t, { max_connections: 1 });
    const first = await open();
    const second = await open();
    await once(second, "close");

    assert.equal(first.destroyed, false);
    assert.equal(host.complaints[0]?.cause, "too_many_connections");
  });
});

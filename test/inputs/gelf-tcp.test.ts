import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import type { Component } from "../../src/base/lifecycle.ts";
import type { Listening } from "../../src/component/listening.ts";
import { gelfTcp } from "../../src/inputs/gelf-tcp.ts";
import type { Receipt } from "../../src/record/batch.ts";
import { RecordingHost } from "../support/input-host.ts";

async function started(
  t: TestContext,
  settings: object = {},
): Promise<{ host: RecordingHost; input: Component & Listening; open: () => Promise<Socket> }> {
  const host = new RecordingHost();
  const input = gelfTcp.create(gelfTcp.config.parse({ listen: "127.0.0.1:0", ...settings }), host) as Component & Listening;
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.timeout(500)));
  const open = async (): Promise<Socket> => {
    const socket = connect(Number(input.addresses[0]?.split(":").at(-1)), "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    t.after(() => socket.destroy());
    return socket;
  };
  return { host, input, open };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("gelf_tcp", () => {
  it("hands on frames with the sender's address, and the last one without a delimiter", async (t) => {
    const { host, open } = await started(t);
    const socket = await open();
    socket.end('{"short_message":"a"}\0{"short_message":"b"}');

    await until(() => host.frames.length === 2);

    assert.deepEqual(host.frames, ['{"short_message":"a"}', '{"short_message":"b"}']);
    assert.equal(host.batches[0]?.from.peer, "127.0.0.1");
    await until(() => host.open === 0);
    assert.equal(host.bytes, 43);
  });

  it("does not read on while the intake makes it wait", async (t) => {
    const { host, open } = await started(t);
    let admit: (receipt: Receipt) => void = () => {};
    host.answer = () => new Promise((resolve) => (admit = resolve));
    const socket = await open();
    socket.write('{"a":1}\0');
    await until(() => host.batches.length === 1);
    socket.write('{"b":2}\0');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(host.batches.length, 1);

    admit({ accepted: 1, malformed: 0, safe: true, held: undefined });

    await until(() => host.batches.length === 2);
  });

  it("skips a message over the limit, counts it, and keeps the connection", async (t) => {
    const { host, open } = await started(t, { max_message_bytes: 100 });
    const socket = await open();
    socket.write(`${"x".repeat(5_000)}\0{"b":2}\0`);

    await until(() => host.frames.length === 1);

    assert.deepEqual(host.refused, { too_large: 1 });
    assert.equal(host.complaints.length, 1);
    assert.equal(socket.destroyed, false);
  });

  it("closes connections beyond the limit and says so", async (t) => {
    const { host, open } = await started(t, { max_connections: 1 });
    const first = await open();
    const second = await open();

    await once(second, "close");

    assert.equal(first.destroyed, false);
    assert.equal(host.complaints[0]?.cause, "too_many_connections");
  });

  it("closes a connection that has been silent for too long", async (t) => {
    const { host, open } = await started(t, { idle_timeout: "50ms" });
    const socket = await open();

    await once(socket, "close");

    await until(() => host.open === 0);
  });

  it("takes in what was under way when it stops", async (t) => {
    const { host, input, open } = await started(t);
    const socket = await open();
    await until(() => host.open === 1);
    socket.on("end", () => socket.end('{"last":1}\0'));
    socket.resume();

    await input.stop(AbortSignal.timeout(2_000));

    assert.deepEqual(host.frames, ['{"last":1}']);
    assert.equal(host.open, 0);
  });
});

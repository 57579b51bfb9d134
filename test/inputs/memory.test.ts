import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { MemoryBudget } from "../../src/base/memory-budget.ts";
import type { Component } from "../../src/base/lifecycle.ts";
import type { Listening } from "../../src/component/listening.ts";
import { forward } from "../../src/inputs/forward.ts";
import { gelfHttp } from "../../src/inputs/gelf-http.ts";
import { gelfTcp } from "../../src/inputs/gelf-tcp.ts";
import { gelfUdp } from "../../src/inputs/gelf-udp.ts";
import { syslogTcp } from "../../src/inputs/syslog-tcp.ts";
import { array } from "../support/forward-bytes.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";

const SPECS = { gelf_tcp: gelfTcp, syslog_tcp: syslogTcp, forward, gelf_http: gelfHttp, gelf_udp: gelfUdp };

interface Started {
  readonly host: RecordingHost;
  readonly budget: MemoryBudget;
  readonly port: number;
  dial(): Promise<Socket>;
}

/** An input that has a mebibyte to itself. */
async function started(t: TestContext, type: keyof typeof SPECS, limit = 1 << 20): Promise<Started> {
  const budget = new MemoryBudget(limit);
  const host = new RecordingHost();
  host.memory = budget.share();
  const spec = SPECS[type];
  // Each of them takes what its own schema makes.
  const create = spec.create as (config: unknown, host: RecordingHost) => Component & Listening;
  const input = create(spec.config.parse({ listen: "127.0.0.1:0" }), host);
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.abort()));
  const port = portOf(input.addresses[0]);
  const dial = async (): Promise<Socket> => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    t.after(() => socket.destroy());
    await once(socket, "connect");
    return socket;
  };
  return { host, budget, port, dial };
}

const closed = (socket: Socket): Promise<unknown> => (socket.closed ? Promise.resolve() : once(socket.resume(), "close"));

/** What a message begins with, and one that is whole. */
const STREAMS = {
  gelf_tcp: ['{"short_message":"', Buffer.from('{"short_message":"whole"}\0')],
  syslog_tcp: ["<14>", Buffer.from("<14>whole\n")],
  forward: [Buffer.from([0x92, 0xa1, 0x74, 0xc6, 0x00, 0xff, 0x00, 0x00]), array("t", 1_700_000_000, { message: "whole" })],
} as const;

for (const [type, [head, whole]] of Object.entries(STREAMS)) {
  const name = type as keyof typeof STREAMS;
  describe(`${type}, when there is no room for all that is unfinished`, () => {
    it("gives up the largest message with its connection, and nothing of those who send small ones", async (t) => {
      const { host, budget, dial } = await started(t, name);
      const honest = await dial();
      honest.write(whole.subarray(0, 10));
      const greedy = await Promise.all(Array.from({ length: 10 }, dial));
      for (const socket of greedy) socket.write(Buffer.concat([Buffer.from(head), Buffer.alloc(200_000, "x")]));
      await Promise.race(greedy.map(closed));
      await eventually(() => (host.counted["turned_away memory"] ?? 0) >= 5, "those for which there is no room");
      honest.write(whole.subarray(10));
      await eventually(() => host.frames.some((frame) => frame.includes("whole")), "the small message");

      assert.ok(budget.held <= budget.limit, `${budget.held}`);
      assert.equal(host.refused["too_large"], host.counted["turned_away memory"]);
      assert.equal(host.complaints[0]?.cause, "no_room");
      for (const socket of [honest, ...greedy]) socket.destroy();
      await eventually(() => budget.held === 0, "everything given back");
    });

    it("reads nothing while too much waits for the queue, and goes on when there is room", async (t) => {
      const { host, budget, dial } = await started(t, name);
      const other = budget.share();
      const socket = await dial();
      await eventually(() => host.open === 1, "the connection");
      other.hold(600_000);
      socket.write(whole);
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.equal(host.batches.length, 0);
      other.give(600_000);
      await eventually(() => host.frames.length === 1, "what was sent meanwhile");
    });
  });
}

describe("inputs whose intake has no room", () => {
  it("book what waits there, and give it back", async (t) => {
    const { host, budget, dial } = await started(t, "gelf_tcp");
    let taken: () => void = () => {};
    host.answer = (batch) =>
      new Promise((resolve) => {
        taken = () => resolve({ accepted: batch.frames.bounds.length / 2, malformed: 0, safe: true, held: undefined });
      });
    const socket = await dial();
    await eventually(() => host.open === 1, "the connection");
    const idle = budget.held;
    socket.write(STREAMS.gelf_tcp[1]);
    await eventually(() => budget.held === idle + STREAMS.gelf_tcp[1].length, "the batch");
    taken();
    await eventually(() => budget.held === idle, "it given back");
  });
});

describe("connections for which there is no room", () => {
  it("are closed on arrival and counted", async (t) => {
    const { host, budget, dial } = await started(t, "gelf_tcp", 27_000);
    const sockets = await Promise.all([dial(), dial(), dial()]);
    await Promise.race(sockets.map(closed));
    await eventually(() => host.counted["turned_away memory"] === 1, "the third");
    for (const socket of sockets) socket.destroy();
    await eventually(() => budget.held === 0, "everything given back");
  });
});

describe("gelf_http, when there is no room", () => {
  /** Sends a header that declares a megabyte, and a part of it; what is answered. */
  const begin = (port: number, bytes: number) => {
    const sent = request({
      port,
      host: "127.0.0.1",
      method: "POST",
      path: "/gelf",
      agent: false,
      headers: { "content-length": 1_000_000 },
    });
    sent.on("error", () => {});
    sent.write(Buffer.alloc(bytes, "x"));
    return new Promise<{ status: number; retry: string | undefined }>((resolve) => {
      sent.on("response", (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, retry: response.headers["retry-after"] });
        sent.destroy();
      });
    });
  };

  it("has the largest unfinished body come back later", async (t) => {
    const { host, budget, port } = await started(t, "gelf_http");
    void begin(port, 10_000);
    await eventually(() => budget.held > 10_000, "a small body");
    const large = Array.from({ length: 3 }, () => begin(port, 500_000));
    assert.deepEqual(await Promise.race(large), { status: 503, retry: "1" });
    assert.ok(budget.held <= budget.limit);
    assert.ok((host.counted["turned_away memory"] ?? 0) >= 1);
  });

  it("answers 503 while too much waits for the queue", async (t) => {
    const { budget, port } = await started(t, "gelf_http");
    budget.share().hold(600_000);
    assert.deepEqual(await begin(port, 10), { status: 503, retry: "1" });
  });
});

describe("gelf_udp, when there is no room", () => {
  it("drops messages and counts them", async (t) => {
    const { host, budget, port } = await started(t, "gelf_udp");
    const socket = createSocket("udp4");
    t.after(() => socket.close());
    const send = (): void => socket.send('{"short_message":"a"}', port, "127.0.0.1");
    budget.dropsDatagrams = true;
    send();
    await eventually(() => host.refused["queue_full"] === 1, "the one that is dropped");
    assert.match(host.complaints[0]?.message ?? "", /1 messages dropped: there is no room for them \(max_memory\)/);
    budget.dropsDatagrams = false;
    send();
    await eventually(() => host.frames.length === 1, "the next one");
  });

  it("gives up the oldest unfinished messages, and gives back what they took", async (t) => {
    const { host, budget, port } = await started(t, "gelf_udp", 100_000);
    const socket = createSocket("udp4");
    t.after(() => socket.close());
    for (let id = 1; id <= 30; id += 1) {
      const chunk = Buffer.alloc(8_000, "x");
      chunk.set([0x1e, 0x0f, 0, 0, 0, 0, 0, 0, 0, id, 0, 2]);
      socket.send(chunk, port, "127.0.0.1");
    }
    await eventually(() => host.counted["gelf_chunks received"] === 30, "all chunks");
    assert.ok(budget.held > 0 && budget.held <= 100_000, `${budget.held}`);
    assert.ok((host.counted["gelf_chunks evicted"] ?? 0) >= 18);
  });
});

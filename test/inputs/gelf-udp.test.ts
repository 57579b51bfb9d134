import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it, type TestContext } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import type { Logger } from "gelf-pro";
import { createLogger } from "winston";
import { gelfUdp } from "../../src/inputs/gelf-udp.ts";
import type { Component } from "../../src/base/lifecycle.ts";
import { isListening } from "../../src/component/listening.ts";
import { DatagramSender } from "../support/datagrams.ts";
import { datagramsOf } from "../support/gelf-captures.ts";
import { eventually, portOf, RecordingHost } from "../support/input-host.ts";

const NEVER = new AbortController().signal;
const require = createRequire(import.meta.url);

interface Edge {
  readonly host: RecordingHost;
  readonly input: Component;
  readonly port: number;
  readonly sender: DatagramSender;
}

async function started(t: TestContext, config: object = {}): Promise<Edge> {
  const host = new RecordingHost();
  const input = gelfUdp.create(gelfUdp.config.parse({ listen: "127.0.0.1:0", ...config }), host);
  await input.start(NEVER);
  t.after(() => input.stop(AbortSignal.abort()));
  const port = portOf(isListening(input) ? input.addresses[0] : undefined);
  return { host, input, port, sender: await DatagramSender.to(t, port) };
}

function frames(host: RecordingHost, count: number): Promise<void> {
  return eventually(() => host.frames.length >= count, `${count} frames`);
}

function chunk(id: number, sequence: number, count: number, data: Uint8Array): Buffer {
  const header = Buffer.from([0x1e, 0x0f, 0, 0, 0, 0, 0, 0, 0, id, sequence, count]);
  return Buffer.concat([header, data]);
}

describe("gelf_udp", () => {
  it("has the defaults of the reference", () => {
    assert.deepEqual(gelfUdp.config.parse({}), {
      listen: { host: "127.0.0.1", port: 12_201 },
      allow: [],
      max_decompressed_bytes: 8 << 20,
      max_pending_chunk_sets: 1_000,
      max_pending_chunk_bytes: 32 << 20,
      chunk_timeout: 5_000,
      receive_buffer: 4 << 20,
      max_pending_bytes: 16 << 20,
    });
    assert.deepEqual(gelfUdp.claims?.(gelfUdp.config.parse({})), ["udp:127.0.0.1:12201"]);
  });

  it("takes plain, gzip and zlib messages in turn from one sender", async (t) => {
    const { host, sender } = await started(t);
    const messages = ["a", "b", "c", "d"].map((text) => JSON.stringify({ version: "1.1", host: "h", short_message: text }));
    const [a = "", b = "", c = "", d = ""] = messages;

    sender.send(a, gzipSync(b), deflateSync(c), d);
    await frames(host, 4);

    assert.deepEqual(host.frames, messages);
    assert.equal(host.batches[0]?.codec, "gelf");
    assert.deepEqual(host.refused, {});
  });

  it("takes off the NUL and the newline that senders append, and takes nothing for nothing", async (t) => {
    const { host, sender } = await started(t);

    sender.send("", "\0", "\n", '{"a":1}\0', '{"b":1}\r\n', gzipSync('{"c":1}\n'), gzipSync(""));
    await frames(host, 3);

    assert.deepEqual(host.frames, ['{"a":1}', '{"b":1}', '{"c":1}']);
    assert.deepEqual(host.refused, {});
  });

  for (const [sender, count] of [
    ["graypy-udp-zlib-chunked", 1],
    ["graypy-udp-plain-chunked", 1],
    ["graypy-udp-one-chunk-of-one", 1],
    ["graypy-udp-128-chunks", 1],
    ["fluent-bit-gelf-udp-plain", 12],
    ["fluent-bit-gelf-udp-plain-bigpacket", 12],
    ["fluent-bit-gelf-udp-nohost", 12],
    ["syslog-ng-gelf-udp", 11],
  ] as const) {
    it(`reads every message of ${sender}, in order and backwards`, async (t) => {
      const { host, sender: socket } = await started(t);
      const datagrams = datagramsOf(sender);

      socket.send(...datagrams);
      await frames(host, count);
      const forwards = host.frames;
      const other = await started(t);
      other.sender.send(...datagrams.toReversed());
      await frames(other.host, count);

      assert.equal(forwards.length, count);
      for (const frame of forwards) assert.equal(typeof JSON.parse(frame), "object");
      assert.deepEqual(other.host.frames.toSorted(), forwards.toSorted());
      assert.deepEqual([host.refused, other.host.refused], [{}, {}]);
    });
  }

  it("counts chunks by what became of them", async (t) => {
    const { host, sender } = await started(t);
    const datagrams = datagramsOf("graypy-udp-zlib-chunked");

    sender.send(...datagrams, ...datagrams.slice(2, 4), Buffer.from("1e0f00", "hex"));
    await eventually(() => (host.counted["gelf_chunks received"] ?? 0) === 9, "9 chunks");

    assert.deepEqual(host.counted, {
      "gelf_chunks received": 9,
      "gelf_chunks completed": 6,
      "gelf_chunks duplicate": 2,
      "gelf_chunks invalid": 1,
      "gelf_chunks expired": 0,
      "gelf_chunks evicted": 0,
    });
    assert.deepEqual(host.refused, {});
    assert.equal(host.complaints[0]?.cause, "invalid_chunk");
  });

  it("counts a message whose chunks never all come as one malformed record, and says which", async (t) => {
    const { host, sender } = await started(t, { chunk_timeout: "40ms" });

    sender.send(chunk(7, 0, 3, Buffer.from("{")), chunk(7, 2, 3, Buffer.from("}")));
    await eventually(() => host.refused["malformed"] !== undefined, "the timeout");

    assert.deepEqual(host.refused, { malformed: 1 });
    assert.equal(host.complaints.length, 1);
    assert.equal(host.complaints[0]?.cause, "chunk_timeout");
    assert.equal(host.complaints[0]?.peer, "127.0.0.1");
    assert.match(host.complaints[0]?.message ?? "", /^chunked message 0000000000000007: only 2 of 3 chunks came within 40ms/);
    assert.equal(host.counted["gelf_chunks expired"], 2);
  });

  it("does not take a reassembled chunk for a chunk again", async (t) => {
    const { host, sender } = await started(t);
    const inner = chunk(1, 0, 1, Buffer.from("{}"));

    sender.send(chunk(2, 0, 1, inner), chunk(3, 0, 1, gzipSync(inner)));
    await frames(host, 2);

    assert.equal(host.counted["gelf_chunks received"], 2);
    assert.deepEqual(host.frames, [inner.toString(), inner.toString()]);
  });

  it("counts a bomb as one record too large, and goes on", async (t) => {
    const { host, sender } = await started(t, { max_decompressed_bytes: "1MiB" });

    sender.send(gzipSync(Buffer.alloc(40 << 20)), deflateSync(Buffer.alloc(1 << 21)), '{"after":1}');
    await frames(host, 1);

    assert.deepEqual(host.frames, ['{"after":1}']);
    assert.deepEqual(host.refused, { too_large: 2 });
    assert.match(host.complaints[0]?.message ?? "", /unpacks to more than 1MiB \(max_decompressed_bytes\)/);
  });

  it("counts what cannot be unpacked as malformed, with the reason", async (t) => {
    const { host, sender } = await started(t);

    sender.send(gzipSync("hello").subarray(0, 12), Buffer.from("28b52ffd04", "hex"), '{"after":1}');
    await frames(host, 1);

    assert.deepEqual(host.refused, { malformed: 2 });
    assert.match(host.complaints[0]?.message ?? "", /^a message of 12 bytes: broken gzip data/);
    assert.match(host.complaints[1]?.message ?? "", /zstd/);
  });

  it("gives up unfinished messages when it stops, and leaves no timer behind", async (t) => {
    const { host, input, sender } = await started(t);
    sender.send(chunk(1, 0, 2, Buffer.from("{")), chunk(2, 1, 2, Buffer.from("}")));
    await eventually(() => host.counted["gelf_chunks received"] === 2, "two chunks");

    await input.stop(NEVER);
    await input.stop(NEVER);

    assert.deepEqual(host.refused, { malformed: 2 });
    assert.deepEqual(
      process.getActiveResourcesInfo().filter((resource) => resource === "Timeout"),
      [],
    );
  });

  it("reads gelf-pro, which sends even short messages as one chunk of one", async (t) => {
    const { host, port } = await started(t);
    const log = Object.create(require("gelf-pro")) as Logger;
    log.setConfig({ adapterName: "udp", adapterOptions: { host: "127.0.0.1", port, protocol: "udp4" } });
    const noise = Array.from({ length: 6_000 }, (_, i) => ((i * 7_919) % 65_521).toString(36)).join(" ");

    await new Promise<void>((resolve) => log.message("it broke", 3, new Error("boom"), () => resolve()));
    await new Promise<void>((resolve) => log.message(`long ${noise}`, 6, { order: 7 }, () => resolve()));
    await frames(host, 2);

    const [short, long] = host.frames.map((frame) => JSON.parse(frame));
    assert.equal(short.short_message, "it broke");
    assert.match(short["_error_stack"], /^Error: boom\n/);
    assert.equal(long.short_message, `long ${noise}`);
    assert.ok((host.counted["gelf_chunks completed"] ?? 0) > 5);
  });

  it("reads winston with winston-gelf", async (t) => {
    const { host, port } = await started(t);
    const Transport = require("winston-gelf");
    const gelfPro = { adapterName: "udp", adapterOptions: { host: "127.0.0.1", port, protocol: "udp4" } };
    const logger = createLogger({ transports: [new Transport({ gelfPro })] });

    logger.error("payment failed", { order: 42 });
    await frames(host, 1);

    const message = JSON.parse(host.frames[0] ?? "");
    assert.equal(message.short_message, "payment failed");
    assert.equal(message.level, 3);
    assert.equal(message["_order"], 42);
  });
});

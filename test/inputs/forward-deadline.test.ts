import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { isListening } from "../../src/component/listening.ts";
import { forward } from "../../src/inputs/forward.ts";
import { array, asStr, entry, hex, msgpack } from "../support/forward-bytes.ts";
import { RecordingHost, allTaken, eventually, portOf } from "../support/input-host.ts";

const plain = entry({ k: "v" });
const ack = (chunk: string): Buffer => msgpack(hex("81 a3 61636b"), chunk);
const sent = (chunk: string): Buffer => array("t", asStr(plain), { chunk });

/** A started input; `host` may come with a directory. */
async function relay(t: TestContext, host: RecordingHost, config: object = {}): Promise<number> {
  const input = forward.create(forward.config.parse({ listen: "127.0.0.1:0", ...config }), host);
  await input.start(new AbortController().signal);
  t.after(() => input.stop(AbortSignal.timeout(5_000)));
  assert.ok(isListening(input));
  return portOf(input.addresses[0]);
}

/** A connection, all that comes back on it, and how it ends. */
class Dialled {
  readonly socket: Socket;
  readonly ended: Promise<string>;
  answers = Buffer.alloc(0);

  constructor(t: TestContext, port: number) {
    this.socket = connect(port, "127.0.0.1");
    t.after(() => this.socket.destroy());
    this.socket.on("data", (bytes) => (this.answers = Buffer.concat([this.answers, bytes])));
    this.ended = new Promise((resolve) => {
      this.socket.once("error", (error) => resolve(error.message));
      this.socket.once("end", () => resolve("closed"));
    });
  }
}

describe("forward, when the queue takes too long", () => {
  it("has answers that are ready read before the connection ends, though more was under way", async (t) => {
    const host = new RecordingHost();
    const port = await relay(t, host);
    const sender = new Dialled(t, port);
    let refuse: () => void = () => {};
    host.answer = (batch) => {
      if (host.batches.length < 3) return allTaken(batch);
      return new Promise((resolve) => (refuse = () => resolve({ ...allTaken(batch), safe: false })));
    };

    sender.socket.write(
      Buffer.concat([sent("a"), sent("b"), sent("late"), ...Array.from({ length: 20_000 }, () => sent("more"))]),
    );
    await eventually(() => host.batches.length === 3, "the third chunk arrives");
    // The rest has time to arrive: it lies unread when the connection ends, which would reset it.
    await new Promise((resolve) => setTimeout(resolve, 100));
    refuse();

    assert.equal(await sender.ended, "closed");
    assert.deepEqual(sender.answers, Buffer.concat([ack("a"), ack("b")]));
    assert.equal(host.batches.length, 3);
    await eventually(() => host.open === 0, "the connection is let go of");
  });

  it("ends the connection when the intake hangs, takes the repetition on another, and lets go of the first in the end", async (t) => {
    const host = new RecordingHost();
    const port = await relay(t, host, { ack_timeout: "50ms" });
    let letGo: () => void = () => {};
    host.answer = (batch) => new Promise((resolve) => (letGo = () => resolve(allTaken(batch))));
    const first = new Dialled(t, port);
    first.socket.write(sent("c"));
    assert.equal(await first.ended, "closed");

    host.answer = allTaken;
    const second = new Dialled(t, port);
    second.socket.write(sent("c"));
    await eventually(() => second.answers.length > 0, "the repetition is answered");

    assert.deepEqual(second.answers, ack("c"));
    assert.equal(host.batches[0]?.position, host.batches[1]?.position);
    assert.deepEqual(
      host.complaints.map(({ cause, message }) => [cause, /50ms \(ack_timeout\)/.test(message)]),
      [["not_safe_in_time", true]],
    );
    assert.equal(host.open, 2, "what the intake holds is counted");
    letGo();
    await eventually(() => host.open === 1, "the first connection is let go of");
    assert.deepEqual(first.answers.length, 0);
  });

  it("answers on a stop what was under way, and writes it down", async (t) => {
    const host = new RecordingHost();
    host.dataDir = mkdtempSync(join(tmpdir(), "crumbtrail-acks-"));
    t.after(() => rmSync(host.dataDir ?? "", { recursive: true }));
    let take: () => void = () => {};
    let release: (safe: boolean) => void = () => {};
    const held = new Promise<boolean>((resolve) => (release = resolve));
    host.answer = (batch) => new Promise((resolve) => (take = () => resolve({ ...allTaken(batch), held })));
    const input = forward.create(forward.config.parse({ listen: "127.0.0.1:0" }), host);
    await input.start(new AbortController().signal);
    const sender = new Dialled(t, portOf(isListening(input) ? input.addresses[0] : undefined));
    sender.socket.write(sent("c"));
    await eventually(() => host.batches.length === 1, "the chunk arrives");

    const stopped = input.stop(AbortSignal.timeout(10_000));
    take();
    await new Promise((resolve) => setImmediate(resolve));
    release(true);
    assert.equal(await sender.ended, "closed");
    sender.socket.end();
    await stopped;

    assert.deepEqual(sender.answers, ack("c"));
    assert.equal(readFileSync(join(host.dataDir, "acknowledged-edge")).length, 32, "a header and one id");
  });

  it("answers all of a read in order", async (t) => {
    const port = await relay(t, new RecordingHost());
    const sender = new Dialled(t, port);
    const chunks = Array.from({ length: 50 }, (_, i) => `chunk ${i}`);

    sender.socket.end(Buffer.concat(chunks.map(sent)));
    await sender.ended;

    assert.deepEqual(sender.answers, Buffer.concat(chunks.map(ack)));
  });
});

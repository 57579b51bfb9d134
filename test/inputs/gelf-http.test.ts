import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it, type TestContext } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { request } from "undici";
import { createLogger } from "winston";
import { gelfHttp } from "../../src/inputs/gelf-http.ts";
import type { Component } from "../../src/base/lifecycle.ts";
import { gelf } from "../../src/codec/gelf.ts";
import { isMalformed } from "../../src/component/codec.ts";
import { isListening } from "../../src/component/listening.ts";
import type { Batch, Receipt } from "../../src/record/batch.ts";
import { allTaken, eventually, portOf, RecordingHost } from "../support/input-host.ts";

const NEVER = new AbortController().signal;
const require = createRequire(import.meta.url);

interface Edge {
  readonly host: RecordingHost;
  readonly input: Component;
  readonly port: number;
  readonly post: (body: string | Buffer, headers?: Record<string, string>) => Promise<{ status: number; text: string }>;
}

/** A started input. */
async function started(t: TestContext, config: object = {}): Promise<Edge> {
  const host = new RecordingHost();
  host.answer = decoded;
  const input = gelfHttp.create(gelfHttp.config.parse({ listen: "127.0.0.1:0", ...config }), host);
  await input.start(NEVER);
  t.after(() => input.stop(AbortSignal.abort()));
  const port = portOf(isListening(input) ? input.addresses[0] : undefined);
  return {
    host,
    input,
    port,
    async post(body, headers = {}) {
      const answer = await request(`http://127.0.0.1:${port}/gelf`, { method: "POST", body, headers, reset: true });
      return { status: answer.statusCode, text: await answer.body.text() };
    },
  };
}

/** The receipt of a lane that decodes as the real one does. */
function decoded({ frames: { bytes, bounds }, from }: Batch): Receipt {
  const results = Array.from({ length: bounds.length / 2 }, (_, i) =>
    gelf.decode(bytes, bounds[2 * i] ?? 0, bounds[2 * i + 1] ?? 0, from),
  );
  const malformed = results.filter(isMalformed).length;
  return { accepted: results.length - malformed, malformed, safe: true, held: undefined };
}

describe("gelf_http", () => {
  it("answers 202 with an empty body to a message", async (t) => {
    const { host, input, port, post } = await started(t);
    const message = '{"version":"1.1","host":"h","short_message":"hello"}';

    assert.deepEqual(await post(message, { "content-type": "application/json" }), { status: 202, text: "" });

    assert.deepEqual(host.frames, [message]);
    assert.equal(host.batches[0]?.codec, "gelf");
    assert.equal(host.batches[0]?.from.peer, "127.0.0.1");
    assert.deepEqual(isListening(input) && input.addresses, [`http:127.0.0.1:${port}`]);
    assert.deepEqual(gelfHttp.claims?.(gelfHttp.config.parse({})), ["tcp:127.0.0.1:12202"]);
  });

  it("takes arrays, lines and concatenated messages, and drops only what is broken in them", async (t) => {
    const { host, post } = await started(t);
    const a = '{"short_message":"a"}';
    const b = '{"short_message":"b"}';

    for (const body of [`[${a},${b}]`, ` \n[\n${a} ,\n${b}\n]\n`, `${a}\n\n${b}`, `${a}\r\n${b}\r\n`, `${a}${b}`]) {
      host.batches.length = 0;
      assert.equal((await post(body)).status, 202);
      assert.deepEqual(host.frames, [a, b], body);
    }
    host.batches.length = 0;
    assert.equal((await post(`${a}\nnot json\n${b}`)).status, 202);
    assert.deepEqual(host.frames, [a, "not json", b]);
    assert.deepEqual(host.refused, {});
  });

  it("goes by the first bytes of the body, not by Content-Encoding", async (t) => {
    const { host, post } = await started(t);
    const message = '{"short_message":"hello"}';

    for (const [body, encoding] of [
      [gzipSync(message), "gzip"],
      [gzipSync(message), ""],
      [deflateSync(message), "deflate"],
      [deflateSync(message), "gzip"],
      [Buffer.from(message), "gzip"],
      [Buffer.from(message), "br"],
    ] as const) {
      assert.equal((await post(body, { "content-encoding": encoding })).status, 202);
    }

    assert.deepEqual(
      host.frames,
      Array.from({ length: 6 }, () => message),
    );
  });

  it("says what is wrong with a body that holds no message", async (t) => {
    const { host, post } = await started(t);
    for (const [body, expected] of [
      ["", /^the body holds no message$/],
      [" \n", /^the body holds no message$/],
      ["hello", /^not JSON: .*; the body begins with hello$/],
      ['{"short_message":', /^not JSON: unexpected end .*; the body begins with \{"short_message":$/],
      ["7", /object.*; the body begins with 7$/],
      ['{"version":"1.1"}', /^an object without any field but version; /],
      [gzipSync("hello").subarray(0, 14), /^the body is broken gzip data: /],
      [Buffer.from("28b52ffd04", "hex"), /^the body is compressed with zstd; send gzip, zlib or no compression$/],
      [brotliCompressSync('{"short_message":"a"}'), /^not JSON: /],
    ] as const) {
      const { status, text } = await post(Buffer.from(body));
      assert.equal(status, 400);
      assert.match(JSON.parse(text).error, expected);
    }
    // The others reached the intake and are counted there.
    assert.deepEqual(host.refused, { malformed: 2 });
    assert.ok(host.complaints.every(({ cause }) => cause === "no_message"));
  });

  it("counts a message over the limit and keeps its neighbours", async (t) => {
    const { host, post } = await started(t, { max_message_bytes: "100B" });
    const long = JSON.stringify({ short_message: "x".repeat(100) });

    assert.equal((await post(`{"a":1}\n${long}\n{"b":2}`)).status, 202);
    assert.deepEqual(host.frames, ['{"a":1}', '{"b":2}']);
    assert.deepEqual(host.refused, { too_large: 1 });
    const alone = await post(long);
    assert.equal(alone.status, 413);
    assert.match(JSON.parse(alone.text).error, /over 100B \(max_message_bytes\)/);
    assert.deepEqual(host.refused, { too_large: 2 });
  });

  it("refuses a bomb without unpacking it whole", async (t) => {
    const { host, post } = await started(t, { max_decompressed_bytes: "1MiB" });
    const { status, text } = await post(gzipSync(Buffer.alloc(100 << 20, " ")));
    assert.equal(status, 413);
    assert.match(JSON.parse(text).error, /unpacks to more than 1MiB/);
    assert.deepEqual(host.refused, { too_large: 1 });
  });

  it("answers only when every message is safe, those that wait for the rest of a stack trace too", async (t) => {
    const { host, post } = await started(t);
    const order: string[] = [];
    const later = async (name: string): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      order.push(name);
    };
    host.answer = async (batch) => {
      await later("taken");
      return { ...allTaken(batch), held: later("held").then(() => true) };
    };

    await post('{"a":1}');
    order.push("answered");

    assert.deepEqual(order, ["taken", "held", "answered"]);
  });

  it("hands a large body over in batches of a bounded size, one after the other", async (t) => {
    const { host, post } = await started(t);
    let underWay = 0;
    host.answer = async (batch) => {
      underWay += 1;
      assert.equal(underWay, 1);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return allTaken(batch);
    };
    const lines = Array.from({ length: 5_000 }, (_, i) => `{"n":${i}}`);

    assert.equal((await post(gzipSync(lines.join("\n")))).status, 202);

    assert.deepEqual(host.frames, lines);
    assert.equal(host.batches.length, 5);
    assert.ok(host.batches.every(({ frames }) => frames.bytes.length < 12_000));
  });

  it("answers 503 when a message is not safe in time, and hands over no more of its body", async (t) => {
    const { host, port } = await started(t, { ack_timeout: "20s" });
    const body = Array.from({ length: 2_000 }, (_, i) => `{"n":${i}}`).join("\n");
    const before = performance.now();
    for (const unsafe of [{ safe: false }, { held: Promise.resolve(false) }]) {
      host.answer = (batch) => ({ ...allTaken(batch), ...unsafe });
      const answer = await request(`http://127.0.0.1:${port}/gelf`, { method: "POST", body, reset: true });
      assert.deepEqual(
        [answer.statusCode, answer.headers["retry-after"], await answer.body.json()],
        [503, "1", { error: "the queue did not take the request in time; send it again" }],
      );
    }

    assert.deepEqual(
      host.batches.map(({ frames }) => frames.bounds.length / 2),
      [1_024, 1_024, 976],
    );
    const { untilMs = 0 } = host.batches[0] ?? {};
    assert.ok(untilMs >= before + 20_000 && untilMs <= performance.now() + 20_000, String(untilMs));
    assert.deepEqual(
      host.complaints.map(({ cause, peer }) => [cause, peer]),
      [
        ["not_safe_in_time", "127.0.0.1"],
        ["not_safe_in_time", "127.0.0.1"],
      ],
    );
  });

  it("answers 503 when the intake hangs, and keeps counting the bytes until it lets go of them", async (t) => {
    const { host, post } = await started(t, { ack_timeout: "50ms", max_pending_bytes: "1KiB" });
    const letGo: (() => void)[] = [];
    host.answer = (batch) => new Promise((resolve) => letGo.push(() => resolve(allTaken(batch))));
    const body = JSON.stringify({ short_message: "x".repeat(800) });

    const stuck = await post(body);
    const refused = await post(body);
    host.answer = allTaken;
    assert.deepEqual([stuck.status, refused.status, host.batches.length], [503, 503, 1]);
    assert.match(stuck.text, /in time/);
    assert.match(refused.text, /too many requests/);
    for (const go of letGo) go();
    await new Promise((resolve) => setImmediate(resolve));

    assert.equal((await post(body)).status, 202);
  });

  it("takes nothing more while as many requests as it may have connections hang in the intake", async (t) => {
    const { host, post } = await started(t, { ack_timeout: "0s", max_connections: 2 });
    host.answer = () => new Promise(() => {});
    const statuses: number[] = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await post('{"a":1}')).status);

    assert.deepEqual([statuses, host.batches.length], [[503, 503, 503], 2]);
  });

  it("reads winston with winston-log2gelf", async (t) => {
    const { host, port } = await started(t);
    const Transport = require("winston-log2gelf");
    const transport = new Transport({ hostname: "web-1", host: "127.0.0.1", port, protocol: "http", keepAlive: -1 });
    const logger = createLogger({ transports: [transport] });

    logger.error("payment failed\nsecond line", { order: 42 });
    logger.info("fine");
    await eventually(() => host.frames.length === 2, "two messages");

    const failed = host.frames.map((frame) => JSON.parse(frame)).find(({ short_message: text }) => text === "payment failed");
    assert.equal(failed.host, "web-1");
    assert.equal(failed.full_message, "payment failed\nsecond line");
    assert.equal(failed["_order"], 42);
  });
});

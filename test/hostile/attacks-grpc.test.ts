import assert from "node:assert/strict";
import { connect as connectHttp2, constants, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { addressOf, gone, intrude, push, trickle } from "../support/attack-sockets.ts";
import { grpcSender, pause } from "../support/honest-senders.ts";
import {
  callHeaders,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  indexed,
  literal,
  PREFACE,
  uint32,
} from "../support/http2-frames.ts";
import { Siege } from "../support/siege.ts";

const INPUTS = `  rpc: { type: grpc, listen: "127.0.0.1:0", keepalive_time: 1s, keepalive_timeout: 1s, max_message_bytes: 1MiB, message_timeout: 1s, max_calls_per_peer: 500 }`;
const PATH = "/crumbtrail.v1.LogRelay/";

const each = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, i) => make(i));
const begin = Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)]);
/** Ids of a client's streams. */
const id = (index: number): number => 2 * index + 1;

describe("attacks on grpc", () => {
  let siege: Siege;
  let port: number;
  before(async () => {
    siege = await Siege.start(INPUTS);
    port = await siege.port("rpc");
    siege.beside("rpc", grpcSender(port));
  });
  after(() => siege.close());

  /** A client that does what it should below the level of calls. */
  const session = (index: number, block: number): ClientHttp2Session => {
    const made = connectHttp2("http://127.0.0.1", { createConnection: () => intrude(port, addressOf(block, index)) });
    made.on("error", () => {});
    return made;
  };
  const call = (on: ClientHttp2Session, method: string, more: Readonly<Record<string, string>> = {}): ClientHttp2Stream => {
    const made = on.request({
      ":method": "POST",
      ":path": PATH + method,
      "content-type": "application/grpc",
      te: "trailers",
      ...more,
    });
    made.on("error", () => {});
    made.resume();
    return made;
  };
  const over = (stream: ClientHttp2Stream): Promise<void> =>
    new Promise((resolve) => {
      if (stream.destroyed) resolve();
      else stream.once("close", () => resolve());
    });

  it("rapid reset, by hand and by a library, costs only the connection that does it", async () => {
    const pairs = (from: number, count: number): Buffer =>
      Buffer.concat(
        each(count, (i) =>
          Buffer.concat([
            frame(FRAME.headers, END_HEADERS, id(from + i), callHeaders()),
            frame(FRAME.reset, 0, id(from + i), uint32(constants.NGHTTP2_CANCEL)),
          ]),
        ),
      );
    const toll = await siege.withstands(async () => {
      await Promise.all([
        ...each(10, async (index) => {
          const socket = intrude(port, addressOf(60, index));
          await push(socket, [begin, ...each(50, (i) => pairs(i * 200, 200))]);
          socket.end();
          await gone(socket);
        }),
        ...each(5, async (index) => {
          const on = session(index, 61);
          for (let i = 0; i < 2_000 && !on.destroyed && !on.closed; i += 1) {
            call(on, "Stream").close(constants.NGHTTP2_CANCEL);
            if (i % 100 === 0) await pause(1);
          }
          on.destroy();
        }),
      ]);
    });
    assert.ok(toll.turnedAway("rpc", "rate_limited") >= 10, `${toll.turnedAway("rpc", "rate_limited")} were closed`);
    await siege.emptiesTo("rpc", 2);
  });

  it("floods of CONTINUATION, SETTINGS, PING and bombs of HPACK end their connections", async () => {
    const filler = literal("x-filler", "y".repeat(8_000));
    const bomb = Buffer.concat([callHeaders(), indexed("x-bomb", "z".repeat(3_900)), Buffer.alloc(10_000, 0xbe)]);
    const floods: readonly (() => readonly Buffer[])[] = [
      () => [frame(FRAME.headers, 0, 1, callHeaders()), ...each(1_000, () => frame(FRAME.continuation, 0, 1, filler))],
      () => [frame(FRAME.headers, 0, 1, callHeaders()), ...each(50_000, () => frame(FRAME.continuation, 0, 1))],
      () => each(100, () => Buffer.concat(each(1_000, () => frame(FRAME.settings, 0, 0, Buffer.from("000300000064", "hex"))))),
      () => each(100, () => Buffer.concat(each(1_000, () => frame(FRAME.ping, 0, 0, Buffer.alloc(8))))),
      () => each(50, (i) => frame(FRAME.headers, END_HEADERS | END_STREAM, id(i), bomb)),
      () => each(50, (i) => Buffer.concat(each(1_000, (j) => frame(FRAME.priority, 0, id(1_000 * i + j), Buffer.alloc(5))))),
      () => each(50, () => Buffer.concat(each(1_000, () => frame(FRAME.window, 0, 0, uint32(1))))),
      () => each(100, () => Buffer.concat(each(100, () => frame(FRAME.data, 0, 0, Buffer.alloc(100))))),
    ];
    await siege.withstands(async () => {
      await Promise.all(
        each(floods.length * 3, async (index) => {
          const socket = intrude(port, addressOf(62, index));
          // Who does not read the answers has them pile up on the other side.
          if (index % 2 === 0) socket.pause();
          await push(socket, [begin, ...(floods[index % floods.length]?.() ?? [])]);
          socket.resume();
          socket.end();
          await gone(socket);
        }),
      );
    });
    await siege.emptiesTo("rpc", 2);
  });

  it("large and many metadata are refused, and counted", async () => {
    const toll = await siege.withstands(async () => {
      await Promise.all(
        each(20, async (index) => {
          const on = session(index, 63);
          await over(call(on, "Send", { "x-large": "y".repeat(12_000) }));
          await over(call(on, "Send", Object.fromEntries(each(110, (i) => [`x-${i}`, "y".repeat(100)]))));
          on.destroy();
        }),
      );
    });
    assert.ok(toll.turnedAway("rpc", "headers") >= 20, `${toll.turnedAway("rpc", "headers")}`);
  });

  it("compressed batches are unpacked no further than the limit, and lengths of 4 GiB are refused when they are seen", async () => {
    const message = (bytes: Buffer, compressed: number, length = bytes.length): Buffer =>
      Buffer.concat([Buffer.of(compressed), uint32(length), bytes]);
    const bomb = gzipSync(Buffer.alloc(100 << 20, 0x0a), { level: 9 });
    const bodies = [
      message(bomb, 1),
      message(gzipSync(bomb), 1),
      message(Buffer.alloc(1_000), 0, 0xffffffff),
      message(Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]), 0),
      message(Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), 0),
    ];
    const toll = await siege.withstands(async () => {
      await Promise.all(
        each(bodies.length * 6, async (index) => {
          const on = session(index, 64);
          const sent = call(on, index % 2 === 0 ? "Stream" : "Send", { "grpc-encoding": "gzip" });
          sent.write(bodies[index % bodies.length]);
          await over(sent);
          on.destroy();
        }),
      );
    });
    assert.ok(toll.settled("too_large") >= 12, `${toll.settled("too_large")} too large`);
    assert.ok(toll.settled("malformed") >= 12, `${toll.settled("malformed")} malformed`);
  });

  it("connections that say nothing, or a byte now and then, are let go of", async () => {
    const half = frame(FRAME.headers, END_HEADERS, 1, callHeaders());
    const beginnings = [Buffer.from(""), PREFACE.subarray(0, 5), begin, Buffer.concat([begin, half.subarray(0, 20)])];
    await siege.withstands(async () => {
      await Promise.all([
        ...each(100, (i) => trickle(intrude(port, addressOf(65, i)), beginnings[i % 4] ?? begin)),
        ...each(50, async (i) => gone(intrude(port, addressOf(65, 1_000 + i)))),
      ]);
    });
    await siege.emptiesTo("rpc", 2);
  });

  it("silent calls of one address leave room for those of others, however many there are", async () => {
    const toll = await siege.withstands(async () => {
      const sessions = each(40, () => session(1, 67));
      for (const on of sessions) for (const method of each(100, () => "Stream")) call(on, method);
      await siege.turnsAway("rpc", "too_many_per_peer", 40 * 100 - 500);
      await pause(500);
      for (const on of sessions) on.destroy();
    });
    assert.equal(toll.turnedAway("rpc", "too_many_per_peer"), 40 * 100 - 500);
    await siege.emptiesTo("rpc", 2);
  });

  it("calls that are opened and left, and batches that trickle in, are let go of, and counted", async () => {
    const toll = await siege.withstands(async () => {
      await Promise.all(
        each(20, async (index) => {
          const on = session(index, 66);
          const calls = each(50, (i) => {
            const made = call(on, i % 2 === 0 ? "Stream" : "Send");
            // The head of a batch of 1000 bytes, of which one comes now and then.
            if (i % 2 === 0) made.write(Buffer.from([0, 0, 0, 3, 0xe8]));
            const timer = setInterval(() => (i % 2 === 0 && made.writable ? made.write(Buffer.of(0x0a)) : undefined), 100);
            return over(made).then(() => clearInterval(timer));
          });
          await Promise.all(calls);
          on.destroy();
        }),
      );
    });
    assert.equal(toll.turnedAway("rpc", "slow"), 20 * 50);
  });
});

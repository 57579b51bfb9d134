import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { CarryBudget } from "../../src/wire/carry.ts";
import { ForwardFramer } from "../../src/wire/forward-framer.ts";
import type { ForwardMessage } from "../../src/wire/forward-message.ts";
import { CAPTURES, array, asBin, asStr, capture, entry, eventTime, headed, hex, msgpack } from "../support/forward-bytes.ts";

const LIMIT = 1 << 20;
const ACK = hex("81 a3 61636b");

interface Seen {
  readonly tag: string;
  readonly body: string;
  readonly ack: string | undefined;
  readonly isLogs: boolean;
}

/** What a message says, independent of the buffers it lies in and of what was merged. */
function seen(message: ForwardMessage): Seen[] {
  const { tag, body, chunk, isLogs } = message;
  const rest = { tag, ack: chunk?.answer.toString("hex"), isLogs };
  if (body.kind === "frames") {
    return Array.from({ length: body.bounds.length / 2 }, (_, i) => {
      return { ...rest, body: body.bytes.toString("hex", body.bounds[2 * i], body.bounds[2 * i + 1]) };
    });
  }
  if (body.kind === "malformed") return [{ ...rest, body: `malformed ${body.reason}` }];
  const bytes = body.kind === "gzip" ? body.bytes : body.bytes.subarray(body.start, body.end);
  return [{ ...rest, body: `${body.kind} ${bytes.toString("hex")}` }];
}

/** Everything a stream says, cut at the given places. */
function frame(stream: Buffer, cuts: readonly number[] = []): { messages: Seen[]; fault: string | undefined } {
  const framer = new ForwardFramer(LIMIT, new CarryBudget(LIMIT * 4));
  const messages: ForwardMessage[] = [];
  let at = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), stream.length]) {
    // A copy, as each read of a socket is a buffer of its own.
    if (cut > at) messages.push(...framer.push(Buffer.from(stream.subarray(at, cut))));
    at = Math.max(at, cut);
  }
  framer.end();
  return { messages: messages.flatMap(seen), fault: framer.fault?.cause };
}

const record = { k: "v" };
const plain = entry(record);

describe("ForwardFramer", () => {
  it("reads Message mode: time, record and option go on as one frame", () => {
    const bytes = hex("93 a56170702e61 d70055ece6f8075bcd15 81 a16b a176");

    assert.deepEqual(frame(bytes).messages, [
      { tag: "app.a", body: "d70055ece6f8075bcd1581a16ba176", ack: undefined, isLogs: true },
    ]);
    const withOption = array("app.a", 1_441_588_984, record, { metadata: { a: 1 } });
    assert.equal(frame(withOption).messages[0]?.body, msgpack(1_441_588_984, record, { metadata: { a: 1 } }).toString("hex"));
  });

  it("reads every kind of time in Message mode", () => {
    for (const time of [
      1_441_588_984,
      1_441_588_984.5,
      null,
      eventTime(1),
      hex("c7 08 00 55ece6f8 075bcd15"),
      hex("d6 ff 55ece6f8"),
    ]) {
      const { messages, fault } = frame(array("t", time, record));
      assert.equal(fault, undefined);
      assert.equal(messages[0]?.body, msgpack(time, record).toString("hex"));
    }
  });

  it("reads Forward mode: each entry is a frame", () => {
    const { messages } = frame(array("t", array(plain, entry({ k: 2 }))));

    assert.deepEqual(
      messages.map(({ body }) => body),
      [plain.toString("hex"), entry({ k: 2 }).toString("hex")],
    );
  });

  it("reads PackedForward mode, packed as str or as bin", () => {
    const body = Buffer.concat([plain, plain]);

    for (const packed of [asStr(body), asBin(body)]) {
      assert.equal(frame(array("t", packed, {})).messages[0]?.body, `entries ${body.toString("hex")}`);
    }
  });

  it("tells gzip by its bytes, whatever the option says", () => {
    const packed = gzipSync(plain);

    for (const option of [{ compressed: "gzip" }, { compressed: "text" }, {}, null]) {
      assert.equal(frame(array("t", asBin(packed), option)).messages[0]?.body, `gzip ${packed.toString("hex")}`);
    }
    assert.equal(frame(array("t", asBin(plain), { compressed: "gzip" })).messages[0]?.body, `entries ${plain.toString("hex")}`);
  });

  it("refuses zstd by name and reads on", () => {
    const zstd = asBin(hex("28b52ffd 0400 0100"));
    const { messages, fault } = frame(msgpack(array("t", zstd, { compressed: "zstd", chunk: "c" }), array("t", 1, record)));

    assert.equal(fault, undefined);
    assert.match(messages[0]?.body ?? "", /^malformed entries compressed with zstd/);
    assert.equal(messages[0]?.ack, msgpack(ACK, "c").toString("hex"), "sending it again would not help");
    assert.equal(messages.length, 2);
  });

  it("takes an option that is missing or nil, and arrays of four with a packed body", () => {
    for (const message of [array("t", asStr(plain)), array("t", asStr(plain), null), array("t", asStr(plain), {}, null)]) {
      assert.deepEqual(frame(message).messages, [
        { tag: "t", body: `entries ${plain.toString("hex")}`, ack: undefined, isLogs: true },
      ]);
    }
    assert.equal(frame(array("t", 1, record, null)).messages.length, 1);
  });

  it("answers with the chunk byte for byte, its trailing newline and its type included", () => {
    const fluentd = "PHBkWnzUiQjHMEI8ECIpog==\n";
    const acks = [fluentd, hex("d9 02 6162"), hex("c4 02 6162"), 7].map((chunk) => {
      return frame(array("t", asStr(plain), Buffer.concat([hex("82"), msgpack("size", 1, "chunk", chunk)]))).messages[0]?.ack;
    });

    assert.deepEqual(
      acks,
      [msgpack(ACK, fluentd), msgpack(ACK, hex("d9 02 6162")), msgpack(ACK, hex("c4 02 6162")), msgpack(ACK, 7)].map((ack) =>
        ack.toString("hex"),
      ),
    );
    assert.equal(frame(array("t", asStr(plain), { chunk: null })).messages[0]?.ack, undefined);
  });

  it("tells metrics and traces from logs", () => {
    const kinds = [{ fluent_signal: 0 }, { fluent_signal: 1 }, { fluent_signal: 300 }, {}].map((option) => {
      return frame(array("t", asStr(plain), option)).messages[0]?.isLogs;
    });

    assert.deepEqual(kinds, [true, false, false, true]);
  });

  it("reads over nil, which keeps a connection alive", () => {
    const { messages, fault } = frame(msgpack(null, null, array("t", 1, record), null));

    assert.equal(messages.length, 1);
    assert.equal(fault, undefined);
  });

  it("says nothing about a connection that carried nothing", () => {
    assert.deepEqual(frame(Buffer.alloc(0)), { messages: [], fault: undefined });
  });

  it("puts messages of one read into one batch where nothing tells them apart", () => {
    const framer = new ForwardFramer(LIMIT, new CarryBudget(LIMIT));
    const stream = msgpack(
      array("a", 1, record),
      array("a", 2, record),
      array("a", array(plain)),
      array("b", 3, record),
      array("b", 4, record, { chunk: "x" }),
      array("b", 5, record, { fluent_signal: 2 }),
      array("b", 6, record),
    );

    const messages = framer.push(stream);

    assert.deepEqual(
      messages.map(({ tag, body }) => [tag, body.kind === "frames" ? body.bounds.length / 2 : 0]),
      [
        ["a", 3],
        ["b", 1],
        ["b", 1],
        ["b", 1],
        ["b", 1],
      ],
    );
  });

  it("passes over what is msgpack but no message, and reads on", () => {
    const strange = [
      array(),
      array("t"),
      array(1, 2, 3),
      array("t", true, {}),
      array("t", { a: 1 }),
      array("t", 5),
      array("a", "b", "c", "d", "e"),
    ];
    const { messages, fault } = frame(msgpack(...strange, array("t", 1, record)));

    assert.equal(fault, undefined);
    assert.equal(messages.filter(({ body }) => body.startsWith("malformed")).length, strange.length);
    assert.equal(messages.length, strange.length + 1);
  });

  it("gives a stream up that carries nothing else", () => {
    const { messages, fault } = frame(Buffer.alloc(5_000, 0x90));

    assert.equal(messages.length, 100);
    assert.equal(fault, "not_forward");
    const mixed = msgpack(...Array.from({ length: 300 }, (_, i) => (i % 50 === 0 ? array("t", 1, record) : array())));
    assert.equal(frame(mixed).fault, undefined);
  });

  it("cuts a tag that is absurdly long", () => {
    assert.equal(frame(array("t".repeat(10_000), 1, record)).messages[0]?.tag.length, 1_027);
  });

  it("gives a stream up that is no msgpack, after what came before", () => {
    const { messages, fault } = frame(msgpack(array("t", 1, record), hex("93 a174 c1")));

    assert.equal(messages.length, 1);
    assert.equal(fault, "not_forward");
    for (const stream of ["GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00", "<30>Oct 1 hello\n"]) {
      assert.deepEqual(frame(Buffer.from(stream, "latin1")), { messages: [], fault: "not_forward" });
    }
  });

  it("gives a stream up as soon as a message says that it is too long, before its bytes come", () => {
    for (const body of [
      headed(0xdb, LIMIT),
      headed(0xdd, LIMIT),
      msgpack(array(headed(0xdd, 0xffff_ffff))),
      headed(0xc6, 0xffff_ffff),
    ]) {
      const framer = new ForwardFramer(LIMIT, new CarryBudget(LIMIT));
      assert.deepEqual(framer.push(msgpack(array("t", 1, record), hex("92 a174"), body)).length, 1);
      assert.equal(framer.fault?.cause, "too_large");
    }
  });

  it("takes a message of exactly the limit", () => {
    const room = LIMIT - msgpack(hex("92 a174"), headed(0xdb, 0)).length;
    const exact = msgpack(hex("92 a174"), asStr(Buffer.alloc(room, 0xc0)));
    const over = msgpack(hex("92 a174"), asStr(Buffer.alloc(room + 1, 0xc0)));

    assert.equal(exact.length, LIMIT);
    for (const cuts of [[], [100, 70_000]]) {
      assert.equal(frame(exact, cuts).fault, undefined);
      assert.equal(frame(over, cuts).fault, "too_large");
    }
  });

  it("finds its way through records nested a hundred thousand deep", () => {
    const deep = entry(Buffer.concat([hex("81 a161"), Buffer.alloc(100_000, 0x91), hex("c0")]));
    const stream = msgpack(array("t", array(deep, plain)), array("t", 1, record));

    for (const cuts of [[], [50_000], [10, 99_999]]) {
      const { messages, fault } = frame(stream, cuts);
      assert.equal(fault, undefined);
      assert.equal(messages.length, 3);
    }
  });

  it("says that a connection ended within a message", () => {
    assert.equal(frame(array("t", 1, record).subarray(0, 5)).fault, "cut_off");
  });

  it("shares one budget for unfinished messages between connections", () => {
    const budget = new CarryBudget(300_000);
    const half = msgpack(hex("92 a174"), headed(0xdb, 400_000), Buffer.alloc(200_000));
    const [first, second] = [new ForwardFramer(LIMIT, budget), new ForwardFramer(LIMIT, budget)];

    first.push(half);
    second.push(half);
    assert.equal(first.fault, undefined);
    assert.equal(second.fault?.cause, "buffers_full");

    first.end();
    const third = new ForwardFramer(LIMIT, budget);
    third.push(half);
    assert.equal(third.fault, undefined, "what a connection held is free again when it ends");
  });

  it("yields the same messages however the bytes are cut", () => {
    const streams = [
      ...CAPTURES.map(capture),
      msgpack(
        array("a", 1, record),
        null,
        array("a", array(plain, plain), { chunk: "one\n" }),
        array("b", asStr(Buffer.concat([plain, plain])), { chunk: "two" }),
        array("b", asBin(gzipSync(plain)), null),
        array("t", true),
        array("b", 6, { text: "x".repeat(300), list: [1, [2, [3]]] }, { chunk: "three", fluent_signal: 1 }),
        hex("c1"),
      ),
    ];
    for (const stream of streams) {
      const whole = frame(stream);
      assert.deepEqual(frame(stream, Array.from(stream.keys())), whole, "byte by byte");
      fc.assert(
        fc.property(fc.array(fc.nat(stream.length), { maxLength: 6 }), (cuts) => {
          assert.deepEqual(frame(stream, cuts), whole);
        }),
        { numRuns: 50 },
      );
    }
  });

  it("never throws, whatever the bytes and wherever a capture is damaged", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void frame(Buffer.from(bytes), [30])));
    fc.assert(
      fc.property(fc.constantFrom(...CAPTURES), fc.nat(), fc.nat(255), fc.nat(), (name, at, byte, cut) => {
        const stream = Buffer.from(capture(name));
        stream[at % stream.length] = byte;
        frame(stream, [cut % stream.length]);
      }),
      { numRuns: 300 },
    );
  });
});

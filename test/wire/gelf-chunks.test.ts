import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inflateSync } from "node:zlib";
import * as fc from "fast-check";
import { GelfChunks, isChunk, type ChunkLimits, type LostMessage } from "../../src/wire/gelf-chunks.ts";
import { datagramsOf } from "../support/gelf-captures.ts";

const LIMITS: ChunkLimits = { timeoutMs: 5_000, maxSets: 1_000, maxBytes: 32 << 20 };

class Bench {
  readonly counts: Record<string, number> = {};
  readonly lost: LostMessage[] = [];
  readonly invalid: string[] = [];
  readonly chunks: GelfChunks;

  constructor(limits: Partial<ChunkLimits> = {}) {
    this.chunks = new GelfChunks(
      { ...LIMITS, ...limits },
      {
        count: (result, chunks) => {
          this.counts[result] = (this.counts[result] ?? 0) + chunks;
        },
        lost: (message) => this.lost.push(message),
        invalid: (_peer, why) => this.invalid.push(why),
      },
    );
  }

  /** Feeds chunks in order and returns the messages that became whole. */
  feed(chunks: readonly Buffer[], atMs = 0, port = 4_000): string[] {
    return chunks.flatMap((chunk) => this.chunks.add(chunk, "10.0.0.7", port, atMs)?.toString() ?? []);
  }
}

function chunk(id: string, sequence: number, count: number, data: string): Buffer {
  return Buffer.concat([
    Buffer.from([0x1e, 0x0f]),
    Buffer.from(id.padEnd(8, "."), "latin1"),
    Buffer.from([sequence, count]),
    Buffer.from(data),
  ]);
}

function cut(id: string, parts: readonly string[]): Buffer[] {
  return parts.map((part, sequence) => chunk(id, sequence, parts.length, part));
}

/** Every chunk is counted as received, and then once more under the way it left. */
function assertAllAccountedFor({ counts }: Bench, stillPending = 0): void {
  const { received = 0, ...left } = counts;
  const total = Object.values(left).reduce((sum, count) => sum + count, 0);
  assert.equal(total + stillPending, received);
}

describe("GelfChunks", () => {
  it("reads the layout of the GELF specification", () => {
    const bench = new Bench();
    const first = Buffer.from("1e0f000102030405060700027b22766572", "hex");
    const second = Buffer.from("1e0f0001020304050607010222", "hex");
    assert.ok(isChunk(first));
    assert.ok(!isChunk(Buffer.from("1f8b", "hex")));
    assert.deepEqual(bench.feed([first, second]), ['{"ver"']);
  });

  for (const [sender, count] of [
    ["graypy-udp-plain-chunked", 5],
    ["graypy-udp-one-chunk-of-one", 1],
    ["graypy-udp-128-chunks", 128],
  ] as const) {
    it(`reassembles ${count} chunks of ${sender} in order and backwards`, () => {
      const datagrams = datagramsOf(sender);
      assert.equal(datagrams.length, count);
      const [message = ""] = new Bench().feed(datagrams);
      assert.equal(JSON.parse(message).version, "1.0");
      assert.deepEqual(new Bench().feed(datagrams.toReversed()), [message]);
    });
  }

  it("reassembles compressed chunks, whose pieces say nothing by themselves", () => {
    const whole = datagramsOf("graypy-udp-zlib-chunked").map((datagram) => new Bench().chunks.add(datagram, "a", 1, 0));
    assert.ok(whole.every((message) => message === undefined));
    const bench = new Bench();
    let message: Buffer | undefined;
    for (const datagram of datagramsOf("graypy-udp-zlib-chunked").toReversed()) message = bench.chunks.add(datagram, "a", 1, 0);
    assert.equal(JSON.parse(inflateSync(message ?? Buffer.alloc(0)).toString()).host, "vm");
    assert.deepEqual(bench.counts, { received: 6, completed: 6 });
  });

  it("gives the message once, whatever the order of its chunks and however often they come", () => {
    const captured = datagramsOf("graypy-udp-plain-chunked");
    const [expected] = new Bench().feed(captured);
    const indexes = fc.array(fc.nat(captured.length - 1), { maxLength: 20 });
    const order = fc.tuple(indexes, fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), indexes);
    fc.assert(
      fc.property(order, ([before, all, after]) => {
        const bench = new Bench();
        const sent = [...before, ...all, ...after].map((index) => captured[index] ?? Buffer.alloc(0));
        assert.deepEqual(bench.feed(sent), [expected]);
        assert.equal(bench.chunks.sets, 0);
        assert.equal(bench.chunks.bytes, 0);
        assert.deepEqual(bench.counts["completed"], 5);
        assertAllAccountedFor(bench);
      }),
    );
  });

  it("accepts an empty last chunk, as go-gelf sends when the length is a multiple of the chunk size", () => {
    assert.deepEqual(new Bench().feed(cut("tail", ["{}", ""])), ["{}"]);
  });

  it("delivers a message of one chunk at once", () => {
    const bench = new Bench();
    assert.deepEqual(bench.feed([chunk("one", 0, 1, "{}")]), ["{}"]);
    assert.equal(bench.chunks.sets, 0);
  });

  it("drops a whole set five seconds after its first chunk, however late the others came", () => {
    const bench = new Bench();
    const [a, b, c] = cut("late", ["a", "b", "c"]) as [Buffer, Buffer, Buffer];
    bench.feed([a], 0);
    bench.feed([b], 4_900);
    assert.equal(bench.chunks.expiresMs, 5_000);
    bench.chunks.sweep(4_999);
    assert.equal(bench.chunks.sets, 1);
    bench.chunks.sweep(5_000);
    assert.equal(bench.chunks.sets, 0);
    assert.equal(bench.chunks.expiresMs, undefined);
    const id = Buffer.from("late....").toString("hex");
    assert.deepEqual(bench.lost, [{ peer: "10.0.0.7", id, got: 2, expected: 3, reason: "expired" }]);
    assert.deepEqual(bench.feed([c], 5_001), []);
    assert.deepEqual(bench.counts, { received: 3, expired: 2 });
  });

  it("does not need a sweep to forget a set whose time is over", () => {
    const bench = new Bench();
    const [a, b] = cut("slow", ["a", "b"]) as [Buffer, Buffer];
    bench.feed([a], 0);
    assert.deepEqual(bench.feed([b], 6_000), []);
    assert.equal(bench.lost.length, 1);
  });

  it("keeps senders apart that use the same message id", () => {
    const bench = new Bench();
    const [a, b] = cut("same", ["a", "b"]) as [Buffer, Buffer];
    const [x, y] = cut("same", ["x", "y"]) as [Buffer, Buffer];
    assert.deepEqual(bench.feed([a], 0, 1), []);
    assert.deepEqual(bench.feed([x], 0, 2), []);
    assert.deepEqual(bench.feed([b], 0, 1), ["ab"]);
    assert.deepEqual(bench.feed([y], 0, 2), ["xy"]);
  });

  it("drops a chunk that disagrees with its set about the number of chunks, and only that chunk", () => {
    const bench = new Bench();
    const [a, b] = cut("odd", ["a", "b"]) as [Buffer, Buffer];
    bench.feed([a]);
    assert.deepEqual(bench.feed([chunk("odd", 1, 3, "?")]), []);
    assert.match(bench.invalid[0] ?? "", /says 3 chunks, an earlier one 2/);
    assert.deepEqual(bench.feed([b]), ["ab"]);
    assert.deepEqual(bench.counts, { received: 3, invalid: 1, completed: 2 });
  });

  it("drops what has the magic of a chunk but is none", () => {
    const bench = new Bench();
    const none = [Buffer.from([0x1e, 0x0f]), chunk("zero", 0, 0, ""), chunk("many", 0, 129, ""), chunk("beyond", 2, 2, "")];
    assert.deepEqual(bench.feed(none), []);
    assert.deepEqual(bench.counts, { received: 4, invalid: 4 });
    assert.equal(bench.chunks.sets, 0);
    assert.match(bench.invalid[0] ?? "", /2 bytes; its header alone takes 12/);
  });

  it("takes a new message under an id that was used before, once the first is complete", () => {
    const bench = new Bench();
    assert.deepEqual(bench.feed(cut("fixed", ["a", "b"])), ["ab"]);
    assert.deepEqual(bench.feed(cut("fixed", ["c", "d"])), ["cd"]);
  });

  it("evicts the oldest set when there are too many", () => {
    const bench = new Bench({ maxSets: 2 });
    bench.feed([chunk("a", 0, 2, "a")], 0);
    bench.feed([chunk("b", 0, 2, "b")], 1);
    bench.feed([chunk("c", 0, 2, "c")], 2);
    assert.deepEqual(
      bench.lost.map(({ id, reason }) => [Buffer.from(id, "hex").toString(), reason]),
      [["a.......", "evicted"]],
    );
    assert.deepEqual(bench.feed([chunk("b", 1, 2, "B"), chunk("c", 1, 2, "C")], 3), ["bB", "cC"]);
  });

  it("never refuses a chunk of a set that is already held for lack of room", () => {
    const bench = new Bench({ maxBytes: 12_000 });
    const parts = Array.from({ length: 3 }, () => "x".repeat(1_000));
    const oldest = cut("oldest", parts);
    bench.feed(oldest.slice(0, 1), 0);
    for (let i = 0; i < 26; i += 1) bench.feed([chunk(`n${i}`, 0, 2, "y".repeat(100))], 1);
    assert.equal(bench.lost.length, 0);

    assert.deepEqual(bench.feed(oldest.slice(1), 2), [parts.join("")]);
    assert.ok(bench.lost.length > 0 && bench.lost.every(({ expected }) => expected === 2));
  });

  it("gives up a single set that is larger than the limit for all", () => {
    const bench = new Bench({ maxBytes: 1_500 });
    assert.deepEqual(bench.feed(cut("big", ["x".repeat(1_000), "x".repeat(1_000), "x".repeat(1_000)])), []);
    assert.equal(bench.lost.filter(({ reason }) => reason === "evicted").length, 1);
    assert.ok(bench.chunks.bytes <= 1_500);
  });

  it("stays within its bounds in a flood of chunks that never make a message, and loses none from the count", () => {
    const flood = fc.array(fc.tuple(fc.nat(30), fc.nat(5), fc.integer({ min: 1, max: 6 }), fc.nat(400), fc.nat(50)), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(flood, (chunks) => {
        const bench = new Bench({ maxSets: 8, maxBytes: 3_000, timeoutMs: 500 });
        let nowMs = 0;
        for (const [id, sequence, count, size, passed] of chunks) {
          nowMs += passed;
          bench.feed([chunk(`id${id}`, sequence, count, "z".repeat(size))], nowMs);
          assert.ok(bench.chunks.sets <= 8);
          assert.ok(bench.chunks.bytes <= 3_000);
        }
        bench.chunks.clear();
        assert.equal(bench.chunks.sets, 0);
        assert.equal(bench.chunks.bytes, 0);
        assertAllAccountedFor(bench);
      }),
    );
  });
});

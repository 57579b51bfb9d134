import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import { decodeMulti } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { packFrames, type Frames } from "../../src/record/batch.ts";
import { CarryBudget } from "../../src/wire/carry.ts";
import { DockerLines } from "../../src/wire/docker-lines.ts";
import { array, entry, msgpack } from "../support/forward-bytes.ts";

const CONTAINER = { container_id: "c0ffee", container_name: "/web", source: "stdout" };

interface Part {
  readonly text: string;
  readonly ordinal: number;
  readonly last?: boolean;
  readonly id?: string;
}

function recordOf({ text, ordinal, last = false, id = "p1" }: Part): object {
  return {
    ...CONTAINER,
    log: text,
    partial_message: "true",
    partial_id: id,
    partial_ordinal: String(ordinal),
    partial_last: String(last),
  };
}

/** Parts as Docker sends them, in Message mode: time and record. */
function frames(...parts: readonly (Part | Buffer)[]): Frames {
  return packFrames(parts.map((part) => (Buffer.isBuffer(part) ? part : msgpack(1_700_000_000, recordOf(part)))));
}

/** Time and record of each frame. */
function told({ bytes, bounds }: Frames): unknown[][] {
  return Array.from({ length: bounds.length / 2 }, (_, i) => [...decodeMulti(bytes.subarray(bounds[2 * i], bounds[2 * i + 1]))]);
}

function lines(maxLineBytes = 100_000, budget = 1_000_000): DockerLines {
  return new DockerLines(maxLineBytes, new CarryBudget(budget));
}

const joined = (text: string): unknown[] => [1_700_000_000, { ...CONTAINER, log: text }];

describe("DockerLines", () => {
  it("joins the parts of a line when the last one has come, over several messages", () => {
    const joiner = lines();

    assert.deepEqual(told(joiner.pass(frames({ text: "one ", ordinal: 1 }), "t", 0)), []);
    assert.deepEqual(told(joiner.pass(frames({ text: "two ", ordinal: 2 }), "t", 1)), []);
    assert.deepEqual(told(joiner.pass(frames({ text: "three", ordinal: 3, last: true }), "t", 2)), [joined("one two three")]);
    assert.equal(joiner.size, 0);
  });

  it("knows a part however its keys are written, and whatever stands beside it", () => {
    const short = msgpack(1_700_000_000, recordOf({ text: "one ", ordinal: 1 }));
    const at = short.indexOf("\xafpartial_message", 0, "latin1");
    const long = Buffer.concat([short.subarray(0, at), Buffer.of(0xd9, 15), short.subarray(at + 1)]);
    const last = { text: "two", ordinal: 2, last: true };

    for (const first of [short, long]) {
      const joiner = lines();
      assert.deepEqual(told(joiner.pass(frames(first), "t", 0)), []);
      assert.deepEqual(told(joiner.pass(frames(last), "t", 1)), [joined("one two")]);
      assert.deepEqual(told(lines().pass(frames(first, last), "t", 0)), [joined("one two")]);
    }
  });

  it("joins bytes, so that a character cut in two is whole again", () => {
    const euro = Buffer.from("\u20ac");
    const part = (bytes: Buffer, ordinal: number): Buffer => {
      const text = Buffer.concat([Buffer.of(0xa0 | bytes.length), bytes]);
      const members = [
        "partial_message",
        "true",
        "partial_id",
        "x",
        "partial_ordinal",
        `${ordinal}`,
        "partial_last",
        ordinal === 2 ? "true" : "false",
      ];
      return msgpack(7, Buffer.concat([Buffer.of(0x85), msgpack("log", text, ...members)]));
    };

    assert.deepEqual(told(lines().pass(frames(part(euro.subarray(0, 1), 1), part(euro.subarray(1), 2)), "t", 0)), [
      [7, { log: "\u20ac" }],
    ]);
  });

  it("keeps other records in their place, and lines apart by tag and id", () => {
    const joiner = lines();
    const other = entry({ log: "other" });
    joiner.pass(frames({ text: "elsewhere", ordinal: 1 }), "u", 0);

    const passed = joiner.pass(
      frames(
        { text: "a", ordinal: 1, id: "x" },
        other,
        { text: "b", ordinal: 1 },
        { text: "A", ordinal: 2, id: "x", last: true },
      ),
      "t",
      0,
    );

    assert.deepEqual(passed.bytes.subarray(passed.bounds[0], passed.bounds[1]), other);
    assert.deepEqual(told(passed)[1], joined("aA"));
    assert.equal(joiner.size, 2);
  });

  it("puts parts in order, and reads parts that were packed as entries", () => {
    const packed = packFrames([
      entry(recordOf({ text: "b", ordinal: 2 }), msgpack(5)),
      entry(recordOf({ text: "a", ordinal: 1 }), msgpack(4)),
      array(5, recordOf({ text: "c", ordinal: 3, last: true })),
    ]);

    assert.deepEqual(told(lines().pass(packed, "t", 0)), [[4, { ...CONTAINER, log: "abc" }]]);
  });

  it("hands frames without parts back as they are", () => {
    const given = frames(entry({ log: "partial_message" }), entry({ partial_message: "true", log: "no id" }));

    assert.equal(lines().pass(frames(entry({ a: 1 })), "t", 0).bounds.length, 2);
    assert.deepEqual(told(lines().pass(given, "t", 0)), told(given));
  });

  it("lets a line go that waits too long, as far as it has come", () => {
    const joiner = lines();
    joiner.pass(frames({ text: "old", ordinal: 1, id: "a" }), "t", 0);
    joiner.pass(frames({ text: "new", ordinal: 1, id: "b" }), "t", 1_000);

    assert.deepEqual(
      joiner.flush(1_000).map(({ tag, frame }) => [tag, [...decodeMulti(frame)]]),
      [["t", joined("old")]],
    );
    assert.equal(joiner.size, 1);
    assert.equal(joiner.flush().length, 1);
  });

  it("leaves nothing behind of frames that are acknowledged", () => {
    const joiner = lines();
    const passed = joiner.passWhole(
      frames({ text: "a", ordinal: 1, id: "x" }, { text: "b", ordinal: 1 }, { text: "B", ordinal: 2, last: true }),
      "t",
      0,
    );

    assert.deepEqual(told(passed), [joined("bB"), joined("a")]);
    assert.equal(joiner.size, 0);
  });

  it("lets a line go that is too long, finds no room, or is one too many", () => {
    const long = lines(2_000);
    const passed = [1, 2, 3].flatMap((ordinal) => told(long.pass(frames({ text: "x".repeat(700), ordinal }), "t", 0)));
    assert.deepEqual(passed, [joined("x".repeat(1_400))]);

    const poor = lines(100_000, 1_000);
    poor.pass(frames({ text: "x".repeat(100), ordinal: 1 }), "t", 0);
    assert.deepEqual(told(poor.pass(frames({ text: "y".repeat(900), ordinal: 2 }), "t", 0)), [
      joined("x".repeat(100) + "y".repeat(900)),
    ]);

    const many = lines();
    for (let id = 0; id < 100; id += 1) many.pass(frames({ text: "x", ordinal: 1, id: `line ${id}` }), "t", 0);
    assert.equal(many.size, 64);
  });

  it("gives all room back", () => {
    const budget = new CarryBudget(100_000);
    const joiner = new DockerLines(5_000, budget);
    for (let ordinal = 1; ordinal <= 100; ordinal += 1) joiner.pass(frames({ text: "x".repeat(700), ordinal }), "t", 0);
    joiner.flush();

    assert.equal(budget.take(100_000), true);
  });

  it("never throws, whatever the bytes", () => {
    const mark = Buffer.from("\xafpartial_message", "latin1");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(), fc.nat(255), (bytes, at, byte) => {
        lines().passWhole(packFrames([Buffer.concat([bytes, mark]), Buffer.concat([mark, bytes])]), "t", 0);
        const damaged = frames({ text: "a", ordinal: 1 });
        damaged.bytes[at % damaged.bytes.length] = byte;
        lines().passWhole(damaged, "t", 0);
      }),
    );
  });
});

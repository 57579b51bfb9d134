import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Frames } from "../../src/record/batch.ts";
import { CarryBudget } from "../../src/wire/carry.ts";
import { SyslogFrames } from "../../src/wire/syslog-frames.ts";

function texts(frames: Frames | undefined): string[] {
  const bounds = frames?.bounds ?? [];
  return Array.from(
    { length: bounds.length / 2 },
    (_, i) => frames?.bytes.toString("latin1", bounds[2 * i], bounds[2 * i + 1]) ?? "",
  );
}

function cut(chunks: readonly Buffer[], maxBytes = 1_000): { frames: string[]; tooLarge: number } {
  let tooLarge = 0;
  const framer = new SyslogFrames({ maxBytes, budget: new CarryBudget(1 << 20), tooLarge: () => (tooLarge += 1) });
  const frames = chunks.flatMap((chunk) => texts(framer.push(chunk).frames));
  frames.push(...texts(framer.end()));
  return { frames, tooLarge };
}

const one = (text: string): Buffer[] => [Buffer.from(text, "latin1")];
const counted = (message: string): string => `${message.length} ${message}`;

/** The same bytes in pieces of so many bytes, over and over. */
function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}

describe("SyslogFrames", () => {
  it("ends messages at LF, CRLF and NUL, and gives the last one without", () => {
    assert.deepEqual(cut(one("<1>a\n<2>b\r\n<3>c\0<4>d")).frames, ["<1>a", "<2>b\r", "<3>c", "<4>d"]);
  });

  it("takes as many bytes as a count says, line ends among them", () => {
    assert.deepEqual(cut(one(`${counted("<1>a\nb\n")}${counted("<2>")}\n\r\n${counted("<3>c\0")}`)).frames, [
      "<1>a\nb\n",
      "<2>",
      "<3>c\0",
    ]);
  });

  it("tells the framing of each message anew", () => {
    assert.deepEqual(cut(one(`<1>a\n${counted("<2>b")}<3>c\n${counted("<4>d")}\n<5>e\n`)).frames, [
      "<1>a",
      "<2>b",
      "<3>c",
      "<4>d",
      "<5>e",
    ]);
  });

  it("counts an object too", () => {
    assert.deepEqual(cut(one(counted('{"a":"\n"}') + counted("<1>b"))).frames, ['{"a":"\n"}', "<1>b"]);
  });

  it("takes a malformed count for the beginning of a line, which costs no neighbour", () => {
    const lines = [
      "7<1>a",
      "07 <1>a",
      "7  <1>a",
      "123456789 <1>a",
      "12 apples fell",
      "2026-11-20 08:30:12 x",
      "7\t<1>",
      "0 <1>a",
      "5",
    ];
    assert.deepEqual(cut(one(`${lines.join("\n")}\n<2>b\n`)).frames, [...lines, "<2>b"]);
  });

  it("keeps what came of a message whose connection ended within its count", () => {
    assert.deepEqual(cut(one("<1>a\n50 <2>only the beginn")).frames, ["<1>a", "<2>only the beginn"]);
    assert.deepEqual(cut(one("50 ")).frames, ["50 "]);
    assert.deepEqual(cut(one("50 <")).frames, ["<"]);
  });

  it("skips messages over the limit to their end, counts them, and lives on", () => {
    const long = `<1>${"x".repeat(2_000)}`;
    const { frames, tooLarge } = cut(one(`${long}\n<2>b\n${counted(long)}<3>c\n${long}\0${counted("<4>d")}${long}`));

    assert.deepEqual([frames, tooLarge], [["<2>b", "<3>c", "<4>d"], 4]);
  });

  it("takes a message of just the limit, and none of a byte more", () => {
    const message = (bytes: number): string => `<1>${"x".repeat(bytes - 3)}`;
    assert.deepEqual(cut(one(`${message(20)}\n${counted(message(20))}`), 20), {
      frames: [message(20), message(20)],
      tooLarge: 0,
    });
    assert.deepEqual(cut(one(`${message(21)}\n${counted(message(21))}`), 20), { frames: [], tooLarge: 2 });
  });

  it("counts an endless message once and holds none of it", () => {
    let tooLarge = 0;
    const budget = new CarryBudget(3_000);
    const framer = new SyslogFrames({ maxBytes: 1_000, budget, tooLarge: () => (tooLarge += 1) });
    for (let i = 0; i < 100; i += 1) assert.equal(framer.push(Buffer.alloc(700, "x")).hasRoom, true);
    const { frames } = framer.push(Buffer.from("\n<1>a\n"));

    assert.deepEqual([texts(frames), tooLarge, budget.take(3_000)], [["<1>a"], 1, true]);
  });

  it("says when there is no room for what is unfinished, and forgets it", () => {
    const budget = new CarryBudget(100);
    const framer = new SyslogFrames({ maxBytes: 1_000, budget, tooLarge: () => assert.fail("not too large") });
    const { frames, hasRoom } = framer.push(Buffer.from(`<1>a\n<2>${"x".repeat(200)}`));

    assert.deepEqual([texts(frames), hasRoom, framer.end(), budget.take(100)], [["<1>a"], false, undefined, true]);
  });

  it("gives back what it held when the connection ends", () => {
    const budget = new CarryBudget(100);
    const framer = new SyslogFrames({ maxBytes: 1_000, budget, tooLarge: () => {} });
    framer.push(Buffer.from("<1>half"));

    assert.deepEqual([texts(framer.end()), budget.take(100)], [["<1>half"], true]);
  });

  const message = fc
    .tuple(
      fc.nat(191),
      fc.string({ maxLength: 40 }).map((text) => Buffer.from(text).toString("latin1")),
    )
    .map(([priority, text]) => `<${priority}>${text}`);
  const line = message.filter((text) => !/[\n\0]/.test(text));

  it("gives back what senders framed, in any mixture, however the bytes are cut", () => {
    const part = fc.oneof(
      message.map((text) => ({ sent: counted(text), text })),
      message.map((text) => ({ sent: `${counted(text)}\n`, text })),
      line.chain((text) => fc.constantFrom("\n", "\0", "\n\n").map((end) => ({ sent: text + end, text }))),
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 15 }), sizes, (parts, cuts) => {
        const bytes = Buffer.from(parts.map(({ sent }) => sent).join(""), "latin1");
        const { frames, tooLarge } = cut(pieces(bytes, cuts));

        assert.deepEqual([frames, tooLarge], [parts.map(({ text }) => text), 0]);
      }),
    );
  });

  it("gives the same messages of any bytes, however they are cut", () => {
    const noise = fc.oneof(
      { weight: 4, arbitrary: line.map((text) => `${text}\n`) },
      message,
      fc.constantFrom("\n", "\0", "\r\n", "5 <1>ab", "12 ", "99 <", "07 <1>x", "123456789 <", "40 <1>", "{", " ", "3", "8 {}"),
      fc.nat(2_000).map(String),
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 140 }).map((bytes) => "x".repeat(bytes)) },
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 30 }), sizes, (parts, cuts) => {
        const bytes = Buffer.from(parts.join(""), "latin1");
        assert.deepEqual(cut(pieces(bytes, cuts), 50), cut([bytes], 50));
      }),
      { numRuns: 500 },
    );
  });
});

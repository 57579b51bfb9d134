import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { Frames } from "../../src/record/batch.ts";
import { LineReader } from "../../src/wire/line-reader.ts";

function linesOf(frames: Frames | undefined): string[] {
  if (frames === undefined) return [];
  return Array.from({ length: frames.bounds.length / 2 }, (_, i) =>
    frames.bytes.toString("latin1", frames.bounds[2 * i], frames.bounds[2 * i + 1]),
  );
}

/** The lines of a stream that arrives in these pieces, and how many were too long. */
function read(pieces: readonly (string | Buffer)[], maxLineBytes = 1_000) {
  let tooLong = 0;
  const reader = new LineReader(maxLineBytes, () => (tooLong += 1));
  const lines = pieces.flatMap((piece) => linesOf(reader.push(Buffer.from(piece))));
  lines.push(...linesOf(reader.end()));
  return { lines, tooLong };
}

/** A stream cut at random places. */
const streams = fc.tuple(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(400), { maxLength: 10 })).map(([bytes, cuts]) => {
  const stream = Buffer.from(bytes.map((byte) => (byte % 7 === 0 ? 0x0a : byte % 11 === 0 ? 0x0d : byte)));
  const places = [0, ...cuts.filter((cut) => cut < stream.length).toSorted((a, b) => a - b), stream.length];
  return { stream, pieces: places.slice(1).map((place, i) => stream.subarray(places[i], place)) };
});

describe("LineReader", () => {
  it("makes one batch of each chunk, without line feeds and blank lines", () => {
    const reader = new LineReader(1_000, () => {});
    assert.deepEqual(linesOf(reader.push(Buffer.from("one\n\ntwo\r\n\r\nthr"))), ["one", "two\r"]);
    assert.equal(reader.push(Buffer.from("e")), undefined);
    assert.deepEqual(linesOf(reader.push(Buffer.from("e\n"))), ["three"]);
    assert.equal(reader.end(), undefined);
  });

  it("gives the last line without an end", () => {
    assert.deepEqual(read(["a\nb"]), { lines: ["a", "b"], tooLong: 0 });
    assert.deepEqual(read(["a\n"]), { lines: ["a"], tooLong: 0 });
    assert.deepEqual(read([]), { lines: [], tooLong: 0 });
  });

  it("keeps bytes exactly, whatever they are", () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i).filter((byte) => byte !== 0x0a));
    assert.deepEqual(read([bytes, "\n"]).lines, [bytes.toString("latin1")]);
  });

  it("counts a line that is too long once, and reads on after it", () => {
    const long = "x".repeat(10_001);
    assert.deepEqual(read([`a\n${long}\nb\n`], 10_000), { lines: ["a", "b"], tooLong: 1 });
    assert.deepEqual(read(["a\n", long.slice(0, 6_000), long.slice(6_000), "\nb\n"], 10_000), { lines: ["a", "b"], tooLong: 1 });
    assert.deepEqual(read([`${long}\n${long}\n${long}`], 10_000), { lines: [], tooLong: 3 });
    assert.deepEqual(read(["x".repeat(10_000), "\n"], 10_000).tooLong, 0);
    assert.deepEqual(read(["x".repeat(10_000), "\r", "\n"], 10_000).tooLong, 0);
  });

  it("takes a line of 10 MiB without an end for one record, and keeps no more than the limit of it", () => {
    const chunk = Buffer.alloc(65_536, 0x78);
    let tooLong = 0;
    const reader = new LineReader(100_000, () => (tooLong += 1));
    for (let i = 0; i < 160; i += 1) assert.equal(reader.push(chunk), undefined);
    assert.deepEqual(linesOf(reader.push(Buffer.from("rest\nnext\n"))), ["next"]);
    assert.equal(tooLong, 1);
  });

  it("counts a last line that is too long once", () => {
    assert.deepEqual(read(["x".repeat(600), "x".repeat(600), "x"]), { lines: [], tooLong: 1 });
  });

  it("gives the same lines however the stream is cut", () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 60 }), ({ stream, pieces }, maxLineBytes) => {
        const text = stream
          .toString("latin1")
          .split("\n")
          .filter((line) => line !== "" && line !== "\r");
        const fits = (line: string): boolean => line.replace(/\r$/, "").length <= maxLineBytes;

        assert.deepEqual(read(pieces, maxLineBytes), {
          lines: text.filter(fits),
          tooLong: text.filter((line) => !fits(line)).length,
        });
      }),
      { numRuns: 1_000 },
    );
  });
});

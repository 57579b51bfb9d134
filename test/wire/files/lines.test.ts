import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cutLines } from "../../../src/wire/files/lines.ts";

function cut(text: string, limit = 100): { lines: string[]; places: number[]; rest: number; tooLong: number } {
  const bytes = Buffer.from(text, "latin1");
  const { bounds, places, rest, tooLong } = cutLines({ bytes, end: bytes.length, offset: 1_000 }, limit);
  const lines = places.map((_, i) => bytes.toString("latin1", bounds[2 * i], bounds[2 * i + 1]));
  return { lines, places, rest, tooLong };
}

describe("cutLines", () => {
  it("tells whole lines and where they stand, and leaves what has no end", () => {
    assert.deepEqual(cut("one\n\ntwo\r\nthr"), { lines: ["one", "two\r"], places: [1_000, 1_005], rest: 10, tooLong: 0 });
  });

  it("leaves out lines over the limit, and the holes before lines", () => {
    assert.deepEqual(cut("12345\n123456\n\0\0\x00ab\n\0\0", 5), {
      lines: ["12345", "ab"],
      places: [1_000, 1_016],
      rest: 21,
      tooLong: 1,
    });
  });

  it("does not look behind the end of what was read", () => {
    const bytes = Buffer.from("a\nb\nc\n");
    assert.deepEqual(cutLines({ bytes, end: 3, offset: 0 }, 10), { bytes, bounds: [0, 1], places: [0], rest: 2, tooLong: 0 });
  });

  it("finds the same lines at the same places however a file is cut into reads", () => {
    const text = fc
      .array(fc.constantFrom("a", "bb", "\n", "\n\n", "\0", "long line ", "\r\n"), { maxLength: 60 })
      .map((all) => all.join(""));
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 10 }), (whole, sizes) => {
        const at = (from: number, to: number): ReturnType<typeof cutLines> => {
          const bytes = Buffer.from(whole.slice(from, to));
          return cutLines({ bytes, end: bytes.length, offset: from }, 1_000);
        };
        const expected = at(0, whole.length);
        const places: number[] = [];
        let from = 0;
        for (let turn = 0, to = 0; to < whole.length; turn += 1) {
          to = Math.min(whole.length, to + (sizes[turn % sizes.length] ?? 1));
          const read = at(from, to);
          places.push(...read.places);
          from += read.rest;
        }
        assert.deepEqual(places, expected.places);
      }),
    );
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Frames } from "../../src/record/batch.ts";
import { GelfFrames } from "../../src/wire/gelf-frames.ts";

function texts(frames: Frames | undefined): string[] {
  const found: string[] = [];
  const bounds = frames?.bounds ?? [];
  for (let i = 0; i < bounds.length; i += 2)
    found.push(frames?.bytes.subarray(bounds[i], bounds[i + 1]).toString("latin1") ?? "");
  return found;
}

function cut(chunks: readonly Buffer[], maxBytes = 1_000): { frames: string[]; tooLarge: number } {
  let tooLarge = 0;
  const framer = new GelfFrames(maxBytes, () => {
    tooLarge += 1;
  });
  const frames = chunks.flatMap((chunk) => texts(framer.push(chunk)));
  frames.push(...texts(framer.end()));
  return { frames: frames.map((frame) => frame.trim()), tooLarge };
}

const one = (text: string): Buffer[] => [Buffer.from(text, "latin1")];

describe("GelfFrames", () => {
  it("ends frames at NUL and skips empty ones", () => {
    const { frames } = cut(one('{"a":1}\0\0{"b":2}\0'));

    assert.deepEqual(frames, ['{"a":1}', '{"b":2}']);
  });

  it("gives the last frame that no delimiter ended", () => {
    assert.deepEqual(cut(one('{"a":1}\0{"b":2}')).frames, ['{"a":1}', '{"b":2}']);
  });

  it("ends frames at LF where a JSON object is complete", () => {
    assert.deepEqual(cut(one('{"a":1}\n{"b":"}"}\r\n\n{"c":{"d":"\\""}}\n')).frames, [
      '{"a":1}',
      '{"b":"}"}',
      '{"c":{"d":"\\""}}',
    ]);
  });

  it("tells objects apart that stand back to back, however the bytes are cut", () => {
    const sent = '{"a":{"x":1}}{"b":"}{\\"}{"}{"c":[{"y":1},{"z":2}]}{"d":4}\0{"e":5}{"f":6}\n{"g":7}';
    const frames = ['{"a":{"x":1}}', '{"b":"}{\\"}{"}', '{"c":[{"y":1},{"z":2}]}', '{"d":4}', '{"e":5}', '{"f":6}', '{"g":7}'];
    const bytes = Buffer.from(sent);

    for (let size = 1; size <= bytes.length; size += 1) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        Buffer.from(bytes.subarray(i * size, (i + 1) * size)),
      );
      assert.deepEqual(cut(chunks).frames, frames);
    }
  });

  it("keeps pretty-printed JSON together", () => {
    assert.deepEqual(cut(one('{\n  "a": 1,\n  "b": { "c": "x" }\n}\n{"d":2}\0')).frames, [
      '{\n  "a": 1,\n  "b": { "c": "x" }\n}',
      '{"d":2}',
    ]);
  });

  it("takes NUL and LF in one connection", () => {
    assert.deepEqual(cut(one('{"a":1}\0{"b":2}\n{"c":3}\0')).frames, ['{"a":1}', '{"b":2}', '{"c":3}']);
  });

  it("keeps a raw line feed inside a string", () => {
    assert.deepEqual(cut(one('{"a":"x\ny"}\0{"b":2}\0')).frames, ['{"a":"x\ny"}', '{"b":2}']);
  });

  it("gives up on a line that lost its quote where the next record begins", () => {
    assert.deepEqual(cut(one('{"a":"x\n{"b":2}\n{"c":3}\n')).frames, ['{"a":"x', '{"b":2}', '{"c":3}']);
  });

  it("gives up on a line that was cut off anywhere where the next record begins, however the bytes are cut", () => {
    const whole = '{"a":{"b":[1,{"c":"d-e"}]},"f":"g"}';
    for (let length = 1; length < whole.length; length += 1) {
      const broken = whole.slice(0, length);
      // Behind a colon, or within a list, an object may well stand: then the next line is lost too, but no other one.
      const takesNext = /:$|[[,]$/.test(broken) && !broken.endsWith("},");
      const stream = `${broken}\n{"n":1}\n{"n":2}\r\n{"n":3}\n`;
      for (const size of [1, broken.length + 1, broken.length + 2, 1_000]) {
        const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) =>
          Buffer.from(stream.slice(i * size, (i + 1) * size)),
        );
        const first = takesNext ? [`${broken}\n{"n":1}`] : [broken, '{"n":1}'];
        assert.deepEqual(cut(chunks).frames, [...first, '{"n":2}', '{"n":3}'], `${broken} in pieces of ${size}`);
      }
    }
  });

  it("ends a line that closes more than it opened", () => {
    assert.deepEqual(cut(one('{"a":1}}\n{"b":2}]\n{"c":[3}\n{"d":4}\n')).frames, ['{"a":1}}', '{"b":2}]', '{"c":[3}', '{"d":4}']);
  });

  it("keeps a list of objects together that has one to a line", () => {
    const list = '{"a":[\n{"b":1},\n{"b":2}\n],"c":\n{"d":3}}';
    assert.deepEqual(cut(one(`${list}\n{"e":4}\n`)).frames, [list, '{"e":4}']);
  });

  it("ends garbage at LF, so that it costs no neighbour", () => {
    assert.deepEqual(cut(one('hello\n{"b":2}\n')).frames, ["hello", '{"b":2}']);
  });

  it("skips a frame over the limit to its delimiter and lives on", () => {
    const { frames, tooLarge } = cut(one(`{"a":"${"x".repeat(2_000)}"}\0{"b":2}\0`));

    assert.deepEqual(frames, ['{"b":2}']);
    assert.equal(tooLarge, 1);
  });

  it("counts an endless frame once and holds none of it", () => {
    const chunks = [...Array.from({ length: 50 }, () => Buffer.alloc(500, "x")), Buffer.from('\0{"b":2}\0')];

    const { frames, tooLarge } = cut(chunks);

    assert.deepEqual(frames, ['{"b":2}']);
    assert.equal(tooLarge, 1);
  });

  it("gives the same frames however the bytes are cut", () => {
    const frame = fc.oneof(
      fc
        .record({ short_message: fc.string({ maxLength: 60 }), level: fc.integer({ min: 0, max: 7 }) })
        .map((object) => JSON.stringify(object)),
      fc.record({ a: fc.string({ maxLength: 20 }), b: fc.array(fc.integer()) }).map((object) => JSON.stringify(object, null, 2)),
    );
    const stream = fc.array(fc.tuple(frame, fc.constantFrom("\0", "\n", "\0\0", "\r\n")), { maxLength: 12 });
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(stream, cuts, (parts, sizes) => {
        const bytes = Buffer.from(parts.map(([text, delimiter]) => text + delimiter).join(""), "utf8");
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i += 1) {
          const size = sizes[i % sizes.length] ?? 1;
          chunks.push(Buffer.from(bytes.subarray(at, at + size)));
          at += size;
        }

        assert.deepEqual(cut(chunks, 100_000).frames, cut([bytes], 100_000).frames);
        assert.deepEqual(
          cut([bytes], 100_000).frames.map((text) => Buffer.from(text, "latin1").toString("utf8")),
          parts.map(([text]) => text),
        );
      }),
    );
  });
});

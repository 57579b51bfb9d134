import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { crumbLine, MAX_PIECE_BYTES, pieces, readCrumb, readTrail, sharedLine, trailLine } from "../../src/lanes/saved-trails.ts";

const CRUMB = { seq: 7, receivedMs: 1_767_323_045_000, timeMs: 1_767_323_044_990.125, json: '{"message":"a","n":1.50,"n":2}' };

describe("saved trails", () => {
  it("are lines of JSON, from which a crumb's own JSON comes back letter for letter", () => {
    const line = crumbLine(CRUMB);

    assert.equal(line.indexOf("\n"), line.length - 1);
    assert.equal((JSON.parse(line) as { seq: number }).seq, 7);
    assert.deepEqual(readCrumb(line.trimEnd()), CRUMB);
    assert.equal(readCrumb(sharedLine(7).trimEnd()), 7);
  });

  it("keep any key and any time", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 600 }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (key, ms) => {
          const wellFormed = Buffer.from(key).toString();
          const time = ms === 0 ? 0 : ms; // JSON knows no -0
          assert.deepEqual(readTrail(trailLine(wellFormed).trimEnd()), wellFormed);
          assert.deepEqual(readCrumb(crumbLine({ ...CRUMB, timeMs: time, receivedMs: time }).trimEnd()), {
            ...CRUMB,
            timeMs: time,
            receivedMs: time,
          });
        },
      ),
    );
  });

  it("read nothing else as a crumb, above all nothing that would break the event that takes it along", () => {
    const crumb = (json: string): string => `{"seq":1,"received":1,"time":1,"crumb":${json}}`;
    for (const line of [
      "",
      "{}",
      "null",
      '{"seq":-1}',
      '{"seq":1e3}',
      '{"seq":1,"received":1}',
      `{"seq":${"9".repeat(16)}}`,
      '{"seq":1,"received":1,"time":1e999,"crumb":{}}',
      '{"seq":1,"received":1-1,"time":1,"crumb":{}}',
      crumb("1"),
      crumb("[]"),
      crumb('{"a":}'),
      crumb('{},"more":{}'),
      crumb(`{"a":"${"x".repeat(70_000)}"}`),
    ]) {
      assert.equal(readCrumb(line), undefined, line.slice(0, 80));
    }
    for (const line of ["", '{"trail":1}', '{"train":"a"}', '{"trail":"a"', '{"trail":', trailLine("k".repeat(3_000))]) {
      assert.equal(readTrail(line.trimEnd()), undefined, line.slice(0, 80));
    }
  });

  it("read a hostile line of a mebibyte in linear time", () => {
    const long = "}".repeat(1 << 20);

    assert.equal(readCrumb(`{"seq":1,"received":1,"time":1,"crumb":{${long}`), undefined);
    assert.equal(readCrumb(`{"seq":1,"received":${"1".repeat(1 << 20)}`), undefined);
  });

  it("are packed into pieces of whole lines that a reader takes", () => {
    const lines = Array.from({ length: 3_000 }, (_, seq) =>
      crumbLine({ ...CRUMB, seq, json: `{"message":"${"ü€".repeat(200)}"}` }),
    );

    const packed = [...pieces(lines)];

    assert.ok(packed.length > 2);
    for (const piece of packed) {
      assert.ok(piece.length <= MAX_PIECE_BYTES);
      assert.equal(piece.at(-1), 0x0a);
    }
    assert.equal(Buffer.concat(packed).toString(), lines.join(""));
  });
});

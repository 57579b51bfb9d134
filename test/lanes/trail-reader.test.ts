import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { crumbLine, sharedLine, trailLine, type SavedTrails } from "../../src/lanes/saved-trails.ts";
import { TrailReader, type ReaderLimits } from "../../src/lanes/trail-reader.ts";

const LIMITS: ReaderLimits = { size: 100, maxKeys: 100, maxBytes: 1 << 20 };

const crumb = (seq: number, text: string, receivedMs = seq): string =>
  crumbLine({ seq, receivedMs, timeMs: receivedMs, json: JSON.stringify({ message: text }) });

function read(sections: readonly (readonly string[])[], limits: Partial<ReaderLimits> = {}): SavedTrails {
  const reader = new TrailReader({ ...LIMITS, ...limits });
  for (const [lane, lines] of sections.entries()) {
    reader.read({ lane, lanes: sections.length, bytes: Buffer.from(lines.join("")) });
  }
  return reader.finish();
}

function shape({ trails }: SavedTrails): readonly (readonly [string, readonly string[]])[] {
  return trails.map(({ key, crumbs }) => [key, crumbs.map(({ json }) => (JSON.parse(json) as { message: string }).message)]);
}

describe("TrailReader", () => {
  it("gives the trails of a lane in their order, with what they share", () => {
    const saved = read([[trailLine("a"), crumb(3, "three"), crumb(1, "one"), trailLine("b"), sharedLine(3), crumb(2, "two")]]);

    assert.deepEqual(shape(saved), [
      ["a", ["three", "one"]],
      ["b", ["three", "two"]],
    ]);
    assert.equal(saved.trails[0]?.crumbs[0], saved.trails[1]?.crumbs[0]);
  });

  it("puts together what several lanes have of a key, by arrival, and takes what all of them hold once", () => {
    const saved = read([
      [trailLine("a"), crumb(1, "seventh", 7), crumb(9, "both", 5), trailLine("b"), crumb(5, "b", 2)],
      [trailLine("a"), crumb(8, "sixth", 6), crumb(2, "both", 5), crumb(1, "twice", 1), crumb(0, "twice", 1)],
    ]);

    assert.deepEqual(shape(saved), [
      ["a", ["seventh", "sixth", "both", "twice", "twice"]],
      ["b", ["b"]],
    ]);
  });

  it("leaves out what is beyond the limits, from the trail unused for longest on", () => {
    const lines = [
      trailLine("a"),
      crumb(3, "x"),
      crumb(2, "y"),
      trailLine("b"),
      sharedLine(2),
      crumb(1, "z"),
      trailLine("c"),
      sharedLine(3),
    ];

    assert.deepEqual(shape(read([lines], { maxKeys: 1 })), [["a", ["x", "y"]]]);
    assert.deepEqual(shape(read([lines], { size: 1 })), [
      ["a", ["x"]],
      ["b", ["y"]],
      ["c", ["x"]],
    ]);
    assert.deepEqual(shape(read([lines], { maxBytes: 60 })), [["a", ["x", "y"]]]);
  });

  it("never throws, and passes over lines that are not ours", () => {
    const lines = fc.array(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom(trailLine("a"), sharedLine(1), crumb(1, "one"), '{"trail":7}\n', '{"seq":4}', "\n", "{"),
      ),
    );
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 3 }), (sections) => {
        for (const { key, crumbs } of read(sections).trails) {
          assert.equal(key, "a");
          assert.ok(crumbs.every(({ json }) => json === '{"message":"one"}'));
        }
      }),
    );
    assert.deepEqual(shape(read([["garbage\n", trailLine("a"), "{}\n", crumb(1, "one"), '{"trail":7}\n', crumb(2, "whose?")]])), [
      ["a", ["one"]],
    ]);
  });
});

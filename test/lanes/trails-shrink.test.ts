import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { NOTHING, type Codec } from "../../src/component/codec.ts";
import { Trails, type Render } from "../../src/lanes/trails.ts";

const codec: Codec = { name: "test", decode: () => NOTHING };
const from = { input: "in", peer: "10.0.0.1", receivedMs: 0, tag: "", labels: undefined, metadata: undefined };
const render: Render = ({ bytes, start, end }) => ({ json: bytes.toString("utf8", start, end), timeMs: 0 });

function keep(trails: Trails, key: string, text: string): void {
  const bytes = Buffer.from(text);
  trails.read({ origin: { codec, from }, bytes, end: bytes.length });
  const crumb = trails.keepFrame(0, bytes.length);
  trails.put(trails.open(key, 0), crumb);
  trails.kept(crumb);
}

function filled(keys: number): Trails {
  const trails = new Trails({ size: 10, maxAgeMs: 1_000, maxKeys: 10_000, maxBytes: 8 << 20 });
  for (let round = 0; round < 4; round += 1) {
    for (let key = 0; key < keys; key += 1) keep(trails, `k${key}`, `${key} ${round} ${"x".repeat(1_000)}`);
  }
  return trails;
}

describe("Trails that have to shrink", () => {
  it("let go of those unused for longest, and of the memory they were in", () => {
    const trails = filled(800);
    const before = trails.bytes;
    assert.ok(before > 3 << 20, `${before}`);
    trails.shrink(before / 2);
    assert.ok(trails.bytes <= before / 2 + (1 << 20), `${trails.bytes} of ${before}`);
    assert.deepEqual(trails.union(["k0"], 0, render), []);
    const newest = trails.union(["k799"], 0, render);
    assert.deepEqual(
      newest.map((text) => text.slice(0, 6)),
      ["799 0 ", "799 1 ", "799 2 ", "799 3 "],
    );
  });

  it("let go of everything, and take new records afterwards", () => {
    const trails = filled(200);
    trails.shrink(0);
    assert.equal(trails.keys, 0);
    assert.ok(trails.bytes <= 512 << 10, `${trails.bytes}`);
    keep(trails, "k1", "again");
    assert.deepEqual(trails.union(["k1"], 0, render), ["again"]);
  });

  it("still say what was said, whatever is kept and let go of in between", () => {
    const step = fc.oneof(
      fc.record({ key: fc.nat(9), length: fc.integer({ min: 1, max: 3_000 }) }),
      fc.record({ shrinkTo: fc.nat(60_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const trails = new Trails({ size: 10, maxAgeMs: 1_000, maxKeys: 100, maxBytes: 64 << 10 });
        const said = new Map<string, string[]>();
        for (const [index, one] of steps.entries()) {
          if ("shrinkTo" in one) trails.shrink(one.shrinkTo);
          else {
            const key = `k${one.key}`;
            const text = `${index} ${"x".repeat(one.length)}`;
            keep(trails, key, text);
            said.set(key, [...(said.get(key) ?? []), text]);
          }
          for (const [key, texts] of said) {
            const crumbs = trails.union([key], 0, render);
            assert.deepEqual(crumbs, crumbs.length === 0 ? [] : texts.slice(-crumbs.length), "the newest, in their order");
          }
        }
      }),
      { numRuns: Number(process.env["CRUMBTRAIL_RUNS"] ?? 50) },
    );
  });
});

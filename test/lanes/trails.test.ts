import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Codec } from "../../src/component/codec.ts";
import { Trails, type Render, type TrailPolicy } from "../../src/lanes/trails.ts";
import { NOTHING } from "../../src/component/codec.ts";
import type { Provenance } from "../../src/record/provenance.ts";

const codec: Codec = { name: "test", decode: () => NOTHING };
const POLICY: TrailPolicy = { size: 5, maxAgeMs: 1_000, maxKeys: 100, maxBytes: 1 << 20 };
/** Frames are "time text"; the crumb is the text. */
const render: Render = ({ bytes, start, end }) => {
  const [time = "", text = ""] = bytes.toString("utf8", start, end).split(" ");
  return { json: text, timeMs: Number(time) };
};

function from(receivedMs: number): Provenance {
  return { input: "in", peer: "10.0.0.1", receivedMs, tag: "", labels: undefined, metadata: undefined };
}

function keep(trails: Trails, keys: readonly string[], text: string, receivedMs = 0): void {
  const bytes = Buffer.from(`junk${text}junk`);
  trails.read({ codec, from: from(receivedMs), bytes, end: bytes.length - 4 });
  const crumb = trails.keepFrame(4, bytes.length - 4);
  for (const key of keys) trails.put(trails.open(key, receivedMs), crumb);
  trails.kept(crumb);
}

describe("Trails", () => {
  it("gives the newest crumbs of a key, oldest first", () => {
    const trails = new Trails(POLICY);
    for (let i = 1; i <= 8; i += 1) keep(trails, ["a"], `${i} n${i}`);

    assert.deepEqual(trails.union(["a"], 0, render), ["n4", "n5", "n6", "n7", "n8"]);
  });

  it("neither empties nor changes a trail that an event takes along", () => {
    const trails = new Trails(POLICY);
    keep(trails, ["a"], "1 one");

    assert.deepEqual(trails.union(["a"], 0, render), ["one"]);
    keep(trails, ["a"], "2 two");
    assert.deepEqual(trails.union(["a"], 0, render), ["one", "two"]);
  });

  it("unites keys without repeating a record, by time and then by arrival", () => {
    const trails = new Trails(POLICY);
    keep(trails, ["a", "b"], "5 both");
    keep(trails, ["a"], "3 early");
    keep(trails, ["b"], "5 tie");
    keep(trails, ["c"], "1 other");

    assert.deepEqual(trails.union(["a", "b"], 0, render), ["early", "both", "tie"]);
  });

  it("takes JSON crumbs and frames alike", () => {
    const trails = new Trails(POLICY);
    keep(trails, ["a"], "2 frame");
    const crumb = trails.keepJson(0, "json", 1);
    trails.put(trails.open("a", 0), crumb);
    trails.kept(crumb);

    assert.deepEqual(trails.union(["a"], 0, render), ["json", "frame"]);
  });

  it("forgets what is too old", () => {
    const trails = new Trails(POLICY);
    keep(trails, ["a"], "1 old", 0);
    keep(trails, ["a"], "2 young", 900);

    assert.deepEqual(trails.union(["a"], 1_500, render), ["young"]);
  });

  it("lets the trail unused for longest go when there are too many keys", () => {
    const trails = new Trails({ ...POLICY, maxKeys: 2 });
    keep(trails, ["a"], "1 a");
    keep(trails, ["b"], "2 b");
    keep(trails, ["a"], "3 a2");
    keep(trails, ["c"], "4 c");

    assert.equal(trails.keys, 2);
    assert.deepEqual(trails.union(["a"], 0, render), ["a", "a2"]);
    assert.deepEqual(trails.union(["b"], 0, render), []);
  });

  it("stays within its bytes and counts them down to nothing it does not hold", () => {
    const trails = new Trails({ ...POLICY, maxBytes: 200_000, maxKeys: 10_000 });
    for (let i = 0; i < 5_000; i += 1) {
      keep(trails, [`key${i}`, "all"], `1 ${"x".repeat(i % 700)}`);
      assert.ok(trails.bytes <= 200_000, `${trails.bytes} bytes after ${i} records`);
    }

    assert.ok(trails.keys > 50, `${trails.keys} keys`);
    assert.equal(trails.union(["all"], 0, render).length, 5);
  });

  it("keeps the trail of a slow stream whole while a fast one writes past it", () => {
    const trails = new Trails({ ...POLICY, maxBytes: 1 << 20 });
    for (let i = 1; i <= 5; i += 1) keep(trails, ["slow"], `${i} s${i}`);

    for (let i = 0; i < 20_000; i += 1) keep(trails, ["fast"], `1 ${"f".repeat(300)}`);

    assert.deepEqual(trails.union(["slow"], 0, render), ["s1", "s2", "s3", "s4", "s5"]);
    assert.ok(trails.bytes <= 1 << 20);
  });

  it("remembers exactly what a plain list would, whatever the order of keys and sizes", () => {
    const record = fc.record({
      key: fc.constantFrom("a", "b", "c"),
      time: fc.integer({ min: 0, max: 9 }),
      size: fc.integer({ min: 1, max: 9_000 }),
      take: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 120 }), (records) => {
        const trails = new Trails(POLICY);
        const model = new Map<string, { seq: number; time: number; text: string }[]>();
        let seq = 0;
        for (const { key, time, size, take } of records) {
          seq += 1;
          const text = `${seq}${"y".repeat(size)}`;
          keep(trails, [key], `${time} ${text}`);
          const list = model.get(key) ?? [];
          list.push({ seq, time, text });
          model.set(key, list.slice(-POLICY.size));
          if (!take) continue;
          const expected = ["a", "b", "c"]
            .flatMap((name) => model.get(name) ?? [])
            .sort((x, y) => x.time - y.time || x.seq - y.seq)
            .slice(-POLICY.size)
            .map((crumb) => crumb.text);
          assert.deepEqual(trails.union(["a", "b", "c"], 0, render), expected);
        }
      }),
    );
  });
});

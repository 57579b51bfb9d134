import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Codec } from "../../src/component/codec.ts";
import { pieces } from "../../src/lanes/saved-trails.ts";
import { TrailReader } from "../../src/lanes/trail-reader.ts";
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
  trails.read({ origin: { codec, from: from(receivedMs) }, bytes, end: bytes.length - 4 });
  const crumb = trails.keepFrame(4, bytes.length - 4);
  for (const key of keys) trails.put(trails.open(key, receivedMs), crumb);
  trails.kept(crumb);
}

/** Frames are "time text"; the crumb is JSON that holds the text. */
const renderJson: Render = (frame, by, origin) => {
  const { json, timeMs } = render(frame, by, origin);
  return { json: JSON.stringify({ text: json }), timeMs };
};

/** Trails after a restart with another policy, perhaps later. */
function restarted(trails: Trails, policy: TrailPolicy = POLICY, nowMs = 0): Trails {
  const reader = new TrailReader(policy);
  for (const bytes of pieces(trails.save(nowMs, renderJson, () => true))) reader.read({ lane: 0, lanes: 1, bytes });
  const fresh = new Trails(policy);
  fresh.restore(reader.finish(), nowMs);
  return fresh;
}

const textsOf = (trails: Trails, keys: readonly string[], nowMs = 0): readonly string[] =>
  trails.union(keys, nowMs, renderJson).map((json) => (JSON.parse(json) as { text: string }).text);

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

  it("gives the same after it was saved and restored, and whatever comes then", () => {
    const record = fc.record({
      keys: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "ü\n"), { minLength: 1, maxLength: 3 }),
      time: fc.integer({ min: 0, max: 5 }),
      pauseMs: fc.constantFrom(0, 0, 1, 300),
      asJson: fc.boolean(),
      take: fc.boolean(),
    });
    const records = fc.array(record, { maxLength: 40 });
    const policy = { ...POLICY, maxKeys: 3 };
    fc.assert(
      fc.property(records, records, (before, after) => {
        const never = new Trails(policy);
        let nowMs = 0;
        let seq = 0;
        const feed = (trails: Trails, { keys, time, asJson, take }: (typeof before)[number]): void => {
          if (asJson) {
            const crumb = trails.keepJson(nowMs, JSON.stringify({ text: `j${seq}` }), time);
            for (const key of keys) trails.put(trails.open(key, nowMs), crumb);
            trails.kept(crumb);
          } else keep(trails, keys, `${time} f${seq}`, nowMs);
          if (take) trails.union(keys, nowMs, renderJson);
        };
        for (const one of before) {
          nowMs += one.pauseMs;
          seq += 1;
          feed(never, one);
        }
        const fresh = restarted(never, policy, nowMs);
        const compare = (): void => {
          for (const keys of [["a"], ["b"], ["c"], ["d"], ["ü\n"], ["a", "b", "c", "d", "ü\n"]]) {
            assert.deepEqual(textsOf(fresh, keys, nowMs), textsOf(never, keys, nowMs));
          }
        };
        compare();
        for (const one of after) {
          nowMs += one.pauseMs;
          seq += 1;
          feed(never, one);
          feed(fresh, one);
          compare();
        }
      }),
      { numRuns: 300 },
    );
  });

  it("writes a record once, however many trails share it", () => {
    const trails = new Trails(POLICY);
    keep(trails, ["a", "b", "c"], "1 shared");

    const saved = [...trails.save(0, renderJson, () => true)].join("");

    assert.equal(saved.split("shared").length, 2);
    assert.deepEqual(textsOf(restarted(trails), ["b"]), ["shared"]);
  });

  it("does not write down a trail whose key must not be", () => {
    const trails = new Trails(POLICY);
    keep(trails, ["secret"], "1 alone");
    keep(trails, ["secret", "a"], "2 shared");

    const saved = [...trails.save(0, renderJson, (key) => key !== "secret")].join("");

    assert.doesNotMatch(saved, /secret|alone/);
    assert.match(saved, /shared/);
  });

  it("restores as much as today's bounds allow, and forgets what has become too old", () => {
    const trails = new Trails(POLICY);
    keep(trails, ["a"], "1 a1", 100);
    keep(trails, ["b"], "2 b1", 200);
    keep(trails, ["a"], "3 a2", 300);

    assert.deepEqual(textsOf(restarted(trails, { ...POLICY, size: 1 }, 300), ["a", "b"], 300), ["a2"]);
    assert.deepEqual(textsOf(restarted(trails, { ...POLICY, maxKeys: 1 }, 300), ["a", "b"], 300), ["a1", "a2"]);
    assert.deepEqual(textsOf(restarted(trails, POLICY, 1_150), ["a", "b"], 1_150), ["b1", "a2"]);
    assert.equal(restarted(trails, POLICY, 1_250).keys, 1);
    assert.equal(restarted(trails, { ...POLICY, size: 0 }, 300).keys, 0);
  });

  it("stays within its bytes when it is restored with fewer of them, by the trails used last", () => {
    const trails = new Trails({ ...POLICY, maxBytes: 4 << 20 });
    for (let i = 0; i < 1_000; i += 1) keep(trails, [`key${i}`], `1 ${i}${"x".repeat(500)}`);

    const fresh = restarted(trails, { ...POLICY, maxKeys: 10_000, maxBytes: 200_000 });

    assert.ok(fresh.bytes <= 200_000, `${fresh.bytes} bytes`);
    assert.ok(fresh.keys > 50, `${fresh.keys} keys`);
    assert.equal(textsOf(fresh, ["key999"]).length, 1);
    assert.equal(textsOf(fresh, ["key0"]).length, 0);
  });

  it("does not keep for ever what was received in a future that a clock set back has taken away", () => {
    const trails = new Trails(POLICY);
    keep(trails, ["a"], "1 a", 1e15);

    const fresh = restarted(trails, POLICY, 500);

    assert.deepEqual(textsOf(fresh, ["a"], 500), ["a"]);
    assert.deepEqual(textsOf(fresh, ["a"], 1_600), []);
  });

  it("holds budgets beyond 4 GiB and below a segment for what they are", () => {
    const large = new Trails({ ...POLICY, size: 1_000, maxBytes: 2 ** 32 });
    const small = new Trails({ ...POLICY, maxBytes: 2_000 });
    for (let i = 0; i < 1_000; i += 1) {
      keep(large, ["a"], `1 ${"x".repeat(9_000)}`);
      keep(small, ["a"], "1 x");
    }

    assert.equal(large.union(["a"], 0, render).length, 1_000);
    assert.equal(small.union(["a"], 0, render).length, 0);
  });
});

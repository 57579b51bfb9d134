import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { fallen, fallText, ratiosOf, recordedRatios } from "./guard.ts";
import type { Found, Recorded } from "./recorded.ts";
import type { Row } from "./results.ts";

function row(bare: number, ...perCpuSecond: readonly number[]): Row {
  const rates = perCpuSecond.map((rate, i) => ({
    every: i === 0 ? 1_000 : 100,
    perSecond: rate,
    perCpuSecond: rate,
    lost: 0,
    rssMiB: 100,
    warmUps: 2,
  }));
  return { protocol: "gelf_tcp", setting: "default", bare, rates };
}

const names = (falls: ReturnType<typeof fallen>): readonly string[] => falls.map(({ name }) => name);

describe("the guard of the benchmarks", () => {
  const recorded = ratiosOf({ rows: [row(1_000_000, 600_000, 200_000)] });

  it("is content with the recorded ratio, with more, and with half of it", () => {
    for (const share of [0.5, 0.51, 1, 3]) {
      const found = ratiosOf({ rows: [row(1_000_000, 600_000 * share, 200_000 * share)] });
      assert.deepEqual(fallen(recorded, found), []);
    }
  });

  it("names the ratio that is below half, and only that", () => {
    const found = ratiosOf({ rows: [row(1_000_000, 600_000, 99_000)] });
    assert.deepEqual(names(fallen(recorded, found)), ["gelf_tcp, 1 in 100, default"]);
    assert.match(fallen(recorded, found).map(fallText).join(), /0\.099 of the bare loop, 0\.200 were recorded/);
  });

  it("looks at ratios alone: a machine ten times slower changes nothing", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: 0.05, max: 2, noNaN: true }),
        (machine, code) => {
          fc.pre(Math.abs(code - 0.5) > 1e-6);
          const found = ratiosOf({ rows: [row(1e6 * machine, 6e5 * machine * code, 2e5 * machine * code)] });
          assert.equal(fallen(recorded, found).length, code < 0.5 ? 2 : 0);
        },
      ),
    );
  });

  it("takes a ratio that is no number for a fall", () => {
    assert.deepEqual(names(fallen(recorded, new Map([["gelf_tcp, 1 in 1000, default", Number.NaN]]))), [
      "gelf_tcp, 1 in 1000, default",
    ]);
  });

  it("compares nothing that was not recorded, or did not run", () => {
    assert.deepEqual(fallen(new Map(), recorded), []);
    assert.deepEqual(fallen(recorded, new Map()), []);
  });

  it("watches the CPU time of envelopes too", () => {
    const envelopes = (perCpuSecond: number) => ({
      relay: { perSecond: 1, perCpuSecond },
      bare: { perSecond: 1, perCpuSecond: 10_000 },
    });
    const before = ratiosOf({ rows: [], envelopes: envelopes(8_000) });
    assert.deepEqual(names(fallen(before, ratiosOf({ rows: [], envelopes: envelopes(3_900) }))), ["envelopes"]);
  });

  it("compares with the record of the same Node, else of the nearest", () => {
    const under = (node: string, ratio: number): Found => {
      return { rows: [], latency: [], text: [], node, machine: "", date: "", guard: { envelopes: ratio } };
    };
    const all: Recorded = { "20": under("20.19.0", 0.1), "24": under("24.1.0", 0.2) };
    assert.equal(recordedRatios(all, "24.3.0").get("envelopes"), 0.2);
    assert.equal(recordedRatios(all, "26.0.0").get("envelopes"), 0.2);
    assert.equal(recordedRatios(all, "22.0.0").get("envelopes"), 0.1);
    assert.equal(recordedRatios({}, "22.0.0").size, 0);
  });
});

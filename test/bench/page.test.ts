import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { page } from "./page.ts";
import { merged, type Found } from "./recorded.ts";
import type { Rate, Row } from "./results.ts";

function rate(every: number, perCpuSecond: number): Rate {
  return { every, perCpuSecond, perSecond: perCpuSecond / 2, lost: 0, rssMiB: 150, warmUps: 2 };
}

function row(protocol: Row["protocol"], setting: Row["setting"], ...rates: readonly Rate[]): Row {
  return { protocol, setting, bare: 1_000_000, rates };
}

const found: Found = {
  node: "20.19.0",
  machine: "2 cores (a machine)",
  date: "2026-01-02",
  rows: [
    row("gelf_tcp", "like for like", rate(1_000, 900_000), rate(100, 200_000)),
    row("gelf_tcp", "default", rate(1_000, 700_000), rate(100, 240_000)),
    row("gelf_http", "default", rate(1_000, 300_000), rate(100, 100_000)),
  ],
  latency: [{ protocol: "gelf_tcp", p50: 2, p99: 20, rssMiB: 180, pace: 50_000 }],
  start: { readyMs: 400, bareMs: 50, runs: 7, idleRssMiB: 110, bareRssMiB: 44 },
  lanes: { one: 40_000, two: 64_000, bare: 1.8 },
  text: [],
  guard: {},
};

describe("the page of the benchmarks", () => {
  it("puts every figure beside its bar, the bare loop and the ratio, a table for each setting", () => {
    const text = page({ "20": found });
    assert.match(
      text,
      /### Like for like[^#]*\| gelf_tcp \| 1 in 1000 \| 900 000 \| 800 000 \(met\) \| 1 000 000 \(split \+ JSON\.parse\) \| 0\.90 \|/,
    );
    assert.match(text, /### Like for like[^#]*\| gelf_tcp \| 1 in 100 \| 200 000 \| 270 000 \(MISSED\) \|/);
    assert.match(text, /### Default configuration[^#]*\| gelf_tcp \| 1 in 100 \| 240 000 \| 230 000 \(met\) \|/);
    assert.match(text, /\| gelf_tcp \| 50 000 \| 2\.0 \(met\) \| 20\.0 \(MISSED\) \| 180 \(met\) \|/);
    assert.match(text, /two lanes: 64 000 records\/s, one: 40 000 \| 1\.60 times \| 1\.5 \(met\) \| 1\.80 times/);
  });

  it("leaves the bar empty where none was set", () => {
    assert.match(page({ "20": found }), /\| gelf_http \| 1 in 1000 \| 300 000 \| {2}\| /);
  });

  it("has a chapter for each version of Node, the older first, with the bar that holds there", () => {
    const text = page({ "26": { ...found, node: "26.1.0" }, "20": found });
    assert.ok(text.indexOf("## Node 20") < text.indexOf("## Node 26"));
    assert.match(text, /## Node 20\n[^]*110 \| 100 \(MISSED\)[^]*## Node 26\n[^]*110 \| 120 \(met\)/);
  });

  it("has no chapter about what never ran", () => {
    assert.doesNotMatch(page({ "20": found }), /balancer|disk queue/);
    assert.doesNotMatch(page({}), /^## /m);
  });
});

describe("recording", () => {
  it("replaces the rows that ran, and keeps the others", () => {
    const again = row("gelf_tcp", "default", rate(1_000, 1), rate(100, 1));
    const { rows, latency, start } = merged(found, { rows: [again], latency: [], text: [] });
    assert.deepEqual(
      rows.map(({ protocol, setting }) => `${protocol} ${setting}`),
      ["gelf_tcp like for like", "gelf_http default", "gelf_tcp default"],
    );
    assert.equal(rows.at(-1), again);
    assert.deepEqual([latency, start], [found.latency, found.start]);
  });
});

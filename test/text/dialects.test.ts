import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DIALECTS } from "../../src/text/dialects.ts";
import { openJoin } from "../../src/text/join.ts";
import { MAX_FRAMES, MAX_VALUES, type Dialect } from "../../src/text/traces/dialect.ts";
import { TRACES } from "../support/golden-streams.ts";

// What is not linear takes minutes here, and the suite's own time limit ends it.

const SIZE = 1 << 20;
const LINES_OF_EACH = 4;

/** A line that a language's traces begin with, and others of its traces, far apart. */
function seedsOf({ probe, parse }: Dialect): { readonly head: string; readonly seeds: readonly string[] } {
  const own = TRACES.filter(({ lines }) => probe(lines.join("\n")) && parse(lines) !== undefined);
  const lines = [...new Set(own.flatMap((trace) => trace.lines.slice(1)))].filter((line) => line.trim() !== "");
  const step = Math.max(1, Math.floor(lines.length / LINES_OF_EACH));
  return { head: own[0]?.lines[0] ?? "", seeds: lines.filter((_, i) => i % step === 0).slice(0, LINES_OF_EACH) };
}

function repeated(seed: string): string {
  return seed.repeat(Math.ceil(SIZE / seed.length));
}

/** As trace.ts cuts a text. */
function linesOf(text: string): string[] {
  return text.split("\n", 20_000).map((line) => line.slice(0, 8_192));
}

describe("every dialect", () => {
  for (const dialect of DIALECTS) {
    it(`reads a megabyte of what ${dialect.name} prints, repeated, and keeps no more than the bounds`, () => {
      const { head, seeds } = seedsOf(dialect);
      assert.ok(seeds.length >= 2, `${dialect.name} has real traces`);
      for (const seed of seeds) {
        for (const text of [`${head}\n${repeated(`${seed}\n`)}`, `${head}\n${repeated(seed)}`]) {
          dialect.probe(text);
          const values = dialect.parse(linesOf(text))?.values ?? [];
          assert.ok(values.length <= MAX_VALUES, seed);
          for (const { frames } of values) assert.ok(frames.length <= MAX_FRAMES, seed);
        }
      }
    });

    it(`joins a megabyte of what ${dialect.name} prints, line by line`, () => {
      const { head, seeds } = seedsOf(dialect);
      for (const seed of seeds) {
        const join = openJoin(head, true);
        let taken = 1;
        for (let i = 0; i < SIZE / 64; i += 1) {
          if (join?.offer(seed, "loud") === true) taken += 1;
          else openJoin(seed, true);
        }
        assert.ok((join?.lines ?? 0) <= taken, seed);
        const line = repeated(seed);
        openJoin(line, false);
        openJoin(head, true)?.offer(line, "loud");
      }
    });
  }
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DIALECTS } from "../../src/text/dialects.ts";
import { openJoin } from "../../src/text/join.ts";
import type { Dialect } from "../../src/text/traces/dialect.ts";
import { TRACES } from "../support/golden-streams.ts";

const LARGE = 1 << 20;
const SMALL = LARGE / 8;
/** Linear is 8, quadratic 64. */
const MAX_RATIO = 24;
/** Below this, clocks and collectors decide. */
const FLOOR_MS = 3;
const LINES_OF_EACH = 5;

/** A line that a language's traces begin with, and others of its traces, far apart. */
function seedsOf({ probe, parse }: Dialect): { readonly head: string; readonly seeds: readonly string[] } {
  const own = TRACES.filter(({ lines }) => probe(lines.join("\n")) && parse(lines) !== undefined);
  const lines = [...new Set(own.flatMap((trace) => trace.lines.slice(1)))].filter((line) => line.trim() !== "");
  const step = Math.max(1, Math.floor(lines.length / LINES_OF_EACH));
  return { head: own[0]?.lines[0] ?? "", seeds: lines.filter((_, i) => i % step === 0).slice(0, LINES_OF_EACH) };
}

function repeated(seed: string, size: number): string {
  return seed.repeat(Math.ceil(size / seed.length));
}

/** As trace.ts cuts a text. */
function linesOf(text: string): string[] {
  return text.split("\n", 20_000).map((line) => line.slice(0, 8_192));
}

/** The shorter of a few measurements, in milliseconds. */
function took(work: () => void, times: number): number {
  let best = Infinity;
  for (let i = 0; i < times; i += 1) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Does it with an eighth and with all of the size; what takes far more than eight times as long is not linear. */
function staysLinear(what: string, work: (size: number) => void): void {
  let ratio = Infinity;
  for (let i = 0; i < 4 && ratio > MAX_RATIO; i += 1) {
    ratio =
      took(() => work(LARGE), 1 + i) /
      Math.max(
        took(() => work(SMALL), 2 + i),
        FLOOR_MS,
      );
  }
  assert.ok(ratio <= MAX_RATIO, `${what}: ${ratio.toFixed(1)} times as long for 8 times the size`);
}

describe("every dialect", () => {
  for (const dialect of DIALECTS) {
    it(`reads ${dialect.name} in linear time, whatever of it is repeated`, () => {
      const { head, seeds } = seedsOf(dialect);
      assert.ok(seeds.length >= 2, `${dialect.name} has real traces`);
      for (const seed of seeds) {
        staysLinear(`lines of ${seed}`, (size) => {
          const text = `${head}\n${repeated(`${seed}\n`, size)}`;
          dialect.probe(text);
          dialect.parse(linesOf(text));
        });
        staysLinear(`one line of ${seed}`, (size) => {
          const text = `${head}\n${repeated(seed, size)}`;
          dialect.probe(text);
          dialect.parse(linesOf(text));
        });
      }
    });

    it(`joins ${dialect.name} in linear time, line by line`, () => {
      const { head, seeds } = seedsOf(dialect);
      for (const seed of seeds) {
        staysLinear(`lines of ${seed}`, (size) => {
          const join = openJoin(head, true);
          for (let i = 0; i < size / 64; i += 1) if (join?.offer(seed, "loud") !== true) openJoin(seed, true);
        });
        staysLinear(`one line of ${seed}`, (size) => {
          const line = repeated(seed, size);
          openJoin(line, false);
          openJoin(head, true)?.offer(line, "loud");
        });
      }
    });
  }
});

import type { Dialect } from "../../../src/text/traces/dialect.ts";

const SIZE = 1 << 20;

/** Gives a dialect megabytes made of its own pieces: as one line, as many lines, behind the beginning of a trace. */
export function withstand(
  { probe, parse, shapes, head, atMargin, indented }: Dialect,
  seeds: readonly string[],
  heads: readonly string[],
): void {
  for (const [i, seed] of seeds.entries()) {
    // Each beginning behind some of the pieces: all with all would take minutes.
    for (const start of ["", heads[i % heads.length] ?? ""]) {
      const text = start + seed.repeat(Math.ceil(SIZE / seed.length));
      probe(text);
      // As trace.ts cuts a text.
      parse(text.split("\n", 20_000).map((line) => line.slice(0, 8_192)));
      const line = text.slice(0, 2_048);
      head?.(line);
      for (const { pattern } of shapes) pattern?.test(line);
      for (const step of [...Object.values(atMargin ?? {}), ...Object.values(indented ?? {})]) step?.(line);
    }
  }
}

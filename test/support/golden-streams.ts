import fc from "fast-check";
import { goldenFiles } from "./golden.ts";

/** Real traces, each as the lines a stream brings. */
export const TRACES: readonly { readonly name: string; readonly lines: readonly string[] }[] = goldenFiles("traces", [
  "text",
  "trace",
]).map(({ name, input }) => ({ name, lines: input.replace(/^\n+/, "").trimEnd().split("\n") }));

/** A line and the index of its stream. */
export type Step = readonly [stream: number, line: string];

/** A few streams of traces and other lines, and an order of all their lines that keeps each stream's own. */
export function interleaved(others: readonly string[]): fc.Arbitrary<{ streams: readonly (readonly string[])[]; steps: Step[] }> {
  const part = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...TRACES.filter(({ lines }) => lines.length <= 60)).map(({ lines }) => lines) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...others), { minLength: 1, maxLength: 3 }) },
  );
  const stream = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.flat());
  return fc
    .tuple(fc.array(stream, { minLength: 1, maxLength: 4 }), fc.infiniteStream(fc.nat(1_000)))
    .map(([streams, picks]) => ({ streams, steps: mixed(streams, picks) }));
}

function mixed(streams: readonly (readonly string[])[], picks: Iterator<number>): Step[] {
  const steps: Step[] = [];
  const left = streams.map((lines, stream) => ({ stream, lines, at: 0 }));
  while (left.length > 0) {
    const index = (picks.next().value as number) % left.length;
    const from = left[index];
    if (from === undefined) break;
    steps.push([from.stream, from.lines[from.at] ?? ""]);
    from.at += 1;
    if (from.at === from.lines.length) left.splice(index, 1);
  }
  return steps;
}

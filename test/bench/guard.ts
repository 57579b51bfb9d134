import { majorOf } from "./bars.ts";
import type { Recorded } from "./recorded.ts";
import type { Results, Row } from "./results.ts";

/** Of what was recorded, so much has to be left. */
const LEAST = 0.5;

/** A ratio to the bare loop that has fallen. */
export interface Fall {
  /** "gelf_tcp, 1 in 1000, default" or "envelopes". */
  readonly name: string;
  readonly recorded: number;
  readonly found: number;
}

/** Ratios to the bare loop by name, all of CPU time: other times say more about the machine's minute than about the code. */
export function ratiosOf({ rows, envelopes }: Pick<Results, "rows" | "envelopes">): ReadonlyMap<string, number> {
  const ratios = new Map(rows.flatMap(rowRatios));
  if (envelopes !== undefined) ratios.set("envelopes", envelopes.relay.perCpuSecond / envelopes.bare.perCpuSecond);
  return ratios;
}

function rowRatios({ protocol, setting, bare, rates }: Row): [string, number][] {
  return rates.map(({ every, perCpuSecond }) => [`${protocol}, 1 in ${every}, ${setting}`, perCpuSecond / bare]);
}

/** The ratios that are below half of the recorded ones. What only one side knows is not compared. */
export function fallen(recorded: ReadonlyMap<string, number>, found: ReadonlyMap<string, number>): readonly Fall[] {
  return [...found].flatMap(([name, ratio]) => {
    const before = recorded.get(name);
    // A ratio that is no number has not been measured, and that is a fault too.
    return before === undefined || ratio >= before * LEAST ? [] : [{ name, recorded: before, found: ratio }];
  });
}

/** What to compare with under this Node: its own ratios, else those of the nearest version, the older of two. */
export function recordedRatios(recorded: Recorded, node: string): ReadonlyMap<string, number> {
  const distance = (major: string): number => Math.abs(Number(major) - majorOf(node));
  const [major] = Object.keys(recorded).toSorted((a, b) => distance(a) - distance(b) || Number(a) - Number(b));
  return new Map(Object.entries(major === undefined ? {} : (recorded[major]?.guard ?? {})));
}

/** For people. */
export function fallText({ name, recorded, found }: Fall): string {
  return `${name}: ${found.toFixed(3)} of the bare loop, ${recorded.toFixed(3)} were recorded; less than half of that`;
}

import { count, table } from "./format.ts";
import type { Row } from "./results.ts";

/** What a record costs one core, microseconds. */
export interface Cost {
  /** Below the issue level. */
  readonly quiet: number;
  /** With its trail, to the tracker; without storm control. */
  readonly error: number;
}

/** Of a core, so much is for records; the rest is for bursts, retries and the collector of garbage. */
export const BUSY = 0.7;
const LOAD = 1_000_000;

/** Solves for what quiet records and errors cost from two measured rates of errors; undefined when they do not tell. */
export function costOf({ rates }: Pick<Row, "rates">): Cost | undefined {
  const [few, many] = rates.toSorted((a, b) => b.every - a.every);
  if (few === undefined || many === undefined || few.every === many.every) return undefined;
  const [fewer, more] = [1e6 / few.perCpuSecond, 1e6 / many.perCpuSecond];
  const difference = (more - fewer) / (1 / many.every - 1 / few.every);
  const quiet = fewer - difference / few.every;
  return { quiet, error: quiet + difference };
}

/** Cores that are busy at so many records a second, one in `every` an error. */
export function coresFor({ quiet, error }: Cost, perSecond: number, every: number): number {
  return (perSecond * (quiet + (error - quiet) / every)) / 1e6;
}

/** Relays of one lane for that, none busier than `BUSY`. */
export function relaysFor(cores: number): number {
  return Math.ceil(cores / BUSY);
}

/** The chapter about it in the published page. */
export function sizingSection(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) => {
    const cost = costOf(row);
    if (cost === undefined) return [];
    const cells = [10_000, 1_000, 100].map((every) => {
      const cores = coresFor(cost, LOAD, every);
      return `${cores.toFixed(1)} (${relaysFor(cores)})`;
    });
    return [[row.protocol, cost.quiet.toFixed(2), cost.error.toFixed(0), ...cells]];
  });
  if (lines.length === 0) return "";
  const head = ["input", "µs a quiet record", "µs an error", "1 in 10 000", "1 in 1000", "1 in 100"];
  return `
### A million records a second

What the default configuration above comes to: the costs of a quiet record and of an error follow from its two rates of
errors. Then cores that ${count(LOAD)} records/s keep busy, by the rate of errors, and in brackets relays of one lane, none
busier than ${BUSY * 100} % of a core. [Scaling](scaling.md) says what to make of it.

${table(head, lines)}`;
}

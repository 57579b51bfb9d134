import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { majorOf } from "./bars.ts";
import type { Results, Row } from "./results.ts";

/** What was found on one machine under one Node. */
export interface Found extends Results {
  readonly node: string;
  readonly machine: string;
  /** YYYY-MM-DD */
  readonly date: string;
  /** Ratios to the bare loop as the short slices of `--smoke` find them, by name: colder than those of a full run. */
  readonly guard: Readonly<Record<string, number>>;
}

/** By the major version of Node. */
export type Recorded = Readonly<Record<string, Found>>;

const FILE = fileURLToPath(new URL("../../../test/bench/recorded.json", import.meta.url));

export function readRecorded(): Recorded {
  return JSON.parse(readFileSync(FILE, "utf8")) as Recorded;
}

/** Keeps what was found beside what is there: of other versions of Node, and of parts that did not run this time. */
export function record(found: Results, guard: ReadonlyMap<string, number>): Recorded {
  const [cpu] = cpus();
  const { node } = process.versions;
  const before = readRecorded();
  const mine: Found = {
    ...merged(before[majorOf(node)], found),
    node,
    machine: `${cpus().length} cores (${cpu?.model.trim() ?? "unknown"})`,
    date: new Date().toISOString().slice(0, 10),
    guard: { ...before[majorOf(node)]?.guard, ...Object.fromEntries(guard) },
  };
  const all = { ...before, [majorOf(node)]: mine };
  writeFileSync(FILE, `${JSON.stringify(all, undefined, 2)}\n`);
  return all;
}

/** The new results, and the old ones of what did not run. */
export function merged(before: Results | undefined, found: Results): Results {
  if (before === undefined) return found;
  const isNew = (old: Row): boolean =>
    !found.rows.some(({ protocol, setting }) => protocol === old.protocol && setting === old.setting);
  const newer = new Set(found.latency.map(({ protocol }) => protocol));
  const names = new Set(found.text.map(({ name }) => name));
  return {
    ...before,
    ...found,
    rows: [...before.rows.filter(isNew), ...found.rows],
    latency: [...before.latency.filter(({ protocol }) => !newer.has(protocol)), ...found.latency],
    text: [...before.text.filter(({ name }) => !names.has(name)), ...found.text],
  };
}

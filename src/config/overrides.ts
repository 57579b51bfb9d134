import { defaultUpstreamOf } from "./cross-checks.ts";
import { shown } from "./expectations.ts";
import { variable, type Environment } from "./interpolate.ts";
import type { Mistake } from "./mistake.ts";
import { valueAt } from "./sentences.ts";

/** A configuration as written: variables replaced, missing sections and overrides put in, units still as text. */
export type Written = Readonly<Record<string, unknown>>;

/** What a command puts in place of the file's words. */
export interface Overrides {
  /** `--dsn`: the DSN of the default upstream. */
  readonly dsn?: string | undefined;
  /** Inputs that stand in for the configured ones. */
  readonly inputs?: Readonly<Record<string, unknown>> | undefined;
  /** The queue that stands in for one of another type. */
  readonly queue?: Readonly<Record<string, unknown>> | undefined;
  /** Sections that go before the built-in ones where the file has none. */
  readonly defaults?: Written | undefined;
}

export interface Overridden {
  readonly written: Written;
  /** What put a value in, by its path: "--dsn". */
  readonly labels: ReadonlyMap<string, string>;
  readonly mistakes: readonly Mistake[];
}

/** Puts the command's words in. SENTRY_DSN stands in where the default upstream is a `sentry` without a DSN. */
export function override(sections: Written, overrides: Overrides, env: Environment): Overridden {
  const { inputs, queue } = overrides;
  const labels = new Map<string, string>(inputs === undefined ? [] : [["inputs", "command line"]]);
  const otherQueue = queue !== undefined && valueAt(sections, ["queue", "type"]) !== queue["type"];
  const written: Written = { ...sections, ...(inputs === undefined ? {} : { inputs }), ...(otherQueue ? { queue } : {}) };
  const name = defaultUpstreamOf(written);
  const upstream = name === undefined ? undefined : valueAt(written, ["upstreams", name]);
  if (name === undefined || !isMapping(upstream)) return { written, labels, mistakes: [] };
  const path = `upstreams.${name}`;
  const isSentry = upstream["type"] === "sentry";
  if (overrides.dsn !== undefined && !isSentry) {
    const message = `the default upstream is of type ${shown(upstream["type"])}, which takes no DSN`;
    return { written, labels, mistakes: [{ file: "--dsn", line: 0, col: 0, path, message, hint: 'only "sentry" does' }] };
  }
  const fallback = isSentry && !Object.hasOwn(upstream, "dsn") ? variable(env, "SENTRY_DSN") : undefined;
  const dsn = overrides.dsn ?? fallback;
  if (dsn === undefined) return { written, labels, mistakes: [] };
  labels.set(`${path}.dsn`, overrides.dsn === undefined ? "SENTRY_DSN" : "--dsn");
  const upstreams = { ...Object(written["upstreams"]), [name]: { ...upstream, dsn } };
  return { written: { ...written, upstreams }, labels, mistakes: [] };
}

/** What put the value at a path in; undefined when it is written where it should be. `path` as in `Mistake`. */
export function labelOf(labels: ReadonlyMap<string, string>, path: string): string | undefined {
  for (const [overridden, label] of labels) {
    if (path === overridden || path.startsWith(`${overridden}.`)) return label;
  }
  return undefined;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

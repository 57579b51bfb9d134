import * as z from "zod";
import type { Rate } from "../base/units.ts";
import { byteSize, duration, rate } from "../component/fields.ts";
import { Severity, SEVERITY_NAMES } from "../record/severity.ts";
import { shown } from "./expectations.ts";
import { variable, type Environment } from "./interpolate.ts";

/** A severity number (`record/severity.ts`) to compare with `>=`; Infinity for "off". */
type Threshold = number;

/** What becomes of a record, by severity. */
export interface Policy {
  /** At or above: an event. */
  readonly issue: Threshold;
  /** At or above: a Sentry log as well. */
  readonly log: Threshold;
  /** At or above, and below `issue`: joins trails. */
  readonly breadcrumb: Threshold;
  readonly trail: {
    readonly size: number;
    readonly maxAgeMs: number;
    readonly maxKeys: number;
    readonly maxBytes: number;
    readonly keys: readonly string[];
  };
  /** `maxLines` 1: nothing is joined. */
  readonly join: { readonly maxLines: number; readonly maxBytes: number; readonly waitMs: number };
  /** Undefined: off. The first event of an issue always passes. */
  readonly storm: { readonly perIssue: Rate; readonly budget: Rate } | undefined;
  readonly tags: readonly string[];
  readonly environment: string | undefined;
  readonly release: string | undefined;
  readonly serverName: string | undefined;
}

/** Fields of few values that people search by; a record without one of them simply lacks the tag. */
const TAGS = [
  "service",
  "logger",
  "component",
  "module",
  "facility",
  "container_name",
  "namespace",
  "pod",
  "node",
  "cluster",
  "region",
  "zone",
  "method",
  "status",
  "server",
  "upstream_addr",
];

const severity = z
  // YAML 1.1 readers, and people who learnt from them, take a bare `off` for false.
  .union([z.enum([...SEVERITY_NAMES, "off"]), z.literal(false)], {
    error: ({ input }) => `expected one of ${SEVERITY_NAMES.join(", ")}, off, got ${shown(input)}`,
  })
  .transform((word): Threshold => (word === false || word === "off" ? Infinity : Severity[word]));

const name = z.string().min(1).max(200);

const trail = z.strictObject({
  size: z.int().min(0).max(1_000).default(100).describe("Breadcrumbs an event takes along, the newest ones; 0: none."),
  max_age: duration("10m").describe("Older breadcrumbs are forgotten."),
  max_keys: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(10_000)
    .describe("Trails kept at once; beyond it the one unused longest goes."),
  max_bytes: byteSize("64MiB").describe("Bytes of all trails together; beyond it the trail unused longest goes."),
  keys: z
    .array(name)
    .default(["trace_id", "request_id", "stream"])
    .describe(
      "Fields that name a trail. A record joins one for each it has; an event takes the union. `stream` is the source itself.",
    ),
});

const join = z.strictObject({
  max_lines: z.int().min(1).max(1_000_000).default(2_000).describe("Longest stack trace in lines; 1 turns joining off."),
  max_bytes: byteSize("512KiB").describe("Longest stack trace in bytes."),
  wait: duration("300ms").describe("How long a stack trace waits for its next line."),
});

const storm = z.strictObject({
  per_issue: rate("10/min").describe(
    "Events of one issue that pass. Above it one passes after every 1, 2, 4, 8 ... held back; each that passes tells how many were held back before it, when, and on which hosts.",
  ),
  budget: rate("1000/5m").describe(
    "Events of all issues of one upstream that pass, shared fairly: one alone gets half of it, n equally hot ones an (n+1)th each, so that some is left for the next.",
  ),
  first_seen: z
    .literal("always")
    .default("always")
    .describe("The first event of an issue passes even when the budget is spent, and counts against it."),
});

export const policySchema = z.strictObject({
  issue: severity.prefault("error").describe("A record at or above it becomes an event."),
  log: severity.prefault("off").describe("A record at or above it is sent as a Sentry structured log as well."),
  breadcrumb: severity.prefault("debug").describe("A record at or above it, and below `issue`, joins the trails of its keys."),
  trail: trail.prefault({}).describe("The trails of quiet records that events take along."),
  join: join.prefault({}).describe("Joining of stack traces that arrive line by line, per stream."),
  storm: z
    .union([storm, z.literal("off"), z.literal(false)], { error: ({ input }) => `expected limits or off, got ${shown(input)}` })
    .prefault({})
    .describe('Limits on how many events of one cause reach the tracker; "off" turns them off.'),
  tags: z.array(name).max(100).default(TAGS).describe("Fields that become tags; the others go to `extra`."),
  environment: z.string().optional().describe("For records that carry none; unset: SENTRY_ENVIRONMENT."),
  release: z.string().optional().describe("For records that carry none; unset: SENTRY_RELEASE."),
  server_name: z.string().optional().describe("For records that carry none."),
});

/** The policy as the code reads it. Empty texts count as unset. */
export function resolvePolicy(parsed: z.output<typeof policySchema>, env: Environment): Policy {
  const { trail, join, storm } = parsed;
  return {
    issue: parsed.issue,
    log: parsed.log,
    breadcrumb: parsed.breadcrumb,
    trail: {
      size: trail.size,
      maxAgeMs: trail.max_age,
      maxKeys: trail.max_keys,
      maxBytes: trail.max_bytes,
      keys: trail.keys,
    },
    join: { maxLines: join.max_lines, maxBytes: join.max_bytes, waitMs: join.wait },
    storm: typeof storm === "object" ? { perIssue: storm.per_issue, budget: storm.budget } : undefined,
    tags: parsed.tags,
    environment: parsed.environment || variable(env, "SENTRY_ENVIRONMENT") || undefined,
    release: parsed.release || variable(env, "SENTRY_RELEASE") || undefined,
    serverName: parsed.server_name || undefined,
  };
}

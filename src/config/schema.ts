import * as z from "zod";
import { byteSize, duration, listen, networks } from "../component/fields.ts";
import type { AnySpec, InputSpec, ProcessorSpec, QueueSpec, UpstreamSpec } from "../component/spec.ts";
import { tlsFields } from "../component/tls.ts";
import { policySchema } from "./policy.ts";

/** The components a configuration may name. `registry.ts` has the real one. */
export interface Registry {
  readonly inputs: readonly InputSpec[];
  readonly processors: readonly ProcessorSpec[];
  readonly queues: readonly QueueSpec[];
  readonly upstreams: readonly UpstreamSpec[];
}

/** What `config/` adds to the fields of every component of a kind, beside `type`. */
const ADDED = {
  input: {
    labels: z
      .record(z.string(), z.string())
      .default({})
      .describe("Tags for every record of this input; a record's own fields win."),
  },
  processor: { enabled: z.boolean().default(true).describe("`false` leaves it out.") },
  queue: {},
  upstream: {},
} as const satisfies Record<AnySpec["kind"], z.ZodRawShape>;

/** The fields of a component as written: `type`, its own, and those added for its kind. Strict. */
export function componentSchema(spec: AnySpec): z.ZodObject {
  let schema = componentSchemas.get(spec);
  if (schema === undefined) componentSchemas.set(spec, (schema = extended(spec)));
  return schema;
}

const componentSchemas = new WeakMap<AnySpec, z.ZodObject>();

function extended(spec: AnySpec): z.ZodObject {
  const shape: z.ZodRawShape = spec.config.shape;
  const added = Object.entries(ADDED[spec.kind]).filter(([name]) => !Object.hasOwn(shape, name));
  return spec.config
    .safeExtend({ type: z.literal(spec.type), ...Object.fromEntries(added) })
    .strict()
    .meta({ description: spec.summary });
}

const componentName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, "a name is made of up to 64 letters, digits, _ . and -");

const admin = z.strictObject({
  listen: listen("127.0.0.1:8686").describe("Address of /livez, /readyz, /metrics and /status."),
  ...tlsFields,
  token: z
    .string()
    .optional()
    .describe(
      "What /metrics and /status ask for (`Authorization: Bearer`) beyond loopback; without it and `allow` they stay closed there.",
    ),
  allow: networks().describe("Networks from which /metrics and /status may be read, with the token if there is one; empty: all."),
});

const log = z.strictObject({
  level: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("Quietest messages the relay logs about itself."),
  format: z.literal("json").default("json").describe("JSON lines on standard error."),
});

const deadLetters = z.strictObject({
  max_bytes: byteSize("256MiB").describe("Bytes of files kept; beyond it the oldest dead letters are removed."),
  max_age: duration("30d").describe("How long a dead letter is kept."),
});

/** The whole of `relay.yml`. Sections without a default here have theirs in `defaults.ts`. */
export function configSchema(registry: Registry): ConfigSchema {
  return z.strictObject({
    inputs: z
      .record(componentName, oneOf(registry.inputs))
      .describe("Where records come from: any number, by name. Given, it replaces the built-in ones."),
    policy: policySchema.prefault({}).describe("What becomes of a record, by severity."),
    processors: z
      .array(oneOf(registry.processors))
      .describe(
        "What is done to each record, in order. `scrub` runs last unless the list has it, if only with `enabled: false`.",
      ),
    queue: oneOf(registry.queues).describe("Where events wait for their upstream."),
    upstreams: z
      .record(componentName, oneOf(registry.upstreams))
      .describe("Where events go, by name. The one named `default`, or the only one, takes what no route claims."),
    data_dir: z
      .string()
      .optional()
      .describe("Directory of checkpoints, saved trails, dead letters and learnt upstream traits; unset: none are kept."),
    dead_letters: deadLetters
      .prefault({})
      .describe("What upstreams refused for good or did not take within `max_age`, kept in `data_dir` (see `crumbtrail dlq`)."),
    lanes: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe("Threads that decode; 1: none beside the main one. With more, trails are not shared between senders."),
    max_memory: byteSize("512MiB").describe(
      "Memory of the whole process, Node included. Queue and trails have their share of it, inputs share the rest; when it runs short, breadcrumbs, then large unfinished messages, then datagrams are let go of, each counted (`crumbtrail_memory_shed_total`).",
    ),
    shutdown_timeout: duration("25s").describe("How long SIGTERM waits for what was accepted to be delivered."),
    admin: admin.prefault({}).describe("The endpoint for probes, metrics and status."),
    log: log.prefault({}).describe("The relay's own log."),
  });
}

type Components = z.ZodType<Record<string, unknown>>;

export type ConfigSchema = z.ZodObject<
  {
    inputs: z.ZodRecord<z.ZodString, Components>;
    policy: z.ZodPrefault<typeof policySchema>;
    processors: z.ZodArray<Components>;
    queue: Components;
    upstreams: z.ZodRecord<z.ZodString, Components>;
    data_dir: z.ZodOptional<z.ZodString>;
    dead_letters: z.ZodPrefault<typeof deadLetters>;
    lanes: z.ZodDefault<z.ZodInt>;
    max_memory: z.ZodPrefault<z.ZodType<number, string | number>>;
    shutdown_timeout: z.ZodPrefault<z.ZodType<number, string>>;
    admin: z.ZodPrefault<typeof admin>;
    log: z.ZodPrefault<typeof log>;
  },
  z.core.$strict
>;

function oneOf(specs: readonly AnySpec[]): Components {
  const options = specs.map(componentSchema);
  // zod wants a tuple of at least one; a registry without any component of a kind takes none.
  return options.length === 0 ? z.never() : z.discriminatedUnion("type", options as [z.ZodObject, ...z.ZodObject[]]);
}

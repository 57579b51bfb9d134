import type * as z from "zod";
import type { Component } from "../base/lifecycle.ts";
import type { Codec } from "./codec.ts";
import type { Upstream } from "./delivery.ts";
import type { InputHost, ProcessorHost, QueueHost, UpstreamHost } from "./host.ts";
import type { Processor } from "./processor.ts";
import type { Queue } from "./queue.ts";

export type Stability = "stable" | "beta" | "experimental" | "deprecated";

/**
 * One shape for every kind of component: an object literal in one file. The zod schema is the only source of types,
 * defaults, error messages, `relay.schema.json` and `docs/reference.md`.
 */
export interface Spec<Kind extends string, Config extends z.ZodObject, HostKind, Made> {
  readonly kind: Kind;
  /** snake_case, as written in `relay.yml`. */
  readonly type: string;
  readonly summary: string;
  readonly stability: Stability;
  /** Without `type` and, for inputs, without `labels`: those are added by `config/`. Every field has a description. */
  readonly config: Config;
  /** `examples[0]` is what the contract suite runs. */
  readonly examples: readonly z.input<Config>[];
  /** Things it needs to itself, e.g. "udp:0.0.0.0:12201": two claims on one thing fail `crumbtrail check`. */
  claims?(config: z.output<Config>): readonly string[];
  /** Inert: no socket, timer, file or thread. Only `start` does I/O. */
  create(config: z.output<Config>, host: HostKind): Made;
}

/** An input, which may say how its frames are decoded where no codec of the registry can know (a pattern, a `log_format`). */
export interface InputSpec<C extends z.ZodObject = z.ZodObject> extends Spec<"input", C, InputHost, Component> {
  /** Its own codec; batches name it {@link ownCodec}. Undefined: all its batches name codecs of the registry. */
  codec?(config: z.output<C>): Codec | undefined;
}
export type ProcessorSpec<C extends z.ZodObject = z.ZodObject> = Spec<"processor", C, ProcessorHost, Processor>;

/** A queue, which says what it holds in memory when it is full; absent: next to nothing. */
export interface QueueSpec<C extends z.ZodObject = z.ZodObject> extends Spec<"queue", C, QueueHost, Queue> {
  memoryBytes?(config: z.output<C>): number;
}

/** An upstream, which may also send to projects that somebody outside the configuration names. */
export interface UpstreamSpec<C extends z.ZodObject = z.ZodObject> extends Spec<"upstream", C, UpstreamHost, Upstream> {
  /** Whether events go to a DSN with the settings of this one, and how. Absent: never. */
  tenant?(config: z.output<C>, dsn: string): Tenancy<z.output<C>>;
}

/** `foreign`: its host is not among those that the configuration allows. The message is for people, and holds no key. */
export type Tenancy<Config> =
  | { readonly kind: "tenant"; readonly account: string; readonly config: Config }
  | { readonly kind: "refused"; readonly cause: "invalid" | "foreign"; readonly message: string };

export type AnySpec = InputSpec | ProcessorSpec | QueueSpec | UpstreamSpec;

export function defineInput<C extends z.ZodObject>(spec: Omit<InputSpec<C>, "kind">): InputSpec<C> {
  return { kind: "input", ...spec };
}

export function defineProcessor<C extends z.ZodObject>(spec: Omit<ProcessorSpec<C>, "kind">): ProcessorSpec<C> {
  return { kind: "processor", ...spec };
}

export function defineQueue<C extends z.ZodObject>(spec: Omit<QueueSpec<C>, "kind">): QueueSpec<C> {
  return { kind: "queue", ...spec };
}

export function defineUpstream<C extends z.ZodObject>(spec: Omit<UpstreamSpec<C>, "kind">): UpstreamSpec<C> {
  return { kind: "upstream", ...spec };
}

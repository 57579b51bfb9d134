import type { Address } from "../base/units.ts";
import type { Network } from "../base/networks.ts";
import type { LogLevel } from "../base/log.ts";
import type { AnySpec, InputSpec, ProcessorSpec, QueueSpec, UpstreamSpec } from "../component/spec.ts";
import type { TlsFiles } from "../component/tls.ts";
import type { Policy } from "./policy.ts";

/** A component as configured. `config` is what its spec's `claims` and `create` take. */
export interface Resolved<S extends AnySpec> {
  /** Its name in the configuration; for processors their type, numbered when it occurs again: "filter", "filter_2"; "queue". */
  readonly name: string;
  readonly spec: S;
  readonly config: Record<string, unknown>;
}

export interface ResolvedInput extends Resolved<InputSpec> {
  /** Undefined when there are none. */
  readonly labels: ReadonlyMap<string, string> | undefined;
}

/** The whole configuration, checked, with units resolved to milliseconds and bytes. */
export interface RelayConfig {
  readonly inputs: readonly ResolvedInput[];
  /** Those switched off are left out. */
  readonly processors: readonly Resolved<ProcessorSpec>[];
  readonly queue: Resolved<QueueSpec>;
  readonly upstreams: readonly Resolved<UpstreamSpec>[];
  /** Name of the upstream that takes what no route claims. */
  readonly defaultUpstream: string;
  readonly policy: Policy;
  readonly lanes: number;
  /** `max_memory`, and what of it inputs may hold between their sockets and the queue. */
  readonly memory: { readonly maxBytes: number; readonly inFlightBytes: number };
  readonly shutdownTimeoutMs: number;
  readonly admin: {
    readonly address: Address;
    readonly token: string | undefined;
    readonly allow: readonly Network[];
    readonly tls: TlsFiles | undefined;
  };
  readonly log: { readonly level: LogLevel; readonly format: "json" };
  readonly dataDir: string | undefined;
  readonly deadLetters: { readonly maxBytes: number; readonly maxAgeMs: number };
  /** Texts that must not be printed: keys of DSNs, tokens, passwords. */
  readonly secrets: readonly string[];
}

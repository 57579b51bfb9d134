import { readFileSync } from "node:fs";
import { systemClock } from "../../base/clock.ts";
import { formatAddress, parseAddress, type Address } from "../../base/units.ts";
import type { RelayConfig, ResolvedInput } from "../../config/relay-config.ts";
import type { Dsn } from "../../sentry/dsn.ts";
import { tryPort } from "../../wire/port-trial.ts";
import { version } from "../version.ts";
import type { Check } from "./check.ts";
import { directoryChecks } from "./directory-checks.ts";
import { directoryFacts } from "./directory.ts";
import { isLive } from "./live.ts";
import { portCheck } from "./port-checks.ts";
import { openFilesIn, processChecks } from "./process-checks.ts";
import { udpChecks } from "./udp-checks.ts";
import { udpFacts } from "./udp.ts";
import { examineUpstream } from "./upstream.ts";

/** What to look at beside the configuration itself. */
export interface Scope {
  /** Where a relay of this configuration would answer. */
  readonly admin: Address;
  /** True where it speaks HTTPS. */
  readonly adminSecure: boolean;
  /** False for the built-in defaults, which nobody said they want to listen on. */
  readonly ports: boolean;
}

/** Everything that can be wrong around a relay of this configuration. Starts nothing and changes nothing. */
export async function examine(config: RelayConfig, scope: Scope): Promise<Check[]> {
  const machine = { node: process.versions.node, maxOpenFiles: maxOpenFiles(), connections: connectionsOf(config.inputs) };
  const parts = await Promise.all([
    ...config.upstreams.map((upstream) => upstreamChecks(upstream, config)),
    ...config.inputs.map(inputChecks),
    ...(scope.ports ? [portChecks(config.inputs, scope)] : []),
    queueChecks(config.queue),
    dataDirChecks(config.dataDir),
  ]);
  return [...parts.flat(), ...processChecks(machine)];
}

async function upstreamChecks({ name, spec, config }: RelayConfig["upstreams"][number], relay: RelayConfig): Promise<Check[]> {
  const group = `upstream ${name}`;
  const { dsn } = config;
  if (isDsn(dsn)) {
    const asking = { clock: systemClock, version, sendsLogs: Number.isFinite(relay.policy.log) };
    return examineUpstream({ name, dsn, config }, asking);
  }
  if (spec.type !== "sentry") return [{ group, verdict: "note", what: `type ${spec.type}: there is no tracker to ask` }];
  const todo = "name one, or set SENTRY_DSN: crumbtrail doctor https://key@sentry.example/1";
  return [{ group, verdict: "note", what: "no DSN is set, so events are printed to the console instead of sent", todo }];
}

/** What the `dsn` field of an upstream becomes once it is checked. */
function isDsn(value: unknown): value is Dsn {
  return typeof value === "object" && value !== null && "envelopeUrl" in value && "publicKey" in value;
}

async function inputChecks({ name, config }: ResolvedInput): Promise<Check[]> {
  const { listen, receive_buffer: wanted } = config;
  if (typeof wanted !== "number" || !isAddress(listen)) return [];
  return udpChecks(await udpFacts(`input ${name}`, listen, wanted));
}

function isAddress(value: unknown): value is Address {
  return typeof value === "object" && value !== null && "host" in value && "port" in value;
}

/** Ports are tried only while no relay of this configuration holds them. */
async function portChecks(inputs: readonly ResolvedInput[], { admin, adminSecure }: Scope): Promise<Check[]> {
  if (admin.port !== 0 && (await isLive(admin, adminSecure))) {
    return [{ group: "ports", verdict: "ok", what: `a relay runs already, and answers on ${formatAddress(admin)}` }];
  }
  const checks: Check[] = [];
  for (const { name, spec, config } of inputs) {
    for (const claim of spec.claims?.(config) ?? []) {
      const [, protocol, written = ""] = /^(tcp|udp):(.+)$/.exec(claim) ?? [];
      const address = parseAddress(written);
      if ((protocol !== "tcp" && protocol !== "udp") || address === undefined || address.port === 0) continue;
      const trouble = await tryPort(protocol, address);
      checks.push(portCheck({ group: "ports", protocol, address: `${written} (${name})`, port: address.port, trouble }));
    }
  }
  return checks;
}

/** Reads what the disk queue is configured with by its fields, so that this knows nothing of its code. */
async function queueChecks({ spec, config }: RelayConfig["queue"]): Promise<Check[]> {
  const group = "queue";
  const { directory, max_bytes: maxBytes } = config;
  if (typeof directory === "string") {
    const use = { group, field: "queue.directory", maxBytes: typeof maxBytes === "number" ? maxBytes : undefined };
    return directoryChecks(await directoryFacts(directory), use);
  }
  const what = `type ${spec.type}: events that wait there are lost when the relay crashes, or cannot deliver them while it stops`;
  return [{ group, verdict: "note", what, todo: "for production: queue: { type: disk, directory: /var/lib/crumbtrail/queue }" }];
}

async function dataDirChecks(dataDir: string | undefined): Promise<Check[]> {
  const group = "data_dir";
  if (dataDir !== undefined) return directoryChecks(await directoryFacts(dataDir), { group, field: group, maxBytes: undefined });
  const what =
    "data_dir is not set: checkpoints, trails, dead letters and what was learnt about trackers are not kept over a restart";
  return [{ group, verdict: "note", what, todo: "for production: data_dir: /var/lib/crumbtrail" }];
}

function connectionsOf(inputs: readonly ResolvedInput[]): ReadonlyMap<string, number> {
  const connections = new Map<string, number>();
  for (const { name, config } of inputs) {
    const { max_connections: most } = config;
    if (typeof most === "number") connections.set(name, most);
  }
  return connections;
}

function maxOpenFiles(): number | undefined {
  try {
    return openFilesIn(readFileSync("/proc/self/limits", "latin1"));
  } catch {
    return undefined;
  }
}

import type { FileCounts } from "../component/following.ts";
import type { QueueStats } from "../component/queue.ts";
import type { RelayConfig } from "../config/relay-config.ts";
import type { LaneStats } from "../lanes/lane.ts";
import type { Ledger } from "../record/ledger.ts";
import type { InputCounts } from "./input-counts.ts";
import type { Readiness } from "./readiness.ts";
import type { SenderStatus } from "./delivery/sender.ts";

/** What `/status` is made from. */
export interface StatusSources {
  readonly version: string;
  readonly config: RelayConfig;
  readonly ready: Readiness;
  readonly addresses: readonly { readonly input: string; readonly address: string }[];
  readonly counts: InputCounts;
  /** Of inputs that follow files. */
  readonly files: ReadonlyMap<string, FileCounts>;
  readonly lanes: readonly LaneStats[];
  /** What inputs hold on its way, and how short memory is. */
  readonly memory: object;
  readonly queue: QueueStats;
  readonly ledger: Ledger;
  readonly inFlight: number;
  readonly deadLetters: number;
  /** Names of upstreams that annotations asked for. */
  readonly tenants: readonly string[];
  /** By upstream; undefined for one that is not there. */
  held(upstream: string): SenderStatus | undefined;
  readonly tickMs: number;
}

/** Everything an operator asks for, as plain JSON. Holds no secret. */
export function statusOf(now: StatusSources): object {
  const { config, ledger } = now;
  return {
    version: now.version,
    ready: now.ready,
    inputs: config.inputs.map(({ name, spec }) => ({
      name,
      type: spec.type,
      addresses: now.addresses.filter((address) => address.input === name).map(({ address }) => address),
      received: ledger.received.get(name) ?? 0,
      bytes: ledger.bytes.get(name) ?? 0,
      connections: now.counts.connections.get(name) ?? 0,
      files: filesOf(now.files.get(name)),
    })),
    lanes: now.lanes,
    memory: now.memory,
    queue: { type: config.queue.spec.type, ...now.queue },
    upstreams: config.upstreams.map(({ name, spec }) => ({ name, type: spec.type, ...healthOf(now, name) })),
    tenants: now.tenants.map((name) => ({ name, ...healthOf(now, name) })),
    dead_letters: now.deadLetters,
    ledger: {
      received: ledger.receivedTotal,
      settled: Object.fromEntries(ledger.settled),
      in_flight: now.inFlight,
    },
  };
}

function healthOf(now: StatusSources, upstream: string): object {
  const status = now.held(upstream);
  const failingMs = status?.failingSince === undefined ? 0 : now.tickMs - status.failingSince;
  return {
    failures: status?.failures ?? 0,
    failing_for_seconds: failingMs / 1_000,
    cause: status?.cause,
    dsn_refused: status?.dsnRefused ?? false,
    concurrency: status?.concurrency ?? 0,
    limits_ms: Object.fromEntries(status?.limits ?? []),
  };
}

/** Left out of the JSON for inputs that follow none. */
function filesOf(counts: FileCounts | undefined): object | undefined {
  if (counts === undefined) return undefined;
  const { followed, open, lagBytes, lostBytes, truncations } = counts;
  return { followed, open, lag_bytes: lagBytes, lost_bytes: lostBytes, truncations };
}

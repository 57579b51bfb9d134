import type { Setting } from "./bars.ts";
import type { BalanceRow } from "./balance.ts";
import type { Sending } from "./envelopes.ts";
import type { FileRows } from "./files.ts";
import type { TextRow } from "./text-report.ts";
import type { Protocol } from "./traffic.ts";
import type { WrapRows } from "./wrapping.ts";

/** One throughput run: medians of its slices. */
export interface Rate {
  /** One record in so many is an error. */
  readonly every: number;
  readonly perSecond: number;
  readonly perCpuSecond: number;
  /** Sent in the slices, and not received: UDP only. */
  readonly lost: number;
  /** At most, warm-up included. */
  readonly rssMiB: number;
  /** Slices before two in a row were alike. */
  readonly warmUps: number;
}

/** Throughput runs of one input under one setting. */
export interface Row {
  readonly protocol: Protocol;
  readonly setting: Setting;
  /** Records per CPU second of the bare decode loop. */
  readonly bare: number;
  readonly rates: readonly Rate[];
}

/** From the sender's write of an error to the last byte of its envelope, at a fixed pace, the default configuration. */
export interface LatencyRow {
  readonly protocol: Protocol;
  readonly p50: number;
  readonly p99: number;
  readonly rssMiB: number;
  /** Records per second that the sender really kept up. */
  readonly pace: number;
}

/** A relay with its built-in configuration and nothing to do. */
export interface StartRow {
  /** From the start of the process to the first 200 of /readyz, milliseconds, median. */
  readonly readyMs: number;
  /** The same for a Node that answers one request and does nothing else. */
  readonly bareMs: number;
  readonly runs: number;
  /** Some seconds later. */
  readonly idleRssMiB: number;
  readonly bareRssMiB: number;
}

/** Records per second in process. */
export interface LanesRow {
  readonly one: number;
  readonly two: number;
  /** Two processes that do what one lane does, in the same minutes: what this machine has to give. */
  readonly bare: number;
}

/** Envelopes of 2 KB out of one process, and out of a bare HTTP client. */
export interface EnvelopesRow {
  readonly relay: Sending;
  readonly bare: Sending;
}

/** What it costs to keep every issue on disk before it is acknowledged. */
export interface Durability {
  /** Forward with acknowledgements, one error in 1000, the same minute. */
  readonly memory: Rate;
  readonly disk: Rate;
  /** Parcels of 1 KB pushed into the disk queue, per second, each push answered after its commit. */
  readonly issuesPerSecond: number;
  /** The same bytes in the same groups, written and synced by a bare loop. */
  readonly barePerSecond: number;
}

/** What one run of the benchmarks found; parts that did not run are absent. */
export interface Results {
  readonly rows: readonly Row[];
  readonly latency: readonly LatencyRow[];
  readonly start?: StartRow;
  readonly lanes?: LanesRow;
  readonly envelopes?: EnvelopesRow;
  readonly balance?: readonly BalanceRow[];
  readonly durable?: Durability;
  readonly files?: FileRows;
  readonly wrapping?: WrapRows;
  readonly text: readonly TextRow[];
}

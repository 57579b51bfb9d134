import { bareName } from "./bare.ts";
import * as bars from "./bars.ts";
import { count } from "./format.ts";
import type { BalanceRow } from "./balance.ts";
import type { Durability, EnvelopesRow, LanesRow, LatencyRow, Row, StartRow } from "./results.ts";

/** Prints one input's figures under one setting. */
export function report({ protocol, setting, bare, rates }: Row): void {
  const lines = rates.map(({ every, perSecond, perCpuSecond, lost, rssMiB, warmUps }) => {
    const bar = bars.throughputBar(protocol, setting, every);
    const beside = bar === undefined ? "" : ` (bar ${count(bar)}: ${bars.verdict(perCpuSecond, { least: bar })})`;
    return (
      `  1 error in ${String(every).padEnd(5)} ${count(perCpuSecond)} records/CPU s${beside}  ${count(perSecond)} records/s  ` +
      `${(perCpuSecond / bare).toFixed(2)} of the bare loop  ${rssMiB.toFixed(0)} MiB (${atMost(rssMiB, bars.RSS_MIB)})  ` +
      `warm after ${warmUps}${lost > 0 ? `  ${count(lost)} lost on the way` : ""}`
    );
  });
  say(`${protocol}, ${setting}`, `  bare loop        ${count(bare)} records/CPU s (${bareName(protocol)})`, ...lines);
}

/** Prints how long an error takes. */
export function reportLatency({ protocol, p50, p99, rssMiB, pace }: LatencyRow): void {
  say(
    `${protocol}, error to tracker at ${count(pace)} records/s`,
    `  p50 ${p50.toFixed(1)} ms (${atMost(p50, bars.P50_MS)}), p99 ${p99.toFixed(1)} ms (${atMost(p99, bars.P99_MS)}), ` +
      `${rssMiB.toFixed(0)} MiB (${atMost(rssMiB, bars.RSS_MIB)})`,
  );
}

/** Prints what a start costs. */
export function reportStart({ readyMs, bareMs, runs, idleRssMiB, bareRssMiB }: StartRow): void {
  const idleBar = bars.idleRssBar(process.versions.node);
  say(
    "start",
    `  ready after ${readyMs.toFixed(0)} ms (${atMost(readyMs, bars.READY_MS)}), bare Node ${bareMs.toFixed(0)} ms (medians of ${runs})`,
    `  idle RSS ${idleRssMiB.toFixed(0)} MiB (${atMost(idleRssMiB, idleBar)}), bare Node ${bareRssMiB.toFixed(0)} MiB`,
  );
}

/** Prints what a second lane brings. */
export function reportLanes({ one, two, bare }: LanesRow): void {
  const gain = two / one;
  say(
    "lanes, 1 error in 10",
    `  one ${count(one)} records/s, two ${count(two)} records/s: ${gain.toFixed(2)} times ` +
      `(bar ${bars.TWO_LANES}: ${bars.verdict(gain, { least: bars.TWO_LANES })}); two bare loops ${bare.toFixed(2)} times one`,
  );
}

/** Prints how fast envelopes leave. */
export function reportEnvelopes({ relay, bare }: EnvelopesRow): void {
  const bar = bars.ENVELOPES_PER_SECOND;
  say(
    "envelopes of 2 KB, gzip",
    `  ${count(relay.perSecond)}/s (bar ${count(bar)}: ${bars.verdict(relay.perSecond, { least: bar })}), ${count(relay.perCpuSecond)}/CPU s`,
    `  bare client ${count(bare.perSecond)}/s, ${count(bare.perCpuSecond)}/CPU s, ${(relay.perCpuSecond / bare.perCpuSecond).toFixed(2)} of it`,
  );
}

/** Prints throughput by the number of relays. */
export function reportBalance(rows: readonly BalanceRow[]): void {
  const lines = rows.map(
    ({ relays, perSecond, perCpuSecond, relayCores, otherCores }) =>
      `  ${relays} relays  ${count(perSecond)} records/s, ${count(perCpuSecond)} records/CPU s, ` +
      `${relayCores.toFixed(2)} cores for relays, ${otherCores.toFixed(2)} for the rest`,
  );
  say("several relays behind a balancer", ...lines);
}

/** Prints the disk queue's figures. */
export function reportDurability({ memory, disk, issuesPerSecond, barePerSecond }: Durability): void {
  const against = (what: string, of: (rate: Durability["disk"]) => number): string =>
    `  forward, 1 error in 1000: ${count(of(disk))} ${what} on disk, ${count(of(memory))} in memory, ${(of(disk) / of(memory)).toFixed(2)} of it`;
  say(
    "durability",
    against("records/CPU s", ({ perCpuSecond }) => perCpuSecond),
    against("records/s", ({ perSecond }) => perSecond),
    `  issues of 1 KB: ${count(issuesPerSecond)} durable/s, bare write + fdatasync ${count(barePerSecond)}, ${(issuesPerSecond / barePerSecond).toFixed(2)} of it`,
  );
}

function atMost(figure: number, bar: number): string {
  return `bar ${bar}: ${bars.verdict(figure, { most: bar })}`;
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

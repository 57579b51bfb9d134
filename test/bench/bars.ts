import type { Protocol } from "./traffic.ts";

/** What a relay is set to in a throughput run. */
export type Setting = "like for like" | "default";

/** Errors of a run: one record in so many. */
export const RATES = [1_000, 100] as const;

type Bars = Readonly<Record<Setting, readonly [number, number]>>;

/** Records per CPU second that each input shall take at least, for each of `RATES`. */
const THROUGHPUT: Readonly<Partial<Record<Protocol, Bars>>> = {
  gelf_tcp: { "like for like": [800_000, 270_000], default: [600_000, 230_000] },
  forward: { "like for like": [800_000, 300_000], default: [600_000, 250_000] },
  stdin: { "like for like": [600_000, 250_000], default: [450_000, 200_000] },
  gelf_udp: { "like for like": [200_000, 140_000], default: [180_000, 120_000] },
  grpc: { "like for like": [400_000, 220_000], default: [350_000, 200_000] },
  syslog_udp: { "like for like": [150_000, 100_000], default: [130_000, 90_000] },
};

/** Records per CPU second; undefined where no bar was set. */
export function throughputBar(protocol: Protocol, setting: Setting, every: number): number | undefined {
  return THROUGHPUT[protocol]?.[setting][RATES.findIndex((rate) => rate === every)];
}

/** True when there is anything to compare an input with under this setting. */
export function hasBar(protocol: Protocol, setting: Setting): boolean {
  return throughputBar(protocol, setting, RATES[0]) !== undefined;
}

/** Records per second of the latency runs. */
export const PACE = 50_000;
/** Error in to envelope out at that pace, milliseconds, at most. */
export const P50_MS = 3;
export const P99_MS = 15;
/** Memory at most, MiB. What the newest Node itself takes is more. */
export const RSS_MIB = 220;
export function idleRssBar(node: string): number {
  return majorOf(node) < 24 ? 100 : 120;
}
/** From the start of the process to the first 200 of /readyz, milliseconds, at most. */
export const READY_MS = 500;
/** Records per second of two lanes, by those of one, at least. */
export const TWO_LANES = 1.5;
/** Envelopes of 2 KB per second out of one process, at least. */
export const ENVELOPES_PER_SECOND = 8_000;

/** 20 of "20.19.0". */
export function majorOf(node: string): number {
  return Number(node.split(".")[0]);
}

/** Says beside a figure whether it reaches the least, or stays below the most, that it should. */
export function verdict(figure: number, bar: { readonly least: number } | { readonly most: number }): "met" | "MISSED" {
  return ("least" in bar ? figure >= bar.least : figure <= bar.most) ? "met" : "MISSED";
}

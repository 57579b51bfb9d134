import { bareName } from "./bare.ts";
import * as bars from "./bars.ts";
import { BALANCE_EVERY, type BalanceRow } from "./balance.ts";
import { filesSection } from "./files.ts";
import { count, table } from "./format.ts";
import type { Found, Recorded } from "./recorded.ts";
import type { Durability, Results, Row } from "./results.ts";
import { sizingSection } from "./sizing.ts";
import { textSection } from "./text-report.ts";
import { wrapSection } from "./wrapping.ts";

const HEAD = `# Benchmarks

Written by \`npm run bench -- --write\`, a chapter for each version of Node that it ran under. Sender, relay and tracker are
three processes on one machine, so absolute numbers depend on it; the ratio to the bare loop, which does the least that this
language needs for the same bytes and is measured in the same minute, is what carries over. A bar is what a row shall reach
at least, or stay below: in brackets stands whether it does.

Records are about 350 bytes, storm control is off, so that every error is sent with its trail of up to 100 records. CPU
seconds are those of the relay's process, all threads and the kernel's work for it included. Before anything is measured
the relay is warmed up until two slices in a row, by the records that it received, differ by less than a tenth: compiling is
a fifth of what the first seconds cost. A figure is the median of three slices. RSS is the highest of the run, the warm-up
included.
`;

/** The published page. */
export function page(recorded: Recorded): string {
  const majors = Object.keys(recorded).toSorted((a, b) => Number(a) - Number(b));
  return HEAD + majors.map((major) => chapter(recorded[major] as Found)).join("");
}

function chapter(found: Found): string {
  const { node, machine, date, rows, durable, files, wrapping, text } = found;
  const rate = (setting: bars.Setting): readonly Row[] => rows.filter((row) => row.setting === setting);
  return [
    `\n## Node ${bars.majorOf(node)}\n\nNode ${node}, ${machine}, ${date}.\n`,
    rateSection(
      "Like for like",
      "What a filter that keeps the last 100 records of every stream does too: `policy.trail.keys: [stream]` and `compression:\nnone`.",
      rate("like for like"),
    ),
    rateSection("Default configuration", "All trail keys, joining, scrubbing, gzip.", rate("default")),
    sizingSection(rate("default")),
    latencySection(found),
    singleSection(found),
    balanceSection(found.balance ?? []),
    durable === undefined ? "" : durabilitySection(durable),
    files === undefined ? "" : filesSection(files),
    wrapping === undefined ? "" : wrapSection(wrapping),
    text.length === 0 ? "" : textSection(text),
  ].join("");
}

function rateSection(title: string, what: string, rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const head = ["input", "errors", "records per CPU second", "bar", "bare loop", "ratio", "records/s", "RSS, MiB"];
  const lines = rows.flatMap(({ protocol, setting, bare, rates }) =>
    rates.map(({ every, perCpuSecond, perSecond, rssMiB }) => {
      const bar = bars.throughputBar(protocol, setting, every);
      return [
        protocol,
        `1 in ${every}`,
        count(perCpuSecond),
        bar === undefined ? "" : `${count(bar)} (${bars.verdict(perCpuSecond, { least: bar })})`,
        `${count(bare)} (${bareName(protocol)})`,
        (perCpuSecond / bare).toFixed(2),
        count(perSecond),
        `${rssMiB.toFixed(0)} (${bars.verdict(rssMiB, { most: bars.RSS_MIB })})`,
      ];
    }),
  );
  return `\n### ${title}\n\n${what} The bar for RSS is ${bars.RSS_MIB} MiB.\n\n${table(head, lines)}`;
}

function latencySection({ latency }: Results): string {
  if (latency.length === 0) return "";
  const head = ["input", "records/s", "p50, ms", "p99, ms", "RSS, MiB"];
  const most = (figure: number, bar: number, digits: number): string =>
    `${figure.toFixed(digits)} (${bars.verdict(figure, { most: bar })})`;
  const lines = latency.map(({ protocol, pace, p50, p99, rssMiB }) => [
    protocol,
    count(pace),
    most(p50, bars.P50_MS, 1),
    most(p99, bars.P99_MS, 1),
    most(rssMiB, bars.RSS_MIB, 0),
  ]);
  return `
### Latency

From the sender's write of an error to the last byte of its envelope at the tracker, at ${count(bars.PACE)} records/s (or what the
sender reached) and 1 error in 100, the default configuration. Bars: ${bars.P50_MS} and ${bars.P99_MS} ms, ${bars.RSS_MIB} MiB.

${table(head, lines)}`;
}

/** Bars that are a row each. */
function singleSection({ node, start, lanes, envelopes }: Found): string {
  const lines: string[][] = [];
  if (start !== undefined) {
    const idle = bars.idleRssBar(node);
    lines.push([
      `start to the first 200 of /readyz, ms, median of ${start.runs}`,
      start.readyMs.toFixed(0),
      `${bars.READY_MS} (${bars.verdict(start.readyMs, { most: bars.READY_MS })})`,
      `${start.bareMs.toFixed(0)} (a Node that answers a request)`,
      times(start.readyMs / start.bareMs),
    ]);
    lines.push([
      "RSS of an idle relay, MiB",
      start.idleRssMiB.toFixed(0),
      `${idle} (${bars.verdict(start.idleRssMiB, { most: idle })})`,
      `${start.bareRssMiB.toFixed(0)} (the same)`,
      times(start.idleRssMiB / start.bareRssMiB),
    ]);
  }
  if (lanes !== undefined) {
    const gain = lanes.two / lanes.one;
    lines.push([
      `two lanes: ${count(lanes.two)} records/s, one: ${count(lanes.one)}`,
      times(gain),
      `${bars.TWO_LANES} (${bars.verdict(gain, { least: bars.TWO_LANES })})`,
      `${times(lanes.bare)} (two bare loops)`,
      (gain / lanes.bare).toFixed(2),
    ]);
  }
  if (envelopes !== undefined) {
    const { relay, bare } = envelopes;
    const bar = bars.ENVELOPES_PER_SECOND;
    lines.push([
      "envelopes of 2 KB per second, gzip",
      count(relay.perSecond),
      `${count(bar)} (${bars.verdict(relay.perSecond, { least: bar })})`,
      `${count(bare.perSecond)} (HTTP client and gzip)`,
      (relay.perSecond / bare.perSecond).toFixed(2),
    ]);
    const ratio = (relay.perCpuSecond / bare.perCpuSecond).toFixed(2);
    lines.push(["the same per CPU second", count(relay.perCpuSecond), "", count(bare.perCpuSecond), ratio]);
  }
  if (lines.length === 0) return "";
  return `
### Start, lanes, envelopes

Lanes work in one process: 16 peers, batches that are built already, 1 event in 10, parcels counted and not sent.

${table(["what", "figure", "bar", "bare", "ratio"], lines)}`;
}

function balanceSection(rows: readonly BalanceRow[]): string {
  const [first] = rows;
  if (first === undefined) return "";
  const head = ["relays", "records/s", "times one", "records per CPU second", "cores of the relays", "cores of the rest"];
  const lines = rows.map(({ relays, perSecond, perCpuSecond, relayCores, otherCores }) => [
    String(relays),
    count(perSecond),
    (perSecond / first.perSecond).toFixed(2),
    count(perCpuSecond),
    relayCores.toFixed(2),
    otherCores.toFixed(2),
  ]);
  return `
### Several relays behind a balancer

nginx balances twelve forward connections with acknowledgements by the number of connections, 1 error in ${BALANCE_EVERY}, the default
configuration. The rest is sender, nginx and tracker, on the same cores. [Scaling](scaling.md) says what to make of it.

${table(head, lines)}`;
}

function durabilitySection({ memory, disk, issuesPerSecond, barePerSecond }: Durability): string {
  const line = (what: string, figure: number, beside: number, name: string): string[] => [
    what,
    count(figure),
    `${count(beside)} (${name})`,
    (figure / beside).toFixed(2),
  ];
  return `
### The disk queue

With \`queue: { type: disk }\` an acknowledgement waits for the commit (fdatasync) that holds its issues.

${table(
  ["what", "disk", "beside it", "ratio"],
  [
    line("forward with acks, 1 in 1000, records per CPU second", disk.perCpuSecond, memory.perCpuSecond, "memory queue"),
    line("forward with acks, 1 in 1000, records/s", disk.perSecond, memory.perSecond, "memory queue"),
    line("durable issues of 1 KB per second", issuesPerSecond, barePerSecond, "bare write + fdatasync"),
  ],
)}`;
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} times`;
}

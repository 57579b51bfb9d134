import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { bareName } from "./bare.ts";
import { filesSection, type FileRows } from "./files.ts";
import { textSection, type TextRow } from "./text-report.ts";
import type { Protocol } from "./traffic.ts";
import { wrapSection, type WrapRows } from "./wrapping.ts";

/** One throughput run. */
export interface Rate {
  /** One record in so many is an error. */
  readonly every: number;
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly lost: number;
  readonly rssMiB: number;
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

export interface Row {
  readonly protocol: Protocol;
  /** Records per CPU second of the bare decode loop. */
  readonly bare: number;
  readonly rates: readonly Rate[];
  /** At a fixed pace. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly rssMiB: number };
}

/** Prints one input's figures. */
export function report({ protocol, bare, rates, latency }: Row): void {
  const lines = rates.map(
    ({ every, perSecond, perCpuSecond, lost, rssMiB }) =>
      `  1 error in ${String(every).padEnd(5)} ${count(perCpuSecond)} records/CPU s  ${count(perSecond)} records/s  ` +
      `${(perCpuSecond / bare).toFixed(2)} of the bare loop  ${rssMiB.toFixed(0)} MiB${lost > 0 ? `  ${lost} lost on the way` : ""}`,
  );
  const limit = `  bare loop        ${count(bare)} records/CPU s (${bareName(protocol)})`;
  const times = `  error to tracker p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(1)} ms, ${latency.rssMiB.toFixed(0)} MiB`;
  process.stdout.write(`${[protocol, limit, ...lines, times].join("\n")}\n`);
}

/** Prints the disk queue's figures. */
export function reportDurability({ memory, disk, issuesPerSecond, barePerSecond }: Durability): void {
  const against = (what: string, of: (rate: Rate) => number): string =>
    `  forward, 1 error in 1000: ${count(of(disk))} ${what} on disk, ${count(of(memory))} in memory, ${(of(disk) / of(memory)).toFixed(2)} of it`;
  const lines = [
    "durability",
    against("records/CPU s", ({ perCpuSecond }) => perCpuSecond),
    against("records/s", ({ perSecond }) => perSecond),
    `  issues of 1 KB: ${count(issuesPerSecond)} durable/s, bare write + fdatasync ${count(barePerSecond)}, ${(issuesPerSecond / barePerSecond).toFixed(2)} of it`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** What the published page is made of. */
export interface Results {
  readonly rows: readonly Row[];
  /** Records per second of the latency runs. */
  readonly pace: number;
  readonly durable: Durability | undefined;
  readonly files: FileRows | undefined;
  readonly wrapping: WrapRows | undefined;
  readonly text: readonly TextRow[];
}

/** Writes the published page. */
export function write({ rows, pace, durable, files, wrapping, text: textual }: Results): void {
  const [cpu] = cpus();
  const machine = `${cpus().length} cores (${cpu?.model.trim() ?? "unknown"}), Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
  const table = rows.flatMap(({ protocol, bare, rates, latency }) =>
    rates.map(
      ({ every, perCpuSecond, perSecond, rssMiB }) =>
        `| ${protocol} | 1 in ${every} | ${count(perCpuSecond)} | ${count(bare)} (${bareName(protocol)}) | ${(perCpuSecond / bare).toFixed(2)} | ` +
        `${count(perSecond)} | ${latency.p50.toFixed(1)} / ${latency.p99.toFixed(1)} | ${latency.rssMiB.toFixed(0)} | ${rssMiB.toFixed(0)} |`,
    ),
  );
  const text = `# Benchmarks

Written by \`npm run bench -- --write\` on ${machine}. Sender, relay and tracker are three processes on this one machine,
so absolute numbers depend on it; the ratio to the bare decode loop, measured in the same minute, is what carries over.

Records are about 350 bytes. The relay runs its default configuration (all trail keys, joining, scrubbing, gzip) with storm
control off, so that every error is sent with its trail of up to 100 records. CPU seconds are those of the relay's process,
all threads included. Latency is from the sender's write of an error to the last byte of its envelope at the tracker, at
${count(pace)} records/s with 1 error in 100; p50 / p99. RSS is the highest of the run.

| input | errors | records per CPU second | bare loop | ratio | records/s | latency, ms | RSS at that pace, MiB | RSS at full speed, MiB |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${table.join("\n")}
${durable === undefined ? "" : durabilityText(durable)}${files === undefined ? "" : filesSection(files)}${wrapping === undefined ? "" : wrapSection(wrapping)}${textual.length === 0 ? "" : textSection(textual)}`;
  writeFileSync(fileURLToPath(new URL("../../../docs/benchmarks.md", import.meta.url)), text);
}

function durabilityText({ memory, disk, issuesPerSecond, barePerSecond }: Durability): string {
  const ratio = (a: number, b: number): string => (a / b).toFixed(2);
  return `
## The disk queue

With \`queue: { type: disk }\` an acknowledgement waits for the commit (fdatasync) that holds its issues.

| what | disk | beside it | ratio |
| --- | --- | --- | --- |
| forward with acks, 1 in 1000, records per CPU second | ${count(disk.perCpuSecond)} | ${count(memory.perCpuSecond)} (memory queue) | ${ratio(disk.perCpuSecond, memory.perCpuSecond)} |
| forward with acks, 1 in 1000, records/s | ${count(disk.perSecond)} | ${count(memory.perSecond)} (memory queue) | ${ratio(disk.perSecond, memory.perSecond)} |
| durable issues of 1 KB per second | ${count(issuesPerSecond)} | ${count(barePerSecond)} (bare write + fdatasync) | ${ratio(issuesPerSecond, barePerSecond)} |
`;
}

function count(number: number): string {
  return Math.round(number).toLocaleString("en").replaceAll(",", " ");
}

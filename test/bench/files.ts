import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Daemon } from "../support/daemon.ts";
import { cpuSeconds, peakRssMiB, privateMiB, Sink } from "./processes.ts";
import { fieldsAt, logObject, passOffsets, RECORDS_PER_BLOCK } from "./traffic.ts";

/** What following files costs. */
export interface FileRows {
  readonly lines: number;
  readonly perSecond: number;
  readonly perCpuSecond: number;
  /** Lines a second that `wc -l` counts in the same file, in the same minute. */
  readonly wcPerSecond: number;
  readonly lost: number;
  readonly rssMiB: number;
  /** Files followed for the other figure, with a line a second each, and the most memory that took. */
  readonly followed: number;
  readonly followedRssMiB: number;
  /** Memory that belonged to the process alone at the end of that; the rest of RSS is Node's own code. */
  readonly followedPrivateMiB: number;
}

type Followed = Pick<FileRows, "followed" | "followedRssMiB" | "followedPrivateMiB">;

const FOLLOWED = 1_000;

/** Follows a file of JSON lines, 1 in 1000 an error, and then a thousand files. */
export async function fileRows(smoke: boolean): Promise<FileRows> {
  const folder = mkdtempSync(join(tmpdir(), "crumbtrail-bench-"));
  try {
    return { ...(await oneFile(folder, smoke)), ...(await manyFiles(folder, smoke)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Prints the figures. */
export function reportFiles(rows: FileRows): void {
  const { lines, perSecond, perCpuSecond, wcPerSecond, lost, rssMiB, followed, followedRssMiB, followedPrivateMiB } = rows;
  const text = [
    "file",
    `  1 error in 1000  ${count(perCpuSecond)} lines/CPU s  ${count(perSecond)} lines/s  ${rssMiB.toFixed(0)} MiB  (${count(lines)} lines)${lost === 0 ? "" : `  ${lost} lost`}`,
    `  wc -l            ${count(wcPerSecond)} lines/s, ${(perSecond / wcPerSecond).toFixed(3)} of it`,
    `  ${count(followed)} files      ${followedPrivateMiB.toFixed(0)} MiB of its own, ${followedRssMiB.toFixed(0)} MiB RSS at most`,
  ];
  process.stdout.write(`${text.join("\n")}\n`);
}

/** For the published page. */
export function filesSection(rows: FileRows): string {
  return `
### Following files

A file of JSON lines, 1 in 1000 an error, ${count(rows.lines)} lines of about 330 bytes that are there at once; and ${count(rows.followed)} files
that grow by a line a second each. A million lines before them compile the code, and do not count.

| what | figure |
| --- | --- |
| lines per CPU second | ${count(rows.perCpuSecond)} |
| lines/s | ${count(rows.perSecond)} |
| \`wc -l\` of the same file, lines/s | ${count(rows.wcPerSecond)} |
| RSS, MiB | ${rows.rssMiB.toFixed(0)} |
| private memory with ${count(rows.followed)} files followed, MiB | ${rows.followedPrivateMiB.toFixed(0)} |
| RSS with ${count(rows.followed)} files followed, at most, MiB | ${rows.followedRssMiB.toFixed(0)} |
`;
}

function configFor(folder: string, dsn: string): string {
  return `inputs: { bench: { type: file, include: ["${folder}/*.log"] } }
policy: { storm: "off" }
data_dir: "${folder}/data"
upstreams: { default: { type: sentry, dsn: "${dsn}" } }`;
}

async function oneFile(folder: string, smoke: boolean): Promise<Omit<FileRows, keyof Followed>> {
  const logs = join(folder, "one");
  mkdirSync(logs);
  const [warmUp, lines] = smoke ? [10_000, 20_000] : [1_000_000, 2_000_000];
  const unseen = join(folder, "unseen");
  writeLines(unseen, lines);
  const sink = await Sink.start(false);
  const daemon = await Daemon.start({ config: configFor(logs, sink.dsn) });
  try {
    const pid = daemon.process.pid ?? 0;
    // The first lines compile the code; they do not count.
    writeLines(join(logs, "warm.log"), warmUp);
    await daemon.settled(warmUp, 120_000);
    execFileSync("wc", ["-l", unseen]);
    const wc = performance.now();
    execFileSync("wc", ["-l", unseen]);
    const wcSeconds = (performance.now() - wc) / 1_000;
    const [cpu, started] = [cpuSeconds(pid), performance.now()];
    renameSync(unseen, join(logs, "bench.log"));
    const { received } = await daemon.settled(warmUp + lines, 120_000);
    const seconds = (performance.now() - started) / 1_000;
    const spent = Math.max(cpuSeconds(pid) - cpu, 0.01);
    return {
      lines,
      perSecond: lines / seconds,
      perCpuSecond: lines / spent,
      wcPerSecond: lines / wcSeconds,
      lost: warmUp + lines - received,
      rssMiB: peakRssMiB(pid),
    };
  } finally {
    await daemon.stop("SIGKILL");
    sink.stop();
  }
}

async function manyFiles(folder: string, smoke: boolean): Promise<Followed> {
  const logs = join(folder, "many");
  mkdirSync(logs);
  const names = Array.from({ length: FOLLOWED }, (_, i) => join(logs, `${i}.log`));
  for (const name of names) writeFileSync(name, "");
  const sink = await Sink.start(false);
  const daemon = await Daemon.start({ config: configFor(logs, sink.dsn) });
  try {
    const rounds = smoke ? 1 : 10;
    for (let round = 0; round < rounds; round += 1) {
      for (const [i, name] of names.entries()) {
        appendFileSync(name, `${JSON.stringify(logObject(fieldsAt(round * FOLLOWED + i, 1_000)))}\n`);
        if (i % 100 === 99) await pause(100);
      }
    }
    await daemon.settled(rounds * FOLLOWED, 60_000);
    const pid = daemon.process.pid ?? 0;
    return { followed: FOLLOWED, followedRssMiB: peakRssMiB(pid), followedPrivateMiB: privateMiB(pid) };
  } finally {
    await daemon.stop("SIGKILL");
    sink.stop();
  }
}

/** So many lines, each with a request id of its own; whole blocks, so that there may be some more. */
export function writeLines(path: string, lines: number): void {
  const block = Buffer.from(
    Array.from({ length: RECORDS_PER_BLOCK }, (_, i) => `${JSON.stringify(logObject(fieldsAt(i, 1_000)))}\n`).join(""),
  );
  const offsets = passOffsets(block);
  const file = openSync(path, "w");
  for (let pass = 0; pass * RECORDS_PER_BLOCK < lines; pass += 1) {
    for (const offset of offsets) block.write(pass.toString(16).padStart(8, "0"), offset, "latin1");
    for (let done = 0; done < block.length;) done += writeSync(file, block, done);
  }
  closeSync(file);
}

function count(number: number): string {
  return Math.round(number).toLocaleString("en").replaceAll(",", " ");
}

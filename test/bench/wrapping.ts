import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { MAIN } from "../support/command.ts";
import { privateMiB } from "./processes.ts";

/** What wrapping a process costs. */
export interface WrapRows {
  /** From the call that starts it to the first thing that the process does; medians, milliseconds. */
  readonly bareMs: number;
  readonly wrappedMs: number;
  /** Runs of each. */
  readonly runs: number;
  /** Memory that belongs to the wrapper alone beside a process that prints nothing, and one that has printed a line, MiB. */
  readonly silentMiB: number;
  readonly printedMiB: number;
}

const RUNS = 15;
/** The wrapper has loaded what it loads by then. */
const SETTLED_MS = 4_000;
const RUN = [MAIN, "run", "--"];
/** Nobody is there: the tracker has no part in what is measured. */
const ENV = { ...process.env, SENTRY_DSN: "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1" };

/** Starts a process bare and wrapped by turns, and looks at the memory of two wrappers. */
export async function wrapRows(smoke: boolean): Promise<WrapRows> {
  const runs = smoke ? 3 : RUNS;
  const bare: number[] = [];
  const wrapped: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    bare.push(await startMs([]));
    wrapped.push(await startMs([process.execPath, ...RUN]));
  }
  const [silentMiB, printedMiB] = await Promise.all([memoryMiB("exec sleep 60"), memoryMiB("echo up; exec sleep 60")]);
  return { bareMs: median(bare), wrappedMs: median(wrapped), runs, silentMiB, printedMiB };
}

/** Prints the figures. */
export function reportWrap({ bareMs, wrappedMs, runs, silentMiB, printedMiB }: WrapRows): void {
  const text = [
    "wrap",
    `  start of a process  ${wrappedMs.toFixed(1)} ms wrapped, ${bareMs.toFixed(1)} ms bare, ${(wrappedMs - bareMs).toFixed(1)} ms later (medians of ${runs})`,
    `  private memory      ${silentMiB.toFixed(0)} MiB beside a silent process, ${printedMiB.toFixed(0)} MiB once it has printed`,
  ];
  process.stdout.write(`${text.join("\n")}\n`);
}

/** For the published page. */
export function wrapSection({ bareMs, wrappedMs, runs, silentMiB, printedMiB }: WrapRows): string {
  return `
### Wrapping a process

\`crumbtrail run -- CMD\` beside \`CMD\` by itself, started by turns, medians of ${runs}. Private memory is \`Private_Clean\` and
\`Private_Dirty\` of \`smaps_rollup\` beside another process of the same Node; alone on a machine the code of Node counts too,
of which a \`node\` that does nothing has 30 MiB.

| what | figure |
| --- | --- |
| start of the process, bare, ms | ${bareMs.toFixed(1)} |
| start of the process, wrapped, ms | ${wrappedMs.toFixed(1)} |
| delay, ms | ${(wrappedMs - bareMs).toFixed(1)} |
| private memory beside a process that prints nothing, MiB | ${silentMiB.toFixed(0)} |
| private memory once it has printed, MiB | ${printedMiB.toFixed(0)} |
`;
}

/** How long it takes until a process says what time it is. */
async function startMs(wrapper: readonly string[]): Promise<number> {
  const command = [...wrapper, "date", "+%s%N"];
  const started = performance.timeOrigin + performance.now();
  const child = spawn(command[0] ?? "", command.slice(1), { env: ENV, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await once(child, "close");
  return Number(said) / 1e6 - started;
}

async function memoryMiB(script: string): Promise<number> {
  const child = spawn(process.execPath, [...RUN, "sh", "-c", script], { env: ENV, stdio: "ignore" });
  await pause(SETTLED_MS);
  const mib = privateMiB(child.pid ?? 0);
  child.kill();
  await once(child, "close");
  return mib;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Daemon } from "../support/daemon.ts";
import type { Load } from "./sender.ts";
import type { SinkStats } from "./sink.ts";

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
/** Clock ticks per second of /proc; the same on every Linux that Node runs on. */
const TICKS = 100;

/** CPU seconds that a process and its threads have used. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** The most memory a process has held, MiB. */
export function peakRssMiB(pid: number): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(found?.[1] ?? 0) / 1_024;
}

/** What a process holds now, MiB. */
export function rssMiB(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(found?.[1] ?? 0) / 1_024;
}

/** Memory that belongs to a process alone, MiB. */
export function privateMiB(pid: number): number {
  const roll = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return [...roll.matchAll(/Private_\w+:\s+(\d+) kB/g)].reduce((sum, [, kib]) => sum + Number(kib), 0) / 1_024;
}

/** A benchmark that fails must not leave its sink behind. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill();
});

export class Sink {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    running.add(child);
    child.once("exit", () => running.delete(child));
  }

  static async start(latency: boolean): Promise<Sink> {
    const child = spawn(process.execPath, [here("./sink.js"), ...(latency ? ["--latency"] : [])], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    return new Sink(child, Number(line.toString()));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get dsn(): string {
    return `http://0123456789abcdef0123456789abcdef@127.0.0.1:${this.port}/1`;
  }

  async stats(): Promise<SinkStats> {
    return (await (await fetch(`http://127.0.0.1:${this.port}/stats`)).json()) as SinkStats;
  }

  stop(): void {
    this.#child.kill();
  }
}

/** Runs a sender to its end; for standard input its output becomes the daemon's. */
export async function send(load: Load, daemon: Daemon): Promise<void> {
  const toStdin = load.protocol === "stdin";
  const child = spawn(process.execPath, [here("./sender.js"), JSON.stringify(load)], {
    stdio: ["ignore", toStdin ? "pipe" : "ignore", "inherit"],
  });
  if (toStdin && daemon.process.stdin !== null) child.stdout?.pipe(daemon.process.stdin, { end: false });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`the sender for ${load.protocol} ended with ${code}`);
}

/** What a program of this folder prints as JSON, in a process of its own so that nothing else is in its way. */
export async function answerOf<T>(file: string, ...args: readonly string[]): Promise<T> {
  const child = spawn(process.execPath, [here(file), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
  return JSON.parse(said) as T;
}

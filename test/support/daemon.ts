import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/main.js", import.meta.url));

/** A test process that ends must not leave its daemons behind. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export interface DaemonOptions {
  /** The configuration as YAML, without `admin`. */
  readonly config: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Node to run it with; this one by default. */
  readonly node?: string;
  readonly nodeArguments?: readonly string[];
  /** A program and arguments to start it by, which must become Node with `exec`: nsenter, setpriv. */
  readonly by?: readonly string[];
  /** Called with the process before it is ready, so that a test may kill it while it starts. */
  readonly spawned?: (child: ChildProcess) => void;
}

interface Status {
  readonly inputs: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  readonly ledger: { readonly received: number; readonly settled: Readonly<Record<string, number>>; readonly in_flight: number };
}

/** The built daemon in a process of its own, as users run it: real sockets, an admin endpoint on a free port. */
export class Daemon {
  readonly process: ChildProcess;
  stdout = "";
  stderr = "";
  #admin = "";
  readonly #exit: Promise<number | null>;

  private constructor(child: ChildProcess, folder: string) {
    this.process = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.#exit = once(child, "close").then(([code]) => {
      rmSync(folder, { recursive: true, force: true });
      return code as number | null;
    });
  }

  /** Starts it and waits until it is ready. Rejects with what it printed when it ends before. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const folder = mkdtempSync(join(tmpdir(), "crumbtrail-"));
    const file = join(folder, "relay.yml");
    writeFileSync(file, `${options.config}\nadmin: { listen: "127.0.0.1:0" }\n`);
    const node = [options.node ?? process.execPath, ...(options.nodeArguments ?? [])];
    const [program, ...parts] = [...(options.by ?? []), ...node, MAIN, "run", "--config", file];
    const child = spawn(program, parts, {
      env: { PATH: process.env["PATH"] ?? "", ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    options.spawned?.(child);
    const daemon = new Daemon(child, folder);
    await daemon.#ready();
    return daemon;
  }

  /** The address that an input was given: "127.0.0.1" and its port. */
  async port(input: string, protocol?: string): Promise<number> {
    const { inputs } = await this.status();
    const addresses = inputs.find(({ name }) => name === input)?.addresses ?? [];
    const address = addresses.find((candidate) => protocol === undefined || candidate.startsWith(`${protocol}:`));
    if (address === undefined) throw new Error(`input ${input} listens nowhere`);
    return Number(address.slice(address.lastIndexOf(":") + 1));
  }

  async status(): Promise<Status> {
    return (await (await this.get("/status")).json()) as Status;
  }

  get(path: string): Promise<Response> {
    return fetch(`http://${this.#admin}${path}`);
  }

  /** Metrics by name with labels as Prometheus writes them: `crumbtrail_records_received_total{input="edge"}`. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await this.get("/metrics")).text();
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
  }

  /** Waits until so many records have come in and all of them have left; rejects when that takes too long. */
  async settled(records: number, timeoutMs = 20_000): Promise<Status["ledger"]> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { ledger } = await this.status();
      const settled = Object.values(ledger.settled).reduce((sum, count) => sum + count, 0);
      if (ledger.received >= records && settled === ledger.received && ledger.in_flight === 0) return ledger;
      if (Date.now() > deadline) throw new Error(`after ${timeoutMs} ms: ${JSON.stringify(ledger)}\n${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Stops it as an orchestrator does; resolves with the exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    return this.#exit;
  }

  /** Resolves with the exit code once it has ended by itself. */
  get exited(): Promise<number | null> {
    return this.#exit;
  }

  async #ready(): Promise<void> {
    const ended = this.#exit.then((code) => {
      throw new Error(`the daemon ended with ${code}\n${this.stderr}`);
    });
    const deadline = Date.now() + 30_000;
    const ready = async (): Promise<void> => {
      // Once it has ended nothing more is to be waited for, and `ended` says so.
      while (this.process.exitCode === null && this.process.signalCode === null) {
        if (Date.now() > deadline) throw new Error(`the daemon did not get ready (log.level must be info)\n${this.stderr}`);
        const found = /"address":"http:([^"]+)","msg":"admin endpoint"/.exec(this.stderr);
        if (found?.[1] !== undefined) {
          this.#admin = found[1];
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    ended.catch(() => {});
    await Promise.race([ready().then(() => (this.#admin === "" ? ended : undefined)), ended]);
  }
}

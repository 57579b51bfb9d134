import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Daemon, type DaemonOptions } from "../support/daemon.ts";

/** How often the books are looked at while a scenario runs. */
const LOOK_MS = 200;

export interface Queue {
  /** Default: a folder of the site's own. */
  readonly directory?: string;
  readonly maxBytes?: string;
  readonly whenFull?: "block" | "drop_oldest" | "drop_newest";
}

/** The section of a relay's configuration with its disk queue. */
export function diskQueue(directory: string, { maxBytes = "2GiB", whenFull = "block" }: Queue = {}): string {
  return `queue: { type: disk, directory: "${directory}", max_bytes: ${maxBytes}, when_full: ${whenFull} }`;
}

/**
 * A place where a relay runs again and again: its folder outlives it, and so do its ports when the configuration names
 * them. Whenever a relay runs there, its books are looked at: received = settled + in flight.
 */
export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), "crumbtrail-site-"));
  /** For the queue. Not there at first. */
  readonly directory = join(this.folder, "queue");
  /** What did not balance, and when. */
  readonly imbalances: string[] = [];
  looks = 0;
  config: string;
  options: Partial<DaemonOptions> = {};
  #daemon: Daemon | undefined;
  #watching: NodeJS.Timeout | undefined;

  constructor(config: (directory: string) => string) {
    this.config = config(this.directory);
  }

  /** The relay that runs. */
  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error("no relay runs here");
    return this.#daemon;
  }

  /** Starts a relay and waits until it is ready. Resolves with how long that took, milliseconds. */
  async start(options: Partial<DaemonOptions> = {}): Promise<number> {
    const before = performance.now();
    const daemon = await Daemon.start({ config: this.config, ...this.options, ...options });
    this.#daemon = daemon;
    const took = performance.now() - before;
    await this.#look(daemon);
    this.#watching = setInterval(() => void this.#look(daemon), LOOK_MS);
    return took;
  }

  /** Starts a relay and kills it after so long, ready or not. */
  async startAndKill(afterMs: number): Promise<void> {
    let dead: Promise<unknown> = Promise.resolve();
    const spawned = (child: ChildProcess): void => {
      setTimeout(() => child.kill("SIGKILL"), afterMs);
      dead = once(child, "close");
    };
    // It may be ready by then, or not.
    await this.start({ spawned }).catch(() => {});
    await dead;
    await this.kill();
  }

  /** `kill -9`. */
  kill(): Promise<number | null> {
    return this.stop("SIGKILL");
  }

  /** Resolves with the exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    clearInterval(this.#watching);
    const daemon = this.#daemon;
    this.#daemon = undefined;
    return daemon === undefined ? null : daemon.stop(signal);
  }

  /** Ends everything and removes the folder. */
  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The causes that `/readyz` names, each with its detail; empty when it says 200. */
  async causes(): Promise<readonly string[]> {
    const response = await this.daemon.get("/readyz");
    const { causes } = (await response.json()) as { readonly causes: readonly { cause: string; detail?: string }[] };
    if (response.status === 200) return [];
    return causes.map(({ cause, detail }) => (detail === undefined ? cause : `${cause}: ${detail}`));
  }

  async #look(daemon: Daemon): Promise<void> {
    try {
      const { ledger } = await daemon.status();
      const settled = Object.values(ledger.settled).reduce((sum, count) => sum + count, 0);
      this.looks += 1;
      if (ledger.received !== settled + ledger.in_flight) this.imbalances.push(JSON.stringify(ledger));
    } catch {
      // It was killed meanwhile.
    }
  }
}

/** Waits until something holds; rejects with what `what` says when it does not. */
export async function until(holds: () => Promise<boolean> | boolean, timeoutMs: number, what: () => string): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what()}`);
    await pause(25);
  }
}

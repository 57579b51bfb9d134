import { setTimeout as pause } from "node:timers/promises";
import type { DeliveryReport } from "./deliveries.ts";
import { freePort } from "./ports.ts";
import { Remote } from "./remote.ts";
import type { Fault, LimitReport } from "./tracker-faults.ts";

export interface TrackerCounts {
  /** Events taken, and how many different numbers of issues they had. */
  readonly events: number;
  readonly numbers: number;
  /** Different numbers in log containers. */
  readonly logs: number;
  /** Requests, those included that were refused or cut off. */
  readonly requests: number;
}

/** The tracker in miniature in a process of its own, which can be taken down and brought back on its port. */
export class Tracker {
  readonly port: number;
  readonly #remote = new Remote("./tracker-main.js");

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<Tracker> {
    const tracker = new Tracker(await freePort());
    await tracker.open();
    return tracker;
  }

  get dsn(): string {
    return `http://0123456789abcdef0123456789abcdef@127.0.0.1:${this.port}/42`;
  }

  open(): Promise<void> {
    return this.#remote.ask("open", this.port);
  }

  /** Nothing listens on the port from now on; what was delivered is remembered. */
  close(): Promise<void> {
    return this.#remote.ask("close");
  }

  suffer(fault: Fault): Promise<void> {
    return this.#remote.ask("suffer", fault);
  }

  counts(): Promise<TrackerCounts> {
    return this.#remote.ask("counts");
  }

  /** What the last trouble with limits showed. */
  limits(): Promise<LimitReport> {
    return this.#remote.ask("limits");
  }

  report(): Promise<DeliveryReport> {
    return this.#remote.ask("report");
  }

  /** The longest that the machine kept this process waiting for a timer since `forgetStalls`, milliseconds. */
  stallMs(): Promise<number> {
    return this.#remote.ask("stallMs");
  }

  forgetStalls(): Promise<void> {
    return this.#remote.ask("forgetStalls");
  }

  /** Waits until issues with so many different numbers have come; when they do not, the books will tell. */
  async waitFor(wanted: number, timeoutMs: number, of: "numbers" | "logs" = "numbers"): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while ((await this.counts())[of] < wanted && performance.now() < deadline) await pause(50);
  }

  end(): void {
    this.#remote.end();
  }
}

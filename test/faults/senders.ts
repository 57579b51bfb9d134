import type { FlowPlan, FlowReport } from "./flow.ts";
import { Remote } from "./remote.ts";

/** Senders in a process of their own, by name. Numbers of issues are unique over all of them. */
export class Senders {
  readonly #remote = new Remote("./senders-main.js");

  async start(name: string, plan: Pick<FlowPlan, "kind" | "port" | "perSecond"> & Partial<FlowPlan>): Promise<void> {
    const whole: FlowPlan = { connections: 1, perBatch: 10, window: 16, every: 1, lane: "default", ...plan };
    await this.#remote.ask("start", { name, plan: whole });
  }

  /** So far. */
  report(name: string): Promise<FlowReport> {
    return this.#remote.ask("report", name);
  }

  /** Stops making records and waits for the answers to those that were sent; rejects when some do not come in time. */
  finish(name: string, timeoutMs = 60_000): Promise<FlowReport> {
    return this.#remote.ask("finish", { name, timeoutMs });
  }

  end(): void {
    this.#remote.end();
  }
}

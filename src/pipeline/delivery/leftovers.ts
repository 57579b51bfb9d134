import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Queue } from "../../component/queue.ts";
import type { DataCategory } from "../../record/parcel.ts";
import type { Departures } from "./departures.ts";
import { Discards } from "./discards.ts";
import { Expiry } from "./expiry.ts";

const MAX_AGE_MS = 24 * 3_600_000;
const LOOK_EVERY_MS = 10_000;
const CATEGORIES: readonly DataCategory[] = ["error", "log_item"];

export interface LeftoversHost extends Departures {
  readonly clock: Clock;
  readonly log: Logger;
  readonly queue: Queue;
}

/**
 * Parcels that an earlier process left in the queue for an upstream that the configuration no longer has. They wait for a
 * later configuration that has it again, and expire like others when none comes.
 */
export class Leftovers {
  readonly #upstream: string;
  readonly #host: LeftoversHost;
  readonly #expiry: Expiry;
  #timer: NodeJS.Timeout | undefined;

  constructor(upstream: string, host: LeftoversHost) {
    this.#upstream = upstream;
    this.#host = host;
    const cause = `upstream "${upstream}" is not in the configuration`;
    this.#expiry = new Expiry({
      upstream,
      maxAgeMs: MAX_AGE_MS,
      queue: host.queue,
      clock: host.clock,
      // There is no tracker that could be told.
      departures: { bury: host.bury, settled: (parcels, outcome) => host.settled(parcels, outcome), discards: new Discards() },
      verdict: () => ({ outcome: "expired", cause }),
      expired: (count) => host.log.warn({ upstream }, `gave up ${parcels(count)} that had waited for a day: ${cause}`),
    });
  }

  start(): void {
    const { queue, log } = this.#host;
    const count = CATEGORIES.reduce((sum, category) => sum + (queue.peek(this.#upstream, category)?.count ?? 0), 0);
    log.warn(
      { upstream: this.#upstream, parcels: count },
      `the queue holds ${parcels(count)} for upstream "${this.#upstream}", which is not in the configuration; ` +
        "add it again to have them delivered, or they are given up a day after they were made",
    );
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Resolves when what is being given up has left. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#expiry.stop();
  }

  #look(): void {
    for (const category of CATEGORIES) this.#expiry.run(category);
  }
}

function parcels(count: number): string {
  return count === 1 ? "1 event or log" : `${count} events and logs`;
}

import type { Logger } from "../../base/log.ts";
import type { Holds, Recovery } from "./holds.ts";
import type { Item, Traits } from "./traits.ts";

/** A tracker that fails now and then is told of once in this time. */
const TELL_EVERY_MS = 60_000;

export interface AccountOptions {
  /** `Upstream.account`; undefined: nobody shares it. */
  readonly name: string | undefined;
  readonly holds: Holds;
  readonly traits: Traits;
  readonly log: Logger;
}

/** What all upstreams with one key at one tracker share: why they must wait, and what was learnt about it. */
export class Account {
  readonly holds: Holds;
  /** Requests under way that ask whether the tracker is back. */
  probes = 0;
  readonly #options: AccountOptions;
  readonly #listeners: (() => void)[] = [];
  #toldAt = -Infinity;
  #told = false;

  constructor(options: AccountOptions) {
    this.#options = options;
    this.holds = options.holds;
  }

  lacks(item: Item): boolean {
    return this.#options.traits.lacks(this.#options.name, item);
  }

  learn(item: Item): void {
    this.#options.traits.learn(this.#options.name, item);
  }

  /** Calls back when what was not allowed may be allowed now. */
  watch(listener: () => void): void {
    this.#listeners.push(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Warns of trouble when it begins, and of its end when it was warned of. */
  tellTrouble(upstream: string, cause: string, tickMs: number): void {
    if (this.#told || tickMs - this.#toldAt < TELL_EVERY_MS) return;
    this.#told = true;
    this.#toldAt = tickMs;
    this.#options.log.warn({ upstream }, `cannot deliver, will keep trying: ${cause}`);
  }

  tellRecovery(upstream: string, recovery: Recovery): void {
    if (recovery === "accepted") this.#options.log.info({ upstream }, "the DSN is accepted again");
    else if (this.#told) this.#options.log.info({ upstream }, "upstream takes events again");
    this.#told = false;
  }
}

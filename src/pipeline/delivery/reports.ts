import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Delivery, DiscardedEvents } from "../../component/delivery.ts";
import type { Account } from "./account.ts";
import type { Discards } from "./discards.ts";
import type { Requests } from "./requests.ts";

export interface ReportsOptions {
  readonly upstream: string;
  /** How often at most; undefined: never. */
  readonly everyMs: number | undefined;
  readonly account: Account;
  readonly requests: Requests;
  readonly discards: Discards;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Client reports: tells the tracker of one upstream what was dropped on purpose. */
export class Reports {
  readonly #options: ReportsOptions;
  #nextAt: number;

  constructor(options: ReportsOptions) {
    this.#options = options;
    this.#nextAt = options.clock.tickMs() + (options.everyMs ?? Infinity);
  }

  /** Sends a report when it is time and there is something to tell; returns how long until the next may be due. */
  run(now: number): number {
    const { upstream, everyMs, account, requests, discards } = this.#options;
    if (everyMs === undefined) return Infinity;
    if (now < this.#nextAt) return this.#nextAt - now;
    if (!discards.has(upstream) || account.lacks("client_report")) return Infinity;
    if (requests.waitMs("all", now) > 0 || !requests.admit()) return Infinity;
    this.#nextAt = now + everyMs;
    const discarded = discards.take(upstream);
    requests.start({ kind: "client_report", discarded }, (delivery) => this.#sent(discarded, delivery));
    return everyMs;
  }

  /** As {@link run}, without waiting for the time. */
  last(now: number): void {
    if (this.#options.everyMs === undefined) return;
    this.#nextAt = now;
    this.run(now);
  }

  #sent(discarded: readonly DiscardedEvents[], delivery: Delivery): void {
    const { upstream, account, discards, log } = this.#options;
    if (delivery.kind === "delivered") return;
    if (delivery.kind !== "rejected") {
      discards.restore(upstream, discarded);
      return;
    }
    // Trackers word it in many ways; that the address and the key are right, events show.
    if (delivery.status !== 400) log.debug({ upstream }, `the upstream refused a client report: ${delivery.cause}`);
    else {
      account.learn("client_report");
      log.info({ upstream }, `the upstream takes no client reports, so it is sent none for a week: ${delivery.cause}`);
    }
  }
}

import PQueue from "p-queue";
import type { Clock } from "../../base/clock.ts";
import type { Complaint } from "../../base/complaints.ts";
import { RateWindow } from "../../base/rate-window.ts";
import type { Delivery, Shipment, Upstream } from "../../component/delivery.ts";
import type { DataCategory } from "../../record/parcel.ts";
import type { Account } from "./account.ts";
import { Concurrency } from "./concurrency.ts";
import type { Recovery } from "./holds.ts";

export interface RequestsHost {
  readonly clock: Clock;
  /** Warns once per cause a minute. */
  complain(upstream: string, complaint: Complaint): void;
  /** One request has been answered, or not, after so many seconds. */
  attempted(upstream: string, result: Delivery["kind"], seconds: number): void;
}

/** The requests to one upstream: when the next may start, what is under way, and what its answers say of the tracker. */
export class Requests {
  readonly concurrency: Concurrency;
  readonly #name: string;
  readonly #upstream: Upstream;
  readonly #account: Account;
  readonly #host: RequestsHost;
  readonly #rate: RateWindow | undefined;
  readonly #running: PQueue;
  readonly #abort = new AbortController();

  constructor(name: string, upstream: Upstream, account: Account, host: RequestsHost) {
    const { pace } = upstream;
    this.#name = name;
    this.#upstream = upstream;
    this.#account = account;
    this.#host = host;
    this.concurrency = new Concurrency(pace.concurrency);
    this.#rate = pace.rateLimit === undefined ? undefined : new RateWindow(pace.rateLimit);
    this.#running = new PQueue({ concurrency: pace.concurrency });
  }

  get underWay(): number {
    return this.#running.pending;
  }

  /** Milliseconds until a request may start, as far as holds and limits go; 0: now. */
  waitMs(category: DataCategory | "all", now: number): number {
    return Math.max(this.#account.holds.waitMs(category, now), this.paceMs(now));
  }

  /** How long our own `rate_limit` makes the next one wait. */
  paceMs(now: number): number {
    return this.#rate?.waitMs(now) ?? 0;
  }

  /** Whether one more may be under way. One that was held back here can go when another ends. */
  admit(): boolean {
    const { holds, probes } = this.#account;
    if (holds.probing) return probes === 0 && this.underWay < this.#upstream.pace.concurrency;
    if (this.underWay < this.concurrency.limit) return true;
    this.concurrency.heldBack();
    return false;
  }

  /** Starts a request; `then` is part of it: the place is free when that is done. */
  start(shipment: Shipment, then: (delivery: Delivery) => void | Promise<void>): void {
    const token = this.#rate?.spend(this.#host.clock.tickMs());
    const probe = this.#account.holds.probing;
    if (probe) this.#account.probes += 1;
    void this.#running.add(async () => {
      const delivery = await this.#attempt(shipment, token);
      // Whoever waits for a probe asks again in the next turn, when this request is off the count.
      if (probe) {
        this.#account.probes -= 1;
        this.#account.changed();
      }
      await then(delivery);
    });
  }

  /** Ends what is under way: it comes back as a retry. */
  abort(): void {
    this.#abort.abort();
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    return this.#running.onIdle();
  }

  async #attempt(shipment: Shipment, token: number | undefined): Promise<Delivery> {
    const { clock } = this.#host;
    const startedMs = clock.tickMs();
    const delivery = await this.#upstream.deliver(shipment, this.#abort.signal);
    const now = clock.tickMs();
    // Only by now has the request certainly arrived, and it is at the tracker that the rate must hold.
    if (token !== undefined) this.#rate?.arrived(token, now);
    this.#host.attempted(this.#name, delivery.kind, (now - startedMs) / 1_000);
    // What was cut off at the deadline says nothing about the upstream.
    if (delivery.kind !== "retry" || !this.#abort.signal.aborted) this.#hear(delivery, startedMs, now);
    return delivery;
  }

  #hear(delivery: Delivery, startedMs: number, now: number): void {
    const { holds } = this.#account;
    switch (delivery.kind) {
      case "delivered":
      case "rejected":
        this.concurrency.ended(delivery.kind === "delivered" ? "taken" : "refused", startedMs, now);
        holds.limit(delivery.limits, now);
        this.#recovered(holds.succeeded(startedMs, now));
        break;
      case "limited":
        // The tracker was there to say so, and its limits are no congestion.
        this.#recovered(holds.limited(delivery.limits, startedMs, now));
        break;
      case "retry":
        this.concurrency.ended("failed", startedMs, now);
        holds.limit(delivery.limits, now);
        holds.failed({ cause: delivery.cause, afterMs: delivery.afterMs, startedMs }, now);
        if (holds.probing) this.#account.tellTrouble(this.#name, delivery.cause, now);
        break;
      case "refused_dsn":
        holds.dsnRefused(delivery.cause, now);
        this.#host.complain(this.#name, {
          cause: "dsn_refused",
          peer: "",
          message: `${delivery.cause}; check the DSN of upstream "${this.#name}" (what is for it waits, and it is asked again in a minute)`,
        });
        break;
    }
  }

  #recovered(recovery: Recovery | undefined): void {
    if (recovery === undefined) return;
    this.#account.tellRecovery(this.#name, recovery);
    this.#account.changed();
  }
}

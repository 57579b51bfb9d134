import type { Clock } from "../../base/clock.ts";
import type { Complaint } from "../../base/complaints.ts";
import type { Logger } from "../../base/log.ts";
import type { Delivery } from "../../component/delivery.ts";
import type { Lease } from "../../component/queue.ts";
import type { Account } from "./account.ts";
import { cargoOf, type Aside, type Cargo } from "./aside.ts";
import { depart, giveUp, type Departures } from "./departures.ts";
import { refusalText } from "./refusal.ts";

export interface ShippingHost extends Departures {
  readonly clock: Clock;
  readonly log: Logger;
  /** Warns once per cause a minute. */
  complain(upstream: string, complaint: Complaint): void;
}

/** What becomes of the parcels of one upstream once the tracker has answered. */
export class Shipping {
  readonly #upstream: string;
  readonly #account: Account;
  readonly #aside: Aside;
  readonly #host: ShippingHost;
  #toldOfLogs = false;

  constructor(upstream: string, account: Account, aside: Aside, host: ShippingHost) {
    this.#upstream = upstream;
    this.#account = account;
    this.#aside = aside;
    this.#host = host;
  }

  /** A promise only where something is buried. */
  answered(cargo: Cargo, delivery: Delivery): Promise<void> | undefined {
    switch (delivery.kind) {
      case "delivered":
        depart(cargo.lease, "delivered", this.#host);
        return undefined;
      case "retry":
        this.#setAside(cargo);
        return undefined;
      case "limited":
      case "refused_dsn":
        cargo.lease.release();
        return undefined;
      case "rejected":
        return this.#refused(cargo, delivery);
    }
  }

  /**
   * Lets logs go that the tracker is too old to know. They are neither kept nor reported: it would not know them in a
   * report either, and there is one thing to do about all of them.
   */
  dropLogs(lease: Lease, cause: string): void {
    depart(lease, "rejected", this.#host);
    if (this.#toldOfLogs) return;
    this.#toldOfLogs = true;
    this.#host.log.warn(
      { upstream: this.#upstream },
      `the tracker of upstream "${this.#upstream}" takes no logs, so they are dropped as rejected (${cause}); ` +
        `upgrade it, or set policy.log to "off"; it is asked again after a week`,
    );
  }

  /** It waits by itself, for longer each time that others got through meanwhile. */
  #setAside(cargo: Cargo): void {
    const { holds } = this.#account;
    const now = this.#host.clock.tickMs();
    const strikes = holds.succeededAt >= cargo.failedAt ? cargo.strikes + 1 : cargo.strikes;
    this.#aside.add({ ...cargo, strikes, failedAt: now }, now + holds.delayMs(strikes));
  }

  #refused({ lease, category }: Cargo, refusal: Extract<Delivery, { kind: "rejected" }>): Promise<void> | undefined {
    const { status, cause } = refusal;
    const { parcels } = lease;
    if (category === "log_item" && refusal.unknownItem) {
      this.#account.learn("log");
      this.dropLogs(lease, cause);
      return undefined;
    }
    if (status === 413 && parcels.length > 1) {
      const now = this.#host.clock.tickMs();
      for (const half of lease.split(Math.ceil(parcels.length / 2))) this.#aside.add(cargoOf(half, category), now);
      return undefined;
    }
    const message = refusalText({ upstream: this.#upstream, parcels, cause, status, kept: this.#host.bury !== undefined });
    this.#host.complain(this.#upstream, { cause: "rejected", peer: "", message });
    return giveUp(lease, { upstream: this.#upstream, outcome: "rejected", cause, status }, this.#host);
  }
}

import type { DiscardedEvents } from "../../component/delivery.ts";
import type { Outcome } from "../../record/outcome.ts";
import type { DataCategory, ParcelFacts } from "../../record/parcel.ts";
import { discardReason } from "../../sentry/client-report.ts";

/** Counts what was dropped on purpose, per upstream, until a client report carries it away. */
export class Discards {
  readonly #counts = new Map<string, Map<string, number>>();

  add(upstream: string, outcome: Outcome, category: DataCategory | "log_byte", quantity: number): void {
    const reason = discardReason(outcome);
    if (reason === undefined || quantity === 0) return;
    let counts = this.#counts.get(upstream);
    if (counts === undefined) this.#counts.set(upstream, (counts = new Map()));
    const key = `${reason} ${category}`;
    counts.set(key, (counts.get(key) ?? 0) + quantity);
  }

  addParcels(parcels: readonly ParcelFacts[], outcome: Outcome): void {
    for (const parcel of parcels) {
      this.add(parcel.upstream, outcome, parcel.category, 1);
      if (parcel.category === "log_item") this.add(parcel.upstream, outcome, "log_byte", parcel.bytes);
    }
  }

  /** Reads and resets; what a failed report carried comes back through {@link restore}. */
  take(upstream: string): readonly DiscardedEvents[] {
    const counts = this.#counts.get(upstream);
    if (counts === undefined) return [];
    this.#counts.delete(upstream);
    return [...counts].map(([key, quantity]) => {
      const [reason = "", category = ""] = key.split(" ");
      return { reason, category, quantity };
    });
  }

  restore(upstream: string, discarded: readonly DiscardedEvents[]): void {
    let counts = this.#counts.get(upstream);
    if (counts === undefined) this.#counts.set(upstream, (counts = new Map()));
    for (const { reason, category, quantity } of discarded) {
      const key = `${reason} ${category}`;
      counts.set(key, (counts.get(key) ?? 0) + quantity);
    }
  }

  has(upstream: string): boolean {
    return this.#counts.has(upstream);
  }
}

import type { Lease } from "../../component/queue.ts";
import type { DataCategory } from "../../record/parcel.ts";

/** More that failed go back to the queue, which gives them out again as the oldest. */
const MAX_SET_ASIDE = 64;

/** What goes into one request: parcels on loan, and how often they failed while others got through. */
export interface Cargo {
  readonly lease: Lease;
  readonly category: DataCategory;
  readonly strikes: number;
  /** Monotonic time of its last failure; -Infinity: none. */
  readonly failedAt: number;
}

/** A lease that has not been tried. */
export function cargoOf(lease: Lease, category: DataCategory): Cargo {
  return { lease, category, strikes: 0, failedAt: -Infinity };
}

interface Waiting {
  readonly cargo: Cargo;
  readonly dueMs: number;
}

/**
 * Parcels on loan that have to wait by themselves: those whose request failed, so that one which never gets through does
 * not stand before all others, and the halves of what was too large. Times are monotonic milliseconds.
 */
export class Aside {
  #waiting: Waiting[] = [];
  #failed = 0;

  get size(): number {
    return this.#waiting.length;
  }

  /** Whether so many failed ones wait that the next probe should be one of them. */
  get full(): boolean {
    return this.#failed >= MAX_SET_ASIDE;
  }

  add(cargo: Cargo, dueMs: number): void {
    if (cargo.strikes > 0 && this.full) {
      cargo.lease.release();
      return;
    }
    if (cargo.strikes > 0) this.#failed += 1;
    this.#waiting.push({ cargo, dueMs });
  }

  /** Takes the one whose time comes first. */
  take(category: DataCategory): Cargo | undefined {
    const next = this.#next(category);
    if (next === undefined) return undefined;
    this.#remove((waiting) => waiting === next);
    return next.cargo;
  }

  /** When the next one's time comes; undefined: none waits. */
  dueMs(category: DataCategory): number | undefined {
    return this.#next(category)?.dueMs;
  }

  /** Gives those back whose oldest parcel was born before a moment, Unix milliseconds. */
  releaseOlder(bornBeforeMs: number): void {
    const old = ({ cargo }: Waiting): boolean => (cargo.lease.parcels[0]?.bornMs ?? Infinity) < bornBeforeMs;
    for (const { cargo } of this.#remove(old)) cargo.lease.release();
  }

  releaseAll(): void {
    this.releaseOlder(Infinity);
  }

  #next(category: DataCategory): Waiting | undefined {
    let next: Waiting | undefined;
    for (const waiting of this.#waiting) {
      if (waiting.cargo.category === category && waiting.dueMs < (next?.dueMs ?? Infinity)) next = waiting;
    }
    return next;
  }

  #remove(matches: (waiting: Waiting) => boolean): readonly Waiting[] {
    if (this.#waiting.length === 0) return [];
    const gone = this.#waiting.filter(matches);
    if (gone.length === 0) return gone;
    this.#waiting = this.#waiting.filter((waiting) => !matches(waiting));
    this.#failed -= gone.filter(({ cargo }) => cargo.strikes > 0).length;
    return gone;
  }
}

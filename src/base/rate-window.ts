import type { Rate } from "./units.ts";

/** Above so many per window, tokens are handled in groups: the promise stays exact, only pacing gets coarser. */
const MAX_SLOTS = 1_000;

/**
 * A bucket of `count` tokens in which each token comes back exactly one window after it was spent: never more than
 * `count` in any window, wherever the window begins. (A bucket that refills steadily lets through twice as much in its
 * first window.)
 */
export class RateWindow {
  readonly #perMs: number;
  readonly #perSlot: number;
  /** When each slot was spent, as a ring; -Infinity: never. */
  readonly #spentAt: Float64Array;
  #next = 0;
  #leftInSlot = 0;

  constructor(rate: Rate) {
    this.#perMs = rate.perMs;
    this.#perSlot = Math.ceil(rate.count / MAX_SLOTS);
    this.#spentAt = new Float64Array(Math.floor(rate.count / this.#perSlot)).fill(-Infinity);
  }

  /** Milliseconds until a token is free; 0: now. */
  waitMs(tickMs: number): number {
    if (this.#leftInSlot > 0 && tickMs < this.#slotStart() + this.#perMs) return 0;
    return Math.max(0, (this.#spentAt[this.#next] ?? 0) + this.#perMs - tickMs);
  }

  /** Spends a token; false when none is free. */
  take(tickMs: number): boolean {
    if (this.waitMs(tickMs) > 0) return false;
    if (this.#leftInSlot > 0 && tickMs < this.#slotStart() + this.#perMs) {
      this.#leftInSlot -= 1;
      // A group counts from its last token, so that none of it comes back early.
      this.#spentAt[this.#previous()] = tickMs;
      return true;
    }
    this.#spentAt[this.#next] = tickMs;
    this.#next = (this.#next + 1) % this.#spentAt.length;
    this.#leftInSlot = this.#perSlot - 1;
    return true;
  }

  /** As {@link take}, for a token that {@link waitMs} has found free. Returns what {@link arrived} wants to know. */
  spend(tickMs: number): number {
    this.take(tickMs);
    return this.#previous();
  }

  /** What a token was spent on was over only now: its window begins here, so that the promise holds at the other end too. */
  arrived(token: number, tickMs: number): void {
    this.#spentAt[token] = Math.max(this.#spentAt[token] ?? 0, tickMs);
  }

  #previous(): number {
    return (this.#next + this.#spentAt.length - 1) % this.#spentAt.length;
  }

  #slotStart(): number {
    return this.#spentAt[this.#previous()] ?? 0;
  }
}

import type { LimitCategory, Pace, RateLimits } from "../component/delivery.ts";
import type { Outcome } from "../record/outcome.ts";
import type { DataCategory } from "../record/parcel.ts";

/** After a 401 or 403 the DSN is asked again this often. */
const REFUSED_DSN_MS = 60_000;

/** Why an upstream is not sent to, for `/readyz`, `/status` and the log. */
export interface HoldStatus {
  readonly failures: number;
  /** Text of the last failure since the last success. */
  readonly cause: string | undefined;
  readonly dsnRefused: boolean;
  /** Monotonic time of the first failure since the last success. */
  readonly failingSince: number | undefined;
  /** Milliseconds left per category. */
  readonly limits: ReadonlyMap<LimitCategory, number>;
}

/** When one upstream may be sent to again. Times are monotonic milliseconds; pure but for its own state. */
export class Holds {
  readonly #backoff: Pace["backoff"];
  readonly #random: () => number;
  readonly #limitedUntil = new Map<LimitCategory, number>();
  #failures = 0;
  #cause: string | undefined;
  #failingSince: number | undefined;
  #heldUntil = 0;
  #refused = false;

  constructor(backoff: Pace["backoff"], random: () => number) {
    this.#backoff = backoff;
    this.#random = random;
  }

  /** Milliseconds until this category may be sent; 0: now. */
  waitMs(category: DataCategory | "all", tickMs: number): number {
    const limit = Math.max(this.#limitedUntil.get("all") ?? 0, category === "all" ? 0 : (this.#limitedUntil.get(category) ?? 0));
    return Math.max(0, this.#heldUntil - tickMs, limit - tickMs);
  }

  /** While the last answer was a failure, one request at a time asks whether the upstream is back. */
  get probing(): boolean {
    return this.#failures > 0;
  }

  limit(limits: RateLimits, tickMs: number): void {
    for (const [category, forMs] of limits) {
      this.#limitedUntil.set(category, Math.max(this.#limitedUntil.get(category) ?? 0, tickMs + forMs));
    }
  }

  succeeded(): void {
    this.#failures = 0;
    this.#heldUntil = 0;
    this.#refused = false;
    this.#cause = undefined;
    this.#failingSince = undefined;
  }

  /** Network trouble or 5xx. Requests that failed together count as one failure. */
  failed(cause: string, afterMs: number | undefined, tickMs: number): void {
    this.#cause = cause;
    this.#failingSince ??= tickMs;
    if (tickMs < this.#heldUntil && afterMs === undefined) return;
    const ceiling = Math.min(this.#backoff.maxMs, this.#backoff.firstMs * 2 ** this.#failures);
    this.#failures += 1;
    // Full jitter: many relays that lost the same tracker must not come back in step.
    this.#heldUntil = Math.max(this.#heldUntil, tickMs + (afterMs ?? this.#random() * ceiling));
  }

  dsnRefused(cause: string, tickMs: number): void {
    this.#refused = true;
    this.#cause = cause;
    this.#failingSince ??= tickMs;
    this.#failures += 1;
    this.#heldUntil = tickMs + REFUSED_DSN_MS;
  }

  /** The door for parcels that grew too old while held. `paceMs`: how long our own `rate_limit` makes the next one wait. */
  expiryOutcome(category: DataCategory, tickMs: number, paceMs: number): Outcome {
    if (this.#refused) return "rejected";
    if (this.#failures > 0) return "network_error";
    const limited = Math.max(this.#limitedUntil.get("all") ?? 0, this.#limitedUntil.get(category) ?? 0);
    return limited > tickMs || paceMs > 0 ? "rate_limited" : "expired";
  }

  status(tickMs: number): HoldStatus {
    const limits = new Map<LimitCategory, number>();
    for (const [category, until] of this.#limitedUntil) if (until > tickMs) limits.set(category, Math.ceil(until - tickMs));
    return {
      failures: this.#failures,
      cause: this.#cause,
      dsnRefused: this.#refused,
      failingSince: this.#failingSince,
      limits,
    };
  }
}

import type { LimitCategory, Pace, RateLimits } from "../../component/delivery.ts";
import type { Outcome } from "../../record/outcome.ts";
import type { DataCategory } from "../../record/parcel.ts";

/** After a 401 or 403 the DSN is asked again this often. */
const REFUSED_DSN_MS = 60_000;
/** So many failures in a row may be of single parcels, or of one backend of several; from then on everything waits. */
const DOUBTFUL = 3;

/** Why an upstream is not sent to, for `/readyz`, `/status` and the log. */
export interface HoldStatus {
  readonly failures: number;
  /** Text of the last failure since the last success. */
  readonly cause: string | undefined;
  readonly dsnRefused: boolean;
  /** Monotonic time since when nothing has got through: when the first request that failed since the last success began. */
  readonly failingSince: number | undefined;
  /** Milliseconds left per category. */
  readonly limits: ReadonlyMap<LimitCategory, number>;
}

/** A request that came to nothing. */
export interface Failure {
  readonly cause: string;
  /** How long the tracker asked to be left alone (`Retry-After`); undefined: it did not say. */
  readonly afterMs: number | undefined;
  /** Monotonic time when the request began. */
  readonly startedMs: number;
}

/** What a success ended: `reached`: failures; `accepted`: the refusal of the DSN. */
export type Recovery = "reached" | "accepted";

/** When one account may be sent to again. Times are monotonic milliseconds; pure but for its own state. */
export class Holds {
  readonly #backoff: Pace["backoff"];
  readonly #random: () => number;
  readonly #limitedUntil = new Map<LimitCategory, number>();
  #failures = 0;
  #cause: string | undefined;
  #failingSince: number | undefined;
  #failedAt = -Infinity;
  #succeededAt = -Infinity;
  #backoffUntil = 0;
  #retryUntil = 0;
  #askedUntil = 0;
  #refusedAt: number | undefined;

  constructor(backoff: Pace["backoff"], random: () => number) {
    this.#backoff = backoff;
    this.#random = random;
  }

  /** Milliseconds until this category may be sent; 0: now. */
  waitMs(category: DataCategory | "all", tickMs: number): number {
    const limit = Math.max(this.#limitedUntil.get("all") ?? 0, category === "all" ? 0 : (this.#limitedUntil.get(category) ?? 0));
    return Math.max(0, this.#backoffUntil - tickMs, this.#askedUntil - tickMs, limit - tickMs);
  }

  /** Milliseconds until what has failed before may be tried again; 0: now. */
  retryWaitMs(tickMs: number): number {
    return Math.max(0, this.#retryUntil - tickMs);
  }

  /** While the last answer was a failure, one request at a time asks whether the tracker is back. */
  get probing(): boolean {
    return this.#failures > 0;
  }

  /** Monotonic time of the last success. */
  get succeededAt(): number {
    return this.#succeededAt;
  }

  limit(limits: RateLimits, tickMs: number): void {
    for (const [category, forMs] of limits) {
      this.#limitedUntil.set(category, Math.max(this.#limitedUntil.get(category) ?? 0, tickMs + forMs));
    }
  }

  /**
   * Ends the backoff, even when the request began before the failure: one that gets through shows that others may. What
   * `Retry-After` asked for stays. A request that began before the DSN was refused says nothing about it now.
   */
  succeeded(startedMs: number, tickMs: number): Recovery | undefined {
    if (this.#refusedAt !== undefined && startedMs < this.#refusedAt) return undefined;
    const ended = this.#refusedAt !== undefined ? "accepted" : this.#failures > 0 ? "reached" : undefined;
    this.#succeededAt = tickMs;
    this.#failures = 0;
    this.#backoffUntil = 0;
    this.#retryUntil = 0;
    this.#refusedAt = undefined;
    this.#cause = undefined;
    this.#failingSince = undefined;
    return ended;
  }

  /** A 429: the tracker is there, but whether it takes the DSN is not known. */
  limited(limits: RateLimits, startedMs: number, tickMs: number): Recovery | undefined {
    this.limit(limits, tickMs);
    return this.#refusedAt === undefined ? this.succeeded(startedMs, tickMs) : undefined;
  }

  /**
   * Network trouble or 5xx. Requests that were under way together count as one failure. The parcel that failed waits from
   * the first one on; whether it was only that parcel, the next ones ask at once. When they fail too, everything waits.
   */
  failed({ cause, afterMs, startedMs }: Failure, tickMs: number): void {
    if (afterMs !== undefined) this.#askedUntil = Math.max(this.#askedUntil, tickMs + afterMs);
    if (startedMs < this.#failedAt) return;
    this.#failedAt = tickMs;
    this.#cause = cause;
    // From its beginning: an upstream that hangs has taken nothing all the while.
    this.#failingSince ??= Math.max(startedMs, this.#succeededAt);
    this.#failures += 1;
    this.#retryUntil = tickMs + this.delayMs(this.#failures);
    const beyondDoubt = this.#failures - DOUBTFUL;
    if (beyondDoubt > 0) this.#backoffUntil = Math.max(this.#backoffUntil, tickMs + this.delayMs(beyondDoubt));
  }

  /** How long to wait after so many failures in a row. Full jitter: many relays that lost one tracker must not return in step. */
  delayMs(failures: number): number {
    return this.#random() * Math.min(this.#backoff.maxMs, this.#backoff.firstMs * 2 ** (failures - 1));
  }

  dsnRefused(cause: string, tickMs: number): void {
    this.#refusedAt ??= tickMs;
    this.#cause = cause;
    this.#failingSince ??= tickMs;
    this.#failedAt = tickMs;
    this.#failures = Math.max(1, this.#failures);
    this.#backoffUntil = tickMs + REFUSED_DSN_MS;
  }

  /** The door for parcels that grew too old while held. `paceMs`: how long our own `rate_limit` makes the next one wait. */
  expiryOutcome(category: DataCategory, tickMs: number, paceMs: number): Outcome {
    if (this.#refusedAt !== undefined) return "rejected";
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
      dsnRefused: this.#refusedAt !== undefined,
      failingSince: this.#failingSince,
      limits,
    };
  }
}

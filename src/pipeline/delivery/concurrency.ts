/** Requests under way at once, to begin with. */
const FIRST = 2;
/** How much of a round's difference goes into the moving averages. */
const WEIGHT = 0.2;
/** So many mean deviations above its average a round is slow. */
const DEVIATIONS = 4;
/** Less than this above the average is noise: a busy machine, a garbage collection at either end. */
const NOISE_MS = 50;
/** What is left of the limit after a slow round. */
const AFTER_SLOW = 0.75;

/** How a request ended: `refused` was answered, but not taken, so its latency says nothing. */
export type Ending = "taken" | "refused" | "failed";

/**
 * How many requests may be under way to one upstream: additive increase, multiplicative decrease. Time is divided into
 * rounds of about one round trip. A round in which the limit held something back lets it grow: to twice as much until the
 * first trouble, by one after it. A round with failures shrinks it, to half when all failed, and by the square of their
 * share: one broken backend of five costs next to nothing, an upstream that is down leaves one. A round that was slower
 * than its own moving average shrinks it as well. A rate limit (429) is no congestion, and is not told here.
 *
 * Times are monotonic milliseconds; pure but for its own state.
 */
export class Concurrency {
  readonly #max: number;
  #limit: number;
  #doubling = true;
  #roundFrom = -Infinity;
  #ended = 0;
  #failed = 0;
  #taken = 0;
  #takenMs = 0;
  #heldBack = false;
  /** Of the rounds' mean latencies; undefined before the first. */
  #meanMs: number | undefined;
  #deviationMs = 0;

  constructor(max: number) {
    this.#max = max;
    this.#limit = Math.min(FIRST, max);
  }

  /** From 1 to the maximum. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Says that something is waiting because the limit is reached: only then does it grow. */
  heldBack(): void {
    this.#heldBack = true;
  }

  ended(ending: Ending, startedMs: number, tickMs: number): void {
    this.#ended += 1;
    if (ending === "failed") this.#failed += 1;
    if (ending === "taken") {
      this.#taken += 1;
      this.#takenMs += tickMs - startedMs;
    }
    // What began before this round shows what the limit of the last one did; what began in it ends it.
    if (startedMs >= this.#roundFrom) this.#endRound(tickMs);
  }

  #endRound(tickMs: number): void {
    const slow = this.#taken > 0 && this.#isSlow(this.#takenMs / this.#taken);
    if (this.#failed > 0) this.#shrink(1 - (this.#failed / this.#ended) ** 2 / 2);
    else if (slow) this.#shrink(AFTER_SLOW);
    else if (this.#heldBack) this.#limit = Math.min(this.#max, this.#doubling ? this.#limit * 2 : this.#limit + 1);
    this.#roundFrom = tickMs;
    this.#ended = 0;
    this.#failed = 0;
    this.#taken = 0;
    this.#takenMs = 0;
    this.#heldBack = false;
  }

  #shrink(factor: number): void {
    this.#doubling = false;
    this.#limit = Math.max(1, this.#limit * factor);
  }

  /** Compares with the average of the rounds before, then becomes part of it: a lasting change is soon the new normal. */
  #isSlow(roundMs: number): boolean {
    if (this.#meanMs === undefined) {
      this.#meanMs = roundMs;
      return false;
    }
    const above = roundMs - this.#meanMs;
    const slow = above > Math.max(NOISE_MS, DEVIATIONS * this.#deviationMs);
    this.#meanMs += WEIGHT * above;
    this.#deviationMs += WEIGHT * (Math.abs(above) - this.#deviationMs);
    return slow;
  }
}

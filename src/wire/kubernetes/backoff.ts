/** How long to wait before trying again, doubling. */
export interface BackoffPace {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Waits that double with each failure, a random half of them, so that the relays of a thousand nodes do not come back in step. */
export class Backoff {
  readonly #pace: BackoffPace;
  readonly #random: () => number;
  #failures = 0;

  /** @param random uniform in [0, 1) */
  constructor(pace: BackoffPace, random: () => number) {
    this.#pace = pace;
    this.#random = random;
  }

  /** It went well: the next failure is the first again. */
  reset(): void {
    this.#failures = 0;
  }

  /** The wait after one more failure, in milliseconds. */
  next(): number {
    const { firstMs, maxMs } = this.#pace;
    const whole = Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return whole / 2 + (whole / 2) * this.#random();
  }
}

/**
 * An allowance that refills steadily and that may be overdrawn: whoever asks first learns how long to wait, and what was
 * taken beyond it has to be waited for afterwards. So a whole batch is one step, whatever its size. A second's worth may be
 * taken at once; in the long run the rate holds exactly.
 */
export class RateBucket {
  readonly #perSecond: number;
  #left: number;
  #atMs: number;

  /** At least one per second. `nowMs` is of a monotonic clock, here and everywhere. */
  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
    this.#atMs = nowMs;
  }

  /** Milliseconds until at least one may be taken again; 0: now. */
  waitMs(nowMs: number): number {
    this.#refill(nowMs);
    return this.#left >= 1 ? 0 : Math.ceil(((1 - this.#left) * 1_000) / this.#perSecond);
  }

  take(amount: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#left -= amount;
  }

  #refill(nowMs: number): void {
    this.#left = Math.min(this.#perSecond, this.#left + (Math.max(0, nowMs - this.#atMs) * this.#perSecond) / 1_000);
    this.#atMs = Math.max(this.#atMs, nowMs);
  }
}

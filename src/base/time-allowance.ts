/**
 * How much time a guest may take from its host: at once up to `atOnceMs`, and in the long run `share` of all time (0 to
 * 1). What is over is the guest's to leave out.
 */
export class TimeAllowance {
  readonly #atOnceMs: number;
  readonly #share: number;
  #leftMs: number;
  #atMs: number;

  /** `nowMs` is of a monotonic clock, here and everywhere. */
  constructor(atOnceMs: number, share: number, nowMs: number) {
    this.#atOnceMs = atOnceMs;
    this.#share = share;
    this.#leftMs = atOnceMs;
    this.#atMs = nowMs;
  }

  /** Whether there is time left. */
  has(nowMs: number): boolean {
    this.#leftMs = Math.min(this.#atOnceMs, this.#leftMs + (nowMs - this.#atMs) * this.#share);
    this.#atMs = nowMs;
    return this.#leftMs > 0;
  }

  /** Time was taken. */
  take(ms: number): void {
    this.#leftMs -= ms;
  }
}

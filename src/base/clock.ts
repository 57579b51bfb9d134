/** The two clocks a component may read. Tests hand in a manual one. */
export interface Clock {
  /** Wall clock: milliseconds since the Unix epoch. It may jump. */
  nowMs(): number;
  /** Monotonic clock: milliseconds from an arbitrary origin, for waits and durations. */
  tickMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  tickMs: () => performance.now(),
};

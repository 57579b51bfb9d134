import type { Clock } from "../../src/base/clock.ts";

/** A clock that moves only when told. */
export class ManualClock implements Clock {
  wallMs: number;
  monotonicMs = 0;

  constructor(wallMs = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.wallMs = wallMs;
  }

  nowMs(): number {
    return this.wallMs;
  }

  tickMs(): number {
    return this.monotonicMs;
  }

  advance(ms: number): void {
    this.wallMs += ms;
    this.monotonicMs += ms;
  }
}

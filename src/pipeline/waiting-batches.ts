import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../base/clock.ts";
import type { MemoryShare } from "../base/memory-budget.ts";

interface Waiting {
  readonly untilMs: number;
  readonly go: (inTime: boolean) => void;
}

/**
 * Keeps batches from becoming events while too many bytes of events wait for room in the queue already: a batch of a few
 * kilobytes may become megabytes, and each connection has one under way. In the order in which they came.
 */
export class WaitingBatches {
  readonly #memory: MemoryShare;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #pushing = 0;
  #releasing = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #nextDeadline = Infinity;

  constructor(memory: MemoryShare, clock: Clock) {
    this.#memory = memory;
    this.#clock = clock;
  }

  /** Undefined: the batch may be worked on. Otherwise it has to wait; false says that its deadline has passed. */
  turn(untilMs = Infinity): Promise<boolean> | undefined {
    if (this.#closed) return Promise.resolve(false);
    if (this.#waiting.size === 0 && !this.#isFull) return undefined;
    return new Promise((go) => {
      this.#waiting.add({ untilMs, go });
      if (untilMs < this.#nextDeadline) this.#watch();
    });
  }

  /** Events of so many bytes wait for room in the queue until `pushed` resolves. */
  count(bytes: number, pushed: Promise<unknown>): void {
    this.#pushing += bytes;
    this.#memory.hold(bytes);
    void pushed.then(() => this.#pushed(bytes));
  }

  /** Gives up what waits: it is told to be late. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { go } of this.#waiting) go(false);
    this.#waiting.clear();
  }

  get #isFull(): boolean {
    return this.#pushing > 0 && this.#pushing >= this.#memory.maxFirmBytes;
  }

  #pushed(bytes: number): void {
    this.#pushing -= bytes;
    this.#memory.give(bytes);
    if (this.#waiting.size > 0 && !this.#releasing) void this.#release();
  }

  /** One in each turn of the event loop: what it comes to is only known when it has been worked on. */
  async #release(): Promise<void> {
    this.#releasing = true;
    for (const waiting of this.#waiting) {
      if (this.#isFull) break;
      this.#waiting.delete(waiting);
      waiting.go(true);
      await turn();
    }
    this.#releasing = false;
  }

  #watch(): void {
    clearTimeout(this.#timer);
    this.#nextDeadline = Infinity;
    for (const { untilMs } of this.#waiting) this.#nextDeadline = Math.min(this.#nextDeadline, untilMs);
    if (this.#nextDeadline === Infinity) return;
    this.#timer = setTimeout(() => this.#late(), Math.max(1, Math.ceil(this.#nextDeadline - this.#clock.tickMs())));
  }

  #late(): void {
    const nowMs = this.#clock.tickMs();
    for (const waiting of this.#waiting) {
      if (waiting.untilMs > nowMs) continue;
      this.#waiting.delete(waiting);
      waiting.go(false);
    }
    this.#watch();
  }
}

import type { Clock } from "../base/clock.ts";
import { formatDuration } from "../base/units.ts";

/** How long the intake, which keeps deadlines itself, may be late before it is not waited for. */
const GRACE_MS = 500;
/** How often answers that are owed are looked at while there are any. */
const TICK_MS = 250;

/** An answer that is owed. */
export interface Owed {
  /** When the intake gives up, on the monotonic clock. */
  readonly untilMs: number;
  /** Memory that the intake holds for it; counted only once it is overdue. */
  readonly bytes?: number;
  /** Called once when that moment has clearly passed: the answer is failure. */
  late(): void;
}

/**
 * How long a batch may take to become durable before its sender is told to send it again. The intake is given the
 * deadline with the batch and keeps it; this one also sees to it that nobody waits for ever where it cannot, because a
 * disk hangs. What is overdue stays counted until the intake lets go of it, so that senders which come back again and
 * again can be refused before they fill the memory.
 */
export class AnswerDeadline {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #owed = new Set<Owed>();
  #timer: NodeJS.Timeout | undefined;
  #overdue = 0;
  #overdueBytes = 0;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * For a batch that comes now: until when it has to be safe, on the monotonic clock. `senderWaitsUntilMs` is on the wall
   * clock, where the sender says so.
   */
  untilMs(senderWaitsUntilMs = Infinity): number {
    return this.#clock.tickMs() + Math.min(this.#timeoutMs, senderWaitsUntilMs - this.#clock.nowMs());
  }

  /** Answers that were given up and that the intake still works on. */
  get overdue(): number {
    return this.#overdue;
  }

  /** What those hold of memory. */
  get overdueBytes(): number {
    return this.#overdueBytes;
  }

  /** Calls `late` when it is time, unless what is returned is called before; to be called once, when the intake is done. */
  watch(owed: Owed): () => void {
    this.#owed.add(owed);
    if (this.#timer === undefined) this.#timer = this.#nextTick();
    return () => {
      if (this.#owed.delete(owed)) return;
      this.#overdue -= 1;
      this.#overdueBytes -= owed.bytes ?? 0;
    };
  }

  /** "30s (ack_timeout)", for messages. */
  get name(): string {
    return `${formatDuration(this.#timeoutMs)} (ack_timeout)`;
  }

  #nextTick(): NodeJS.Timeout {
    // Where nothing else goes on there is nobody left to answer.
    return setTimeout(() => this.#tick(), TICK_MS).unref();
  }

  #tick(): void {
    const nowMs = this.#clock.tickMs();
    for (const owed of this.#owed) {
      if (owed.untilMs + GRACE_MS > nowMs) continue;
      this.#owed.delete(owed);
      this.#overdue += 1;
      this.#overdueBytes += owed.bytes ?? 0;
      owed.late();
    }
    this.#timer = this.#owed.size > 0 ? this.#nextTick() : undefined;
  }
}

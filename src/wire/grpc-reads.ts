import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";
import type { AnswerDeadline } from "./answer-deadline.ts";
import { forgetFrames, widenWindow } from "./grpc-innards.ts";
import type { ReadBudget } from "./read-budget.ts";

/** The longest a fast sender waits before its rate is looked at again. */
const LONGEST_WAIT_MS = 30_000;

export interface GrpcReadsOptions {
  readonly call: ServerInterceptingCallInterface;
  readonly budget: ReadBudget;
  readonly deadline: AnswerDeadline;
  /** Called when a read has waited for room as long as a batch may take to be answered; undefined: it may wait for ever. */
  readonly late: (() => void) | undefined;
  /** Milliseconds until the sender may send on. */
  readonly waitMs: () => number;
}

/** Asks grpc-js for the messages of one call, one at a time, as far as there is room for them. */
export class GrpcReads {
  readonly #options: GrpcReadsOptions;
  #reading = false;
  #again = false;
  #roomFound: (() => void) | undefined;
  /** A message was asked for and has not come. */
  #isAsking = false;
  /** Since when one is awaited that is unfinished; undefined: none is, or that was not looked at. */
  #unfinishedSinceMs: number | undefined;
  /** Runs while the sender has to wait because of its rate. */
  #pacing: NodeJS.Timeout | undefined;

  constructor(options: GrpcReadsOptions) {
    this.#options = options;
    widenWindow(options.call);
  }

  /** Asks for the next message, now or when there is room. `free`: nothing is to come that would need room. */
  next(free: boolean): void {
    forgetFrames(this.#options.call);
    // A message that is already here is delivered within startRead: a loop, lest many small ones nest without end.
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    do {
      this.#again = false;
      const waitMs = free ? 0 : this.#options.waitMs();
      if (free) this.#ask();
      else if (waitMs > 0) this.#readLater(waitMs);
      else if (!this.#options.budget.whenRoom(this.#start)) this.#watch();
    } while (this.#again);
    this.#reading = false;
  }

  /** The call is over: nothing is asked for any more. */
  stop(): void {
    clearTimeout(this.#pacing);
    this.#options.budget.forget(this.#start);
    this.#roomFound?.();
    this.#roomFound = undefined;
  }

  readonly #start = (): void => {
    this.#roomFound?.();
    this.#roomFound = undefined;
    this.#ask();
  };

  /** A message has come in. */
  came(): void {
    this.#isAsking = false;
    this.#unfinishedSinceMs = undefined;
  }

  /** Whether a message was unfinished, and asked for, for so long, as far as this was called meanwhile. */
  isSlow(isUnfinished: boolean, timeoutMs: number, nowMs: number): boolean {
    if (!isUnfinished || !this.#isAsking) {
      this.#unfinishedSinceMs = undefined;
      return false;
    }
    this.#unfinishedSinceMs ??= nowMs;
    return nowMs - this.#unfinishedSinceMs >= timeoutMs;
  }

  #ask(): void {
    this.#isAsking = true;
    this.#options.call.startRead();
  }

  #readLater(waitMs: number): void {
    const lookAgain = (): void => {
      this.#pacing = undefined;
      this.next(false);
    };
    this.#pacing ??= setTimeout(lookAgain, Math.min(waitMs, LONGEST_WAIT_MS));
  }

  #watch(): void {
    const { deadline, late } = this.#options;
    if (late !== undefined) this.#roomFound ??= deadline.watch({ untilMs: deadline.untilMs(), late });
  }
}

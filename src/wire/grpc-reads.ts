import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";
import type { AnswerDeadline } from "./answer-deadline.ts";
import type { ReadBudget } from "./read-budget.ts";

export interface GrpcReadsOptions {
  readonly call: ServerInterceptingCallInterface;
  readonly budget: ReadBudget;
  readonly deadline: AnswerDeadline;
  /** Called when a read has waited for room as long as a batch may take to be answered; undefined: it may wait for ever. */
  readonly late: (() => void) | undefined;
}

/** Asks grpc-js for the messages of one call, one at a time, as far as there is room for them. */
export class GrpcReads {
  readonly #options: GrpcReadsOptions;
  #reading = false;
  #again = false;
  #roomFound: (() => void) | undefined;

  constructor(options: GrpcReadsOptions) {
    this.#options = options;
  }

  /** Asks for the next message, now or when there is room. `free`: nothing is to come that would need room. */
  next(free: boolean): void {
    // A message that is already here is delivered within startRead: a loop, lest many small ones nest without end.
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    do {
      this.#again = false;
      if (free) this.#options.call.startRead();
      else if (!this.#options.budget.whenRoom(this.#start)) this.#watch();
    } while (this.#again);
    this.#reading = false;
  }

  /** The call is over: nothing is asked for any more. */
  stop(): void {
    this.#options.budget.forget(this.#start);
    this.#roomFound?.();
    this.#roomFound = undefined;
  }

  readonly #start = (): void => {
    this.#roomFound?.();
    this.#roomFound = undefined;
    this.#options.call.startRead();
  };

  #watch(): void {
    const { deadline, late } = this.#options;
    if (late !== undefined) this.#roomFound ??= deadline.watch({ untilMs: deadline.untilMs(), late });
  }
}

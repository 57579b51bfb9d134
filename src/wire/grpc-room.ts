import { Metadata, status, type ServerInterceptingCallInterface } from "@grpc/grpc-js";
import type { Holding, MemoryShare } from "../base/memory-budget.ts";
import type { Ending } from "./grpc-endings.ts";
import { forgetPartial, watchData } from "./grpc-innards.ts";

/** What an open call costs, however little is sent in it. */
export const CALL_BYTES = 16 * 1_024;
/** When a sender may try again that found no room. */
const COME_BACK_MS = 1_000;

export const NO_ROOM_FOR_CALL = "there was no room for another call (max_memory); it was ended with RESOURCE_EXHAUSTED";
export const BATCH_GIVEN_UP =
  "an unfinished batch was given up and its call ended with RESOURCE_EXHAUSTED: there was no room for it (max_memory)";

/** How a call ends for which there is no room. */
export function noRoom(): Ending {
  // https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
  const metadata = Metadata.fromHttp2Headers({ "grpc-retry-pushback-ms": String(COME_BACK_MS) });
  const details = `no room for it now (max_memory); send it again in ${COME_BACK_MS} ms`;
  return { code: status.RESOURCE_EXHAUSTED, details, metadata };
}

/** What one call takes of the memory of its input: for being open, and for a message that has not come in whole. */
export class GrpcRoom {
  readonly #call: ServerInterceptingCallInterface;
  readonly #memory: MemoryShare;
  readonly #holding: Holding;
  #isIn = false;

  /** `evicted` is called when the message is given up, because it is the largest and there is no room for all. */
  constructor(call: ServerInterceptingCallInterface, memory: MemoryShare, evicted: () => void) {
    this.#call = call;
    this.#memory = memory;
    this.#holding = memory.holding(() => {
      forgetPartial(call);
      evicted();
    });
  }

  /** Counts the call in; false when there are too many, or so much waits for the queue that its batch would only wait too. */
  enter(mayWait: boolean): boolean {
    if ((!mayWait && this.#memory.budget.isCrowded) || !this.#memory.enter(CALL_BYTES)) return false;
    this.#isIn = true;
    watchData(this.#call, (bytes) => {
      if (this.#isIn) this.#holding.resize(this.#holding.bytes + bytes);
    });
    return true;
  }

  /** Whether a message has begun and not come in whole. */
  get isPartial(): boolean {
    return this.#holding.bytes > 0;
  }

  /** The message has come in whole. */
  whole(): void {
    this.#holding.release();
  }

  /** The call is over. */
  leave(): void {
    this.#holding.release();
    if (this.#isIn) this.#memory.leave(CALL_BYTES);
    this.#isIn = false;
  }
}

import { Metadata, status, type ServerInterceptingCallInterface } from "@grpc/grpc-js";
import type { Holding, MemoryShare } from "../base/memory-budget.ts";
import type { TurnedAway } from "../component/access.ts";
import type { PeerCalls } from "./access/peer-calls.ts";
import type { Ending } from "./grpc-endings.ts";
import { forgetPartial, watchData } from "./grpc-innards.ts";

/** What an open call costs, however little is sent in it. */
export const CALL_BYTES = 16 * 1_024;
/** When a sender may try again that found no room. */
const COME_BACK_MS = 1_000;

/** Why there is no room: how it is counted, and told. */
export interface Full {
  readonly reason: TurnedAway;
  /** Of the configuration. */
  readonly limit: string;
  readonly message: string;
}

export const NO_ROOM_FOR_CALL: Full = {
  reason: "memory",
  limit: "max_memory",
  message: "there was no room for another call (max_memory); it was ended with RESOURCE_EXHAUSTED",
};
const TOO_MANY_CALLS: Full = {
  reason: "too_many_per_peer",
  limit: "max_calls_per_peer",
  message: "one sender had as many calls open as it may (max_calls_per_peer); another was ended with RESOURCE_EXHAUSTED",
};
const BATCH_GIVEN_UP: Full = {
  reason: "memory",
  limit: "max_memory",
  message: "an unfinished batch was given up and its call ended with RESOURCE_EXHAUSTED: there was no room for it (max_memory)",
};

/** How a call ends for which there is no room. */
export function noRoom({ limit }: Full): Ending {
  // https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
  const metadata = Metadata.fromHttp2Headers({ "grpc-retry-pushback-ms": String(COME_BACK_MS) });
  const details = `no room for it now (${limit}); send it again in ${COME_BACK_MS} ms`;
  return { code: status.RESOURCE_EXHAUSTED, details, metadata };
}

export interface GrpcRoomOptions {
  readonly call: ServerInterceptingCallInterface;
  /** Address of the sender. */
  readonly peer: string;
  readonly calls: PeerCalls;
  readonly memory: MemoryShare;
  /** Called when the message is given up, because it is the largest and there is no room for all. */
  readonly evicted: (why: Full) => void;
}

/** What one call takes of the memory of its input: for being open, and for a message that has not come in whole. */
export class GrpcRoom {
  readonly #options: GrpcRoomOptions;
  readonly #memory: MemoryShare;
  readonly #holding: Holding;
  #isIn = false;

  constructor(options: GrpcRoomOptions) {
    const { call, memory, evicted } = options;
    this.#options = options;
    this.#memory = memory;
    this.#holding = memory.holding(() => {
      forgetPartial(call);
      evicted(BATCH_GIVEN_UP);
    });
  }

  /**
   * Counts the call in, and returns undefined; else there are too many, or so much waits for the queue that its batch would
   * only wait too.
   */
  enter(mayWait: boolean): Full | undefined {
    const { call, calls, peer } = this.#options;
    if (!calls.enter(peer)) return TOO_MANY_CALLS;
    if ((!mayWait && this.#memory.budget.isCrowded) || !this.#memory.enter(CALL_BYTES)) {
      calls.leave(peer);
      return NO_ROOM_FOR_CALL;
    }
    this.#isIn = true;
    watchData(call, (bytes) => {
      if (this.#isIn) this.#holding.resize(this.#holding.bytes + bytes);
    });
    return undefined;
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
    if (!this.#isIn) return;
    this.#isIn = false;
    this.#memory.leave(CALL_BYTES);
    this.#options.calls.leave(this.#options.peer);
  }
}

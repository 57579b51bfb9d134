import { setTimeout as sleep } from "node:timers/promises";
import type { MemoryShare } from "../base/memory-budget.ts";

/** How long after one attempt the next one is made, at least: each may unpack much for nothing. */
const RETRY_MS = 250;

/** The room that one message takes while it is unpacked and handed over. */
export class UnpackingRoom {
  readonly #memory: MemoryShare;
  #held = 0;

  constructor(memory: MemoryShare) {
    this.#memory = memory;
  }

  /** Takes room for a piece; false when there is none. */
  readonly take = (bytes: number): boolean => {
    if (!this.#memory.take(bytes, this.#held)) return false;
    this.#held += bytes;
    return true;
  };

  /** Gives everything back, and resolves when it may be tried again. */
  async wait(): Promise<void> {
    this.release();
    do await sleep(RETRY_MS);
    while (this.#memory.budget.isCrowded);
  }

  release(): void {
    this.#memory.give(this.#held);
    this.#held = 0;
  }
}

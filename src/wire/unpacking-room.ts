import { setTimeout as sleep } from "node:timers/promises";
import type { MemoryBudget, MemoryShare } from "../base/memory-budget.ts";

/** How long after one attempt the next one is made, at least: each may unpack much for nothing. */
const RETRY_MS = 250;

/**
 * Those that found no room, in the order in which they may try again. At the same time each would take what the others lack,
 * and none would ever have enough.
 */
const lines = new WeakMap<MemoryBudget, Set<UnpackingRoom>>();

/** The room that one message takes while it is unpacked and handed over. To be released whatever becomes of the message. */
export class UnpackingRoom {
  readonly #memory: MemoryShare;
  readonly #packedBytes: number;
  #held = 0;
  /** Set when its turn in the line has come. */
  #isNext = false;

  /** `packedBytes`: what its connection has taken for it already. */
  constructor(memory: MemoryShare, packedBytes: number) {
    this.#memory = memory;
    this.#packedBytes = packedBytes;
  }

  /**
   * Takes room for a piece; false when there is none. Who has waited always has it, one at a time: a message may unpack to more
   * than there will ever be room for beside others, which is only known at its end.
   */
  readonly take = (bytes: number): boolean => {
    if (this.#isNext) this.#memory.hold(bytes);
    else if (!this.#memory.take(bytes, this.#held + this.#packedBytes)) return false;
    this.#held += bytes;
    return true;
  };

  /** Gives everything back, and resolves when it may be tried again. */
  async wait(): Promise<void> {
    this.#giveBack();
    const { budget } = this.#memory;
    const line = lines.get(budget) ?? new Set();
    lines.set(budget, line.add(this));
    do await sleep(RETRY_MS);
    while (budget.isCrowded || this !== firstOf(line));
    this.#isNext = true;
  }

  release(): void {
    this.#giveBack();
    lines.get(this.#memory.budget)?.delete(this);
  }

  #giveBack(): void {
    this.#memory.give(this.#held);
    this.#held = 0;
  }
}

function firstOf(line: ReadonlySet<UnpackingRoom>): UnpackingRoom | undefined {
  for (const first of line) return first;
  return undefined;
}

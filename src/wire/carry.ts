import type { MemoryShare } from "../base/memory-budget.ts";

/** What one read of a socket brings at most; room for it behind a message saves copying the message once more. */
const READ_BYTES = 64 * 1024;
const NO_BYTES = Buffer.alloc(0);

/** What all connections of an input may hold of messages that have not come in whole. Counted in bytes. */
export class CarryBudget {
  readonly #maxBytes: number;
  readonly #memory: MemoryShare | undefined;
  #held = 0;

  /** `memory`: what it takes is taken of this share as well; undefined: whoever uses it books there by other means. */
  constructor(maxBytes: number, memory?: MemoryShare) {
    this.#maxBytes = maxBytes;
    this.#memory = memory;
  }

  /** False when there is no room for that many more. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#maxBytes || this.#memory?.take(bytes) === false) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
    this.#memory?.give(bytes);
  }
}

/**
 * The unread end of a stream: `bytes[start .. end)`. What is read in one piece is not copied; what spans reads is copied
 * into a buffer that at least doubles, so that a message costs a few times its length however it is cut. Bytes that
 * were handed out are never written again.
 */
export class Carry {
  bytes: Buffer = NO_BYTES;
  start = 0;
  end = 0;
  readonly #budget: CarryBudget;
  /** Size of our own buffer; 0 while `bytes` is what the socket read. */
  #own = 0;
  /** What the budget was asked for. */
  #held = 0;

  constructor(budget: CarryBudget) {
    this.#budget = budget;
  }

  /**
   * Adds what was read. `need` is the least length that the message at `start` is known to have, 0 for unknown; it is
   * believed up to four times of what is here. The answer is how far positions moved towards the front.
   */
  append(chunk: Buffer, need = 0): number {
    const kept = this.end - this.start;
    if (kept === 0) {
      this.release();
      this.bytes = chunk;
      this.end = chunk.length;
      return 0;
    }
    if (this.#own - this.end >= chunk.length) {
      this.end += chunk.copy(this.bytes, this.end);
      return 0;
    }
    const moved = this.start;
    const arrived = kept + chunk.length;
    this.#move(Math.max(arrived, kept * 2, Math.min(need + READ_BYTES, kept * 4)));
    this.end += chunk.copy(this.bytes, this.end);
    return moved;
  }

  /**
   * Called when nothing more can be cut: keeps the rest, without the much larger buffer it may lie in. The answer is how
   * far positions moved; -1 when the budget has no room, and nothing is kept.
   */
  settle(): number {
    const kept = this.end - this.start;
    if (kept === 0) {
      this.release();
      return 0;
    }
    let moved = 0;
    if (kept < this.bytes.length / 4) {
      moved = this.start;
      this.#move(kept);
    }
    return this.#hold() ? moved : -1;
  }

  /** Bytes of memory that it holds. */
  get heldBytes(): number {
    return this.#held;
  }

  /** Lets go of everything. */
  release(): void {
    this.#budget.give(this.#held);
    this.#held = 0;
    this.bytes = NO_BYTES;
    this.start = 0;
    this.end = 0;
    this.#own = 0;
  }

  #hold(): boolean {
    if (!this.#budget.take(this.bytes.length - this.#held)) {
      this.release();
      return false;
    }
    this.#held = this.bytes.length;
    return true;
  }

  #move(size: number): void {
    const larger = Buffer.allocUnsafe(size);
    this.end = this.bytes.copy(larger, 0, this.start, this.end);
    this.start = 0;
    this.bytes = larger;
    this.#own = size;
  }
}

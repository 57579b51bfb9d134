import type { Holding, MemoryShare } from "../base/memory-budget.ts";

/** What all requests of one input hold, and may hold, in bytes. */
export interface PendingBytes {
  held: number;
  readonly max: number;
}

/** The room that one request takes: of `max_pending_bytes`, and of the memory that all inputs have together. */
export class HttpRoom {
  /** To be called when a body that is still coming in has to be given up. */
  onEvicted: () => void = () => {};
  readonly #pending: PendingBytes;
  readonly #memory: MemoryShare;
  readonly #holding: Holding;
  /** What is taken of `max_pending_bytes`. */
  #held = 0;
  /** What is taken of the memory for a body that is whole, and what it unpacks to. */
  #firm = 0;
  #isEvicted = false;

  constructor(pending: PendingBytes, memory: MemoryShare) {
    this.#pending = pending;
    this.#memory = memory;
    this.#holding = memory.holding(() => {
      this.#isEvicted = true;
      this.onEvicted();
    });
  }

  /** Whether it was given up, because it was the largest of those that had not come in whole. */
  get isEvicted(): boolean {
    return this.#isEvicted;
  }

  /** A piece of the body has come; false when there is no room for it. */
  arrived(bytes: number): boolean {
    if (!this.#take(bytes)) return false;
    this.#holding.resize(this.#held);
    return !this.#isEvicted;
  }

  /** The body is whole; false when there is no room for it. */
  whole(): boolean {
    this.#holding.release();
    if (!this.#memory.take(this.#held)) return false;
    this.#firm = this.#held;
    return true;
  }

  /** Takes more for a body that is whole; false when there is no room. */
  readonly hold = (bytes: number): boolean => {
    if (!this.#take(bytes)) return false;
    if (!this.#memory.take(bytes, this.#firm)) return false;
    this.#firm += bytes;
    return true;
  };

  /** Gives everything back. */
  release(): void {
    this.#holding.release();
    this.#memory.give(this.#firm);
    this.#pending.held -= this.#held;
    this.#firm = 0;
    this.#held = 0;
  }

  #take(bytes: number): boolean {
    const pending = this.#pending;
    // A request that is alone always has room, or it would be turned away for ever.
    if (pending.held > this.#held && pending.held + bytes > pending.max) return false;
    pending.held += bytes;
    this.#held += bytes;
    return true;
  }
}

/** Lets reads wait while more bytes than a limit are on their way through the relay. */
export class ReadBudget {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #held = 0;
  #giving = false;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /**
   * Calls `read` now, or as soon as enough bytes have been given back; in the order of asking. False when it has to
   * wait; to ask again with the same function changes nothing.
   */
  whenRoom(read: () => void): boolean {
    if (this.#held >= this.#limit || this.#waiting.size > 0) {
      this.#waiting.add(read);
      return false;
    }
    read();
    return true;
  }

  /** Takes back what was asked for and had to wait. */
  forget(read: () => void): void {
    this.#waiting.delete(read);
  }

  take(bytes: number): void {
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
    // A read may end in the next `give` before it returns; the loop that runs already serves that one too.
    if (this.#giving) return;
    this.#giving = true;
    for (const read of this.#waiting) {
      if (this.#held >= this.#limit) break;
      this.#waiting.delete(read);
      read();
    }
    this.#giving = false;
  }
}

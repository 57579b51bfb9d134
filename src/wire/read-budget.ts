/** Lets reads wait while more bytes than a limit are on their way through the relay. */
export class ReadBudget {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #held = 0;
  #giving = false;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** Calls `read` now, or as soon as enough bytes have been given back; in the order of asking. */
  whenRoom(read: () => void): void {
    if (this.#held < this.#limit && this.#waiting.length === 0) read();
    else this.#waiting.push(read);
  }

  take(bytes: number): void {
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
    // A read may end in the next `give` before it returns; the loop that runs already serves that one too.
    if (this.#giving) return;
    this.#giving = true;
    while (this.#held < this.#limit && this.#waiting.length > 0) this.#waiting.shift()?.();
    this.#giving = false;
  }
}

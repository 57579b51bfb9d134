import type { TurnEnd } from "./followed-file.ts";

/** Turns that may be under way at once: one that waits for the queue does not keep the others waiting. */
const MAX_AT_ONCE = 16;

/** Gives files their turns, each a bounded one, in the order in which they asked; a file has one turn at a time. */
export class Turns<File extends object> {
  readonly #turn: (file: File) => Promise<TurnEnd>;
  readonly #ready = new Set<File>();
  readonly #running = new Set<File>();
  readonly #again = new Set<File>();
  #isStopped = false;
  #idle: (() => void)[] = [];

  /** `turn` must not reject. */
  constructor(turn: (file: File) => Promise<TurnEnd>) {
    this.#turn = turn;
  }

  /** Whether a file has its turn now. */
  isRunning(file: File): boolean {
    return this.#running.has(file);
  }

  /** There may be something to do for a file. */
  wake(file: File): void {
    if (this.#isStopped) return;
    if (this.#running.has(file)) this.#again.add(file);
    else this.#ready.add(file);
    this.#next();
  }

  /** Begins no further turns; resolves when none is under way. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#ready.clear();
    return this.#running.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #next(): void {
    for (const file of this.#ready) {
      if (this.#running.size >= MAX_AT_ONCE) return;
      this.#ready.delete(file);
      this.#running.add(file);
      void this.#run(file);
    }
  }

  async #run(file: File): Promise<void> {
    const end = await this.#turn(file);
    this.#running.delete(file);
    if ((this.#again.delete(file) || end === "more") && !this.#isStopped) this.#ready.add(file);
    this.#next();
    if (this.#isStopped && this.#running.size === 0) for (const idle of this.#idle.splice(0)) idle();
  }
}

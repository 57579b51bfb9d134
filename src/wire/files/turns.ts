import type { TurnEnd } from "./followed-file.ts";

/** Turns that may be under way at once, but for those that wait for long. */
const MAX_AT_ONCE = 16;
/** A turn that waits for so long counts no more until it goes on. */
const LONG_MS = 100;

/** Waits within a turn for something that other files may not have to wait for, such as room for one upstream. */
export type Patience = <T>(work: Promise<T>) => Promise<T>;

/** Gives files their turns, each a bounded one, in the order in which they asked; a file has one turn at a time. */
export class Turns<File extends object> {
  readonly #turn: (file: File) => Promise<TurnEnd>;
  readonly #ready = new Set<File>();
  readonly #running = new Set<File>();
  readonly #again = new Set<File>();
  /** Of the turns under way, those that do not keep others waiting. */
  #patient = 0;
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

  /** For a turn to wait with: files that wait do not keep the others from their turns, however many they are. */
  readonly patiently: Patience = async (work) => {
    let isPatient = false;
    const timer = setTimeout(() => {
      isPatient = true;
      this.#patient += 1;
      this.#next();
    }, LONG_MS);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
      if (isPatient) this.#patient -= 1;
    }
  };

  /** Begins no further turns; resolves when none is under way. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#ready.clear();
    return this.#running.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #next(): void {
    for (const file of this.#ready) {
      if (this.#running.size - this.#patient >= MAX_AT_ONCE) return;
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

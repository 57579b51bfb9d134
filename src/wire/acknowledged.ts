/** Ids remembered at once. */
const CAPACITY = 10_000;

/**
 * How often each id was acknowledged. A sender that repeats a batch before it got an answer repeats the same delivery;
 * one that uses an id again after an answer sends something new. The longest unused ids are forgotten.
 */
export class Acknowledged {
  readonly #capacity: number;
  readonly #times = new Map<string, number>();

  constructor(capacity = CAPACITY) {
    this.#capacity = capacity;
  }

  times(id: string): number {
    return this.#times.get(id) ?? 0;
  }

  add(id: string): void {
    const times = this.times(id);
    this.#times.delete(id);
    this.#times.set(id, times + 1);
    if (this.#times.size <= this.#capacity) return;
    for (const oldest of this.#times.keys()) {
      this.#times.delete(oldest);
      break;
    }
  }
}

import { Share } from "./fair-budget.ts";
import type { HeldBackCount } from "./held-back.ts";

/** Storm control's memory of an issue. */
export class KnownIssue {
  readonly share = new Share();
  /** When its window began, monotonic clock, and what passed in it within the rate. */
  windowMs: number;
  passed = 0;
  /** True once more came in this window than the rate. */
  over = false;
  /** Number of its storm; above the rate one passes after `gap` were held back. */
  storm = 0;
  gap = 1;
  /** Events that passed and were not retracted. */
  through = 0;
  /** Undefined: nothing is held back that was not told. */
  held: HeldBackCount | undefined;
  /** True when it came again since it was last considered for being forgotten. */
  recent = false;

  constructor(tickMs: number) {
    this.windowMs = tickMs;
  }
}

/** Issues by the hash of their fingerprint. Beyond a number one is forgotten for each new one: one that has not come again. */
export class KnownIssues {
  readonly #max: number;
  readonly #issues = new Map<number, KnownIssue>();
  /** Goes round and round; a Map that is searched from its beginning steps over all that was ever deleted there. */
  #hand = this.#issues.entries();

  constructor(max: number) {
    this.#max = max;
  }

  get(key: number): KnownIssue | undefined {
    return this.#issues.get(key);
  }

  /** The issue; made when it is not known. */
  recall(key: number, tickMs: number): KnownIssue {
    const known = this.#issues.get(key);
    if (known !== undefined) {
      known.recent = true;
      return known;
    }
    if (this.#issues.size >= this.#max) this.#forgetOne();
    const issue = new KnownIssue(tickMs);
    this.#issues.set(key, issue);
    return issue;
  }

  #forgetOne(): void {
    for (;;) {
      const next = this.#hand.next();
      if (next.done === true) {
        this.#hand = this.#issues.entries();
        continue;
      }
      const [key, issue] = next.value;
      if (!issue.recent) {
        this.#issues.delete(key);
        return;
      }
      issue.recent = false;
    }
  }
}

/** A replacement, as `explain` shows it: which rule found something where, never what. */
export type Witness = (rule: string, path: string) => void;

/** Longest path that is told. */
const MAX_PATH_CHARS = 300;

/** Counts what is replaced, by rule, and knows where in the record it stands. */
export class Tally {
  readonly #counts: Map<string, number>;
  /** True at first, so that every rule is known with zero from the beginning. */
  #news = true;
  #witness: Witness | undefined;
  readonly #path: (string | number)[] = [];
  #depth = 0;

  /** `rules` are all that can be counted. */
  constructor(rules: readonly string[]) {
    this.#counts = new Map(rules.map((rule) => [rule, 0]));
  }

  /** What is looked at now is a property or field of the record. */
  at(name: string): void {
    this.#path[0] = name;
    this.#depth = 1;
  }

  /** What is looked at now is a member or an element of that. */
  enter(name: string | number): void {
    this.#path[this.#depth] = name;
    this.#depth += 1;
  }

  leave(): void {
    this.#depth -= 1;
  }

  count(rule: string): void {
    this.#counts.set(rule, (this.#counts.get(rule) ?? 0) + 1);
    this.#news = true;
    this.#witness?.(rule, this.#path.slice(0, this.#depth).join(".").slice(0, MAX_PATH_CHARS));
  }

  /** What was counted since it was last asked; undefined: nothing. */
  take(): ReadonlyMap<string, number> | undefined {
    if (!this.#news) return undefined;
    this.#news = false;
    const taken = new Map(this.#counts);
    for (const rule of this.#counts.keys()) this.#counts.set(rule, 0);
    return taken;
  }

  /** Tells of each replacement from now on. */
  watch(witness: Witness): void {
    this.#witness = witness;
  }
}

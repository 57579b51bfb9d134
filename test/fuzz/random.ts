/**
 * Numbers that look like chance and are the same for the same seed (sfc32). Each case has a generator of its own, so that
 * any case can be made again without those before it.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(...seeds: readonly (string | number)[]) {
    [this.#a, this.#b, this.#c] = [hash("a", seeds), hash("b", seeds), hash("c", seeds)];
    for (let i = 0; i < 12; i += 1) this.word();
  }

  /** 32 bits. */
  word(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A whole number from 0, below `limit`. */
  below(limit: number): number {
    return limit <= 1 ? 0 : this.word() % limit;
  }

  /** A whole number; both ends are possible. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** Small most of the time, up to `most` now and then: lengths of runs and pieces. */
  length(most: number): number {
    return this.between(1, Math.max(1, Math.min(most, 2 ** this.below(Math.ceil(Math.log2(most + 1)) + 1))));
  }

  /** True in one of so many cases. */
  oneIn(cases: number): boolean {
    return this.below(cases) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new Error("nothing to pick from");
    return choices[this.below(choices.length)] as T;
  }

  bytes(length: number): Buffer {
    const made = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at += 1) made[at] = this.word() >>> 13;
    return made;
  }
}

/** FNV-1a over the text of the seeds. */
function hash(salt: string, seeds: readonly (string | number)[]): number {
  let sum = 0x811c9dc5;
  for (const char of `${salt} ${seeds.join(" ")}`) sum = Math.imul(sum ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return sum;
}

/** A secret in a text: `text.slice(start, end)` goes. */
export interface Finding {
  readonly rule: string;
  readonly start: number;
  readonly end: number;
  /** What stands there instead; undefined: the usual mark. */
  readonly replacement: string | undefined;
  /** Put around the mark, so that a bare number in JSON text becomes a string and the JSON stays JSON. */
  readonly quote: string;
}

/** The findings of several rules in one text, in any order; they may overlap. */
export class Findings {
  #list: Finding[] = [];

  add(rule: string, start: number, end: number, quote = ""): void {
    this.#list.push({ rule, start, end, replacement: undefined, quote });
  }

  push(finding: Finding): void {
    this.#list.push(finding);
  }

  get empty(): boolean {
    return this.#list.length === 0;
  }

  clear(): void {
    this.#list = [];
  }

  /** Forgets those whose text a person has allowed. */
  spare(text: string, isAllowed: (value: string) => boolean): void {
    this.#list = this.#list.filter(({ start, end }) => !isAllowed(text.slice(start, end)));
  }

  /**
   * The text with every finding replaced by what `replace` makes of it, and the findings forgotten. Findings that overlap
   * become one, under the rule of the first, so that no part of either stays.
   */
  applyTo(text: string, replace: (finding: Finding) => string): string {
    const found = this.#list.sort((a, b) => a.start - b.start || b.end - a.end);
    this.#list = [];
    let out = "";
    let done = 0;
    for (let index = 0; index < found.length; index++) {
      const first = found[index];
      if (first === undefined) break;
      let end = first.end;
      for (let next = found[index + 1]; next !== undefined && next.start < end; next = found[index + 1]) {
        end = Math.max(end, next.end);
        index += 1;
      }
      out += text.slice(done, first.start) + replace(end === first.end ? first : { ...first, end });
      done = end;
    }
    return out + text.slice(done);
  }
}

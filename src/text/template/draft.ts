import { kindOf, TOKEN } from "./characters.ts";

/** A line on its way to a template: what is made of it so far, and how placeholders get into it. */
export class Draft {
  /** What varied, in order. */
  readonly params: string[] = [];
  protected readonly text: string;
  protected out = "";
  protected at = 0;
  /** The text before this is in `out`; from here up to `at` it stays as it is. */
  protected done = 0;
  /** Where the last placeholder that stood alone ended, for lists; -1: none. */
  protected listEnd = -1;
  protected listMask = "";
  /** What is in `out` behind that placeholder. */
  #gap = "";

  constructor(text: string) {
    this.text = text;
  }

  /** Puts `mask` in the place of what stands here up to `end`. */
  protected mask(mask: string, end: number): void {
    this.params.push(this.text.slice(this.at, end));
    this.place(mask, end);
  }

  /** The same without a parameter. "1, 2, 3" becomes one placeholder, so that the length of a list makes no difference; so does "2h 3m". */
  protected place(mask: string, end: number): void {
    const text = this.text;
    // What was left out does not stand before it.
    const before = this.done === this.at ? this.out.charCodeAt(this.out.length - 1) : text.charCodeAt(this.at - 1);
    const after = text.charCodeAt(end);
    const alone = (Number.isNaN(before) || isApart(before)) && (end === text.length || isApart(after));
    const literal = text.slice(this.done, this.at);
    const between = this.#gap + literal;
    const listed =
      alone && this.listEnd === this.done && this.listMask === mask && (between === ", " || between === "," || between === " ");
    if (!listed) this.out += literal + mask;
    else if (this.#gap !== "") this.out = this.out.slice(0, -this.#gap.length);
    this.#gap = "";
    this.at = end;
    this.done = end;
    this.listEnd = alone ? end : -1;
    this.listMask = mask;
  }

  /** Puts text that is no placeholder in the place of what stands here up to `end`. */
  protected replace(masked: string, end: number): void {
    const literal = this.text.slice(this.done, this.at) + masked;
    this.out += literal;
    if (this.listEnd === this.done) {
      this.#gap += literal;
      this.listEnd = end;
    }
    this.at = end;
    this.done = end;
  }
}

/** Whether a placeholder beside this character stands alone: no part of a token, of a pair or of another placeholder. */
function isApart(unit: number): boolean {
  return kindOf(unit) !== TOKEN && unit !== 0x3c && unit !== 0x3d && unit !== 0x3e;
}

import type { FrameView, Stencil } from "./stencil.ts";
import { cutStencil, type Cutting } from "./stencil-cut.ts";
import type { Rendered } from "./trails.ts";

/** Stencils that are tried. */
const MAX_STENCILS = 32;
/** Cuts that may be tried before a frame has lain under one; each frame that does earns a part of another one. */
const MAX_CREDIT = 32;
/** What one costs of which nothing comes: frames whose texts hold escapes are like others, and yet lie under no stencil. */
const COST_IN_VAIN = 4;
const EARNED = 1 / 256;
/** So seldom a cut is tried where none has been of use. */
const EARNED_BY_MISS = 1 / 1_024;

/** Stencils for the frames of one codec that came by one input: those used last are tried first. */
export class Stencils {
  readonly #list: Stencil[] = [];
  #credit = MAX_CREDIT;
  /** Whether the frame that was rendered last lies under a stencil. */
  #covered = false;

  /** The breadcrumb of a frame, and the record's time; undefined when only the full decode can tell. */
  render(frame: FrameView, receivedMs: number): Rendered | undefined {
    const list = this.#list;
    for (let i = 0; i < list.length; i += 1) {
      const stencil = list[i] as Stencil;
      if (!stencil.covers(frame)) continue;
      if (i > 0) {
        list[i] = list[i - 1] as Stencil;
        list[i - 1] = stencil;
      }
      this.#covered = true;
      this.#earn(EARNED);
      return stencil.render(frame, receivedMs);
    }
    this.#covered = false;
    this.#earn(EARNED_BY_MISS);
    return undefined;
  }

  /** Whether a stencil should be cut from the frame that was rendered last; cutting takes ten times as long as decoding. */
  get wants(): boolean {
    return !this.#covered && this.#credit >= 1;
  }

  /** Cuts a stencil from a frame that became `expected` by the full decode, and uses it if it says the same. */
  learn(frame: FrameView, cutting: Omit<Cutting, "others">, expected: Rendered): void {
    this.#credit -= COST_IN_VAIN;
    const cut = cutStencil({ ...cutting, others: this.#list });
    if (cut === undefined) return;
    const { stencil, instead } = cut;
    const made = stencil.covers(frame) ? stencil.render(frame, cutting.receivedMs) : undefined;
    if (made?.json !== expected.json || made.timeMs !== expected.timeMs) return;
    this.#credit += COST_IN_VAIN - 1;
    if (instead !== undefined) this.#list[this.#list.indexOf(instead)] = stencil;
    else if (this.#list.length < MAX_STENCILS) this.#list.push(stencil);
    else this.#list[MAX_STENCILS - 1] = stencil;
  }

  #earn(part: number): void {
    this.#credit = Math.min(MAX_CREDIT, this.#credit + part);
  }
}

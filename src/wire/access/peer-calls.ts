import { limitedAs } from "../../base/networks.ts";

/** How many calls each sender has open, over all its connections. */
export class PeerCalls {
  readonly #max: number;
  readonly #open = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Counts a call in, until {@link leave}; false when its sender has too many. */
  enter(peer: string): boolean {
    const key = limitedAs(peer);
    const open = this.#open.get(key) ?? 0;
    if (open >= this.#max) return false;
    this.#open.set(key, open + 1);
    return true;
  }

  leave(peer: string): void {
    const key = limitedAs(peer);
    const open = (this.#open.get(key) ?? 0) - 1;
    if (open > 0) this.#open.set(key, open);
    else this.#open.delete(key);
  }
}

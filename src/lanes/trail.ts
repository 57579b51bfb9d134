import type { Crumb } from "./crumb-store.ts";

/** The newest records of one key: a ring of crumbs, which other trails may hold too. */
export class Trail {
  /** Neighbours in the order of last use; see `Trails`. */
  newer: Trail | undefined;
  older: Trail | undefined;
  key = "";
  /** Of the key; set by `TrailTable`. */
  hash = 0;
  lastMs = 0;
  readonly #size: number;
  readonly #slots: Crumb[] = [];
  #first = 0;
  #count = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Adds the newest crumb; returns the one that had to go for it, if any. */
  add(crumb: Crumb): Crumb | undefined {
    this.lastMs = crumb.receivedMs;
    crumb.refs += 1;
    let gone: Crumb | undefined;
    if (this.#count === this.#size) gone = this.takeOldest();
    if (this.#count === this.#slots.length) this.#straighten();
    const { length } = this.#slots;
    let at = this.#first + this.#count;
    // A slot that was never used lies right behind the last one.
    if (at >= this.#size) at -= this.#size;
    if (at === length) this.#slots.push(crumb);
    else this.#slots[at] = crumb;
    this.#count += 1;
    return gone;
  }

  /** Takes the oldest crumb out; undefined when there is none. */
  takeOldest(): Crumb | undefined {
    if (this.#count === 0) return undefined;
    const crumb = this.#slots[this.#first] as Crumb;
    this.#first += 1;
    if (this.#first === this.#size) this.#first = 0;
    this.#count -= 1;
    crumb.refs -= 1;
    return crumb;
  }

  /** The crumbs, oldest first. */
  *[Symbol.iterator](): Iterator<Crumb> {
    for (let i = 0; i < this.#count; i += 1) yield this.#slots[(this.#first + i) % this.#size] as Crumb;
  }

  /** Forgets what an emptied trail was, before it serves another key. */
  reuse(key: string): void {
    this.key = key;
    this.#first = 0;
    if (this.#slots.length > 16) this.#slots.length = 0;
  }

  /** Before the ring grows, its oldest crumb has to be slot 0. */
  #straighten(): void {
    if (this.#first === 0) return;
    const straight = [...this];
    for (let i = 0; i < straight.length; i += 1) this.#slots[i] = straight[i] as Crumb;
    this.#first = 0;
  }
}

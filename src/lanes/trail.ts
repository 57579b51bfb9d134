import type { Crumb } from "./crumb-store.ts";
import type { TrailKey } from "./trail-key.ts";

/** The newest records of one key: a ring of crumbs, which other trails may hold too. */
export class Trail {
  /** Neighbours in the order of last use; see `Trails`. */
  newer: Trail | undefined;
  older: Trail | undefined;
  /** Of the key. */
  hash = 0;
  lastMs = 0;
  /** Goes up when the trail changes its key, so that who held it for that key sees it. */
  uses = 0;
  #key: Buffer = NO_KEY;
  #keyLength = 0;
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

  get count(): number {
    return this.#count;
  }

  /** Its key as text. */
  get key(): string {
    return this.#key.toString("utf8", 0, this.#keyLength);
  }

  /** The crumb at a place, counted from the oldest. */
  at(place: number): Crumb {
    return this.#slots[(this.#first + place) % this.#size] as Crumb;
  }

  /** Whether it is the trail of a key. */
  is(key: TrailKey): boolean {
    const { bytes, length } = key;
    if (this.#keyLength !== length) return false;
    const own = this.#key;
    // Keys that differ mostly do so at their ends.
    for (let at = length - 1; at >= 0; at -= 1) if (own[at] !== bytes[at]) return false;
    return true;
  }

  /** Forgets what an emptied trail was, before it serves another key. */
  reuse(key: TrailKey): void {
    const { bytes, length } = key;
    if (this.#key.length < length) this.#key = Buffer.allocUnsafe((length + 63) & ~63);
    const own = this.#key;
    for (let at = 0; at < length; at += 1) own[at] = bytes[at] as number;
    this.#keyLength = length;
    this.hash = key.hash;
    this.uses += 1;
    this.#first = 0;
    if (this.#slots.length > 16) this.#slots.length = 0;
  }

  /** Before the ring grows, its oldest crumb has to be slot 0. */
  #straighten(): void {
    if (this.#first === 0) return;
    const straight = Array.from({ length: this.#count }, (_, place) => this.at(place));
    for (let i = 0; i < straight.length; i += 1) this.#slots[i] = straight[i] as Crumb;
    this.#first = 0;
  }
}

const NO_KEY = Buffer.alloc(0);

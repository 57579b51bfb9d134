import type { Trail } from "./trail.ts";
import type { TrailKey } from "./trail-key.ts";

/**
 * Trails by key: a hash table with linear probing. A `Map` would do, but where keys come and go with every record it is
 * rebuilt all the time, and each rebuild is garbage of half a megabyte that only a full collection takes away.
 */
export class TrailTable {
  #slots: (Trail | undefined)[] = emptySlots(1_024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: TrailKey): Trail | undefined {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const { hash } = key;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const trail = slots[at];
      if (trail === undefined || (trail.hash === hash && trail.is(key))) return trail;
    }
  }

  /** Adds a trail whose key is in no trail of the table. */
  add(trail: Trail): void {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    this.#place(trail);
    this.#size += 1;
  }

  /** Removes a trail that is in the table. */
  remove(trail: Trail): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let gap = trail.hash & mask;
    while (slots[gap] !== trail) gap = (gap + 1) & mask;
    this.#size -= 1;
    // What follows moves up where it may, so that no search ends too early.
    for (let at = (gap + 1) & mask; ; at = (at + 1) & mask) {
      const next = slots[at];
      if (next === undefined) break;
      const fromHome = (at - next.hash) & mask;
      if (fromHome < ((at - gap) & mask)) continue;
      slots[gap] = next;
      gap = at;
    }
    slots[gap] = undefined;
  }

  #place(trail: Trail): void {
    const mask = this.#slots.length - 1;
    let at = trail.hash & mask;
    while (this.#slots[at] !== undefined) at = (at + 1) & mask;
    this.#slots[at] = trail;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = emptySlots(old.length * 2);
    for (const trail of old) if (trail !== undefined) this.#place(trail);
  }
}

/** Filled, so that V8 keeps one dense block. */
function emptySlots(length: number): (Trail | undefined)[] {
  return Array.from({ length }, () => undefined);
}

import type { Trail } from "./trail.ts";

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

  get(key: string): Trail | undefined {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = hashOf(key);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const trail = slots[at];
      if (trail === undefined || (trail.hash === hash && trail.key === key)) return trail;
    }
  }

  /** Adds a trail whose key is in no trail of the table. */
  add(trail: Trail): void {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    trail.hash = hashOf(trail.key);
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

/** Differs with each start, so that nobody can choose keys that all fall into one slot. */
const SEED = Math.floor(Math.random() * 0x7fffffff);

/** FNV-1a with a final mix; a non-negative integer below 2^31. */
function hashOf(key: string): number {
  let hash = SEED;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 16_777_619);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 12)) & 0x7fffffff;
}

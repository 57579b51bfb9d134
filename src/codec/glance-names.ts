import type { Form } from "./spellings.ts";

/** What a member of that name is to a glance. */
export interface Sight {
  /**
   * "fallback": wanted where nothing better fills its slot. "inside": an object whose members count too.
   */
  readonly kind: "skip" | "level" | "message" | "wanted" | "fallback" | "inside" | "unsure";
  /** Index of the wanted name; -1 for other kinds. */
  readonly slot: number;
  readonly form: Form | undefined;
  /** Whether an object of this name may hold something that matters. */
  readonly objectMatters: boolean;
  /** Only values of this shape are what the role wants; others make the glance unsure. */
  readonly traceId: boolean;
  /** The lower, the better a fallback. */
  readonly rank: number;
  /** What the members of an object so named mean, where that is worth looking. */
  readonly inside: GlanceNames | undefined;
}

/** A sight of a kind that needs nothing but perhaps a slot. */
export function sightOf(kind: Sight["kind"], slot = -1, rank = 0): Sight {
  return { kind, slot, form: undefined, objectMatters: false, traceId: false, rank, inside: undefined };
}

/** Names learnt; senders that invent names start it anew. */
const MAX_LEARNT = 1_024;
const SLOTS = 4_096;

/** A name and what it means. */
export interface Named {
  readonly key: Buffer;
  readonly sight: Sight;
}

/** Members of one record whose names are expected; what comes later is looked up. */
const MAX_EXPECTED = 64;

/** What members mean to a glance, by the bytes of their names: a hash table that builds no strings. */
export class GlanceNames {
  readonly #sightOf: (key: string) => Sight;
  #table: (Named | undefined)[] = Array.from({ length: SLOTS });
  #learnt = 0;
  /** The names of the record before, by their place: a sender's records mostly have the same members in the same order. */
  readonly #expected: Named[] = [];
  #place = 0;

  /** `meaning` is asked once for each name. */
  constructor(meaning: (key: string) => Sight) {
    this.#sightOf = meaning;
  }

  /** The next names are those of another record. */
  begin(): void {
    this.#place = 0;
  }

  /** The name that most likely comes next, to be compared with what does; undefined when there is none. */
  get expected(): Named | undefined {
    return this.#expected[this.#place];
  }

  /** The expected name has come. */
  came(): void {
    this.#place += 1;
  }

  /** The name `bytes[start .. end)`, which holds no escapes and is not the expected one. */
  get(bytes: Buffer, start: number, end: number): Sight {
    const named = this.#find(bytes, start, end);
    if (this.#place < MAX_EXPECTED) this.#expected[this.#place] = named;
    this.#place += 1;
    return named.sight;
  }

  #find(bytes: Buffer, start: number, end: number): Named {
    const length = end - start;
    // First, middle and last byte and the length tell real names apart; equality is checked anyway.
    let slot =
      ((bytes[start] as number) * 31 +
        (bytes[end - 1] as number) * 131 +
        (bytes[start + (length >> 1)] as number) * 521 +
        length * 67) &
      (SLOTS - 1);
    for (let named = this.#table[slot]; named !== undefined; named = this.#table[slot]) {
      if (named.key.length === length && startsWith(bytes, start, named.key)) return named;
      slot = (slot + 1) & (SLOTS - 1);
    }
    return this.#learn(bytes, start, end, slot);
  }

  #learn(bytes: Buffer, start: number, end: number, slot: number): Named {
    const key = bytes.toString("utf8", start, end);
    const named = { key: Buffer.from(bytes.subarray(start, end)), sight: this.#sightOf(key) };
    if (this.#learnt >= MAX_LEARNT) {
      this.#table = Array.from({ length: SLOTS });
      this.#learnt = 0;
      return named;
    }
    this.#learnt += 1;
    this.#table[slot] = named;
    return named;
  }
}

/** Whether `bytes` has a key's bytes at a place; it must reach as far. */
export function startsWith(bytes: Buffer, start: number, key: Buffer): boolean {
  const { length } = key;
  for (let i = 0; i < length; i += 1) if (key[i] !== bytes[start + i]) return false;
  return true;
}

/** Whether all bytes are printable ASCII. */
export function isPlain(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < 0x20 || byte > 0x7e) return false;
  }
  return true;
}

import { namesInContainer, namesOf, type Meaning } from "./names.ts";
import { SPELLINGS, type Dialect, type Form, type Role } from "./spellings.ts";

/** What a member of that name is to a glance. */
export interface Sight {
  readonly kind: "skip" | "level" | "message" | "wanted" | "unsure";
  /** Index of the wanted name; -1 for other kinds. */
  readonly slot: number;
  readonly form: Form | undefined;
  /** Whether an object of this name may hold something that matters. */
  readonly objectMatters: boolean;
  /** Only values of this shape are what the role wants; others make the glance unsure. */
  readonly traceId: boolean;
}

/** Roles that decide what a quiet record becomes, by the record field they fill; "" fills none that is wanted. */
const DECISIVE: ReadonlyMap<Role, string> = new Map<Role, string>([
  ["level", ""],
  ["message", ""],
  ["event", ""],
  ["template", ""],
  ["fullMessage", ""],
  ["kubernetes", ""],
  ["traceId", "trace_id"],
  ["requestId", "request_id"],
  ["host", "host"],
  ["service", "service"],
  ["containerId", "container_id"],
  ["containerName", "container_name"],
  ["pod", "pod"],
  ["node", "host"],
]);
const MESSAGES: ReadonlySet<Role> = new Set<Role>(["message", "event", "template"]);

/** First parts of dotted names that matter: an object so named is not skipped unseen. */
const HEADS: ReadonlySet<string> = new Set(
  SPELLINGS.filter(({ role }) => DECISIVE.has(role)).flatMap(({ names }) =>
    names.filter((name) => name.includes(".")).map((name) => name.slice(0, name.indexOf("."))),
  ),
);

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
  readonly #dialect: Dialect;
  readonly #wanted: readonly string[];
  readonly #unsureOf: string | undefined;
  #table: (Named | undefined)[] = Array.from({ length: SLOTS });
  #learnt = 0;
  /** The names of the record before, by their place: a sender's records mostly have the same members in the same order. */
  readonly #expected: Named[] = [];
  #place = 0;

  constructor(dialect: Dialect, wanted: readonly string[], unsureOf?: string) {
    this.#dialect = dialect;
    this.#wanted = wanted;
    this.#unsureOf = unsureOf;
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
    const named = { key: Buffer.from(bytes.subarray(start, end)), sight: this.#sightOf(namesOf(this.#dialect).get(key), key) };
    if (this.#learnt >= MAX_LEARNT) {
      this.#table = Array.from({ length: SLOTS });
      this.#learnt = 0;
      return named;
    }
    this.#learnt += 1;
    this.#table[slot] = named;
    return named;
  }

  #sightOf(meaning: Meaning, key: string): Sight {
    const { role, name, form } = meaning;
    const objectMatters =
      (meaning.inside !== undefined && HEADS.has(name)) ||
      (role !== undefined && DECISIVE.has(role)) ||
      namesInContainer(this.#dialect, key) !== undefined ||
      namesInContainer(this.#dialect, name) !== undefined;
    const sight = (kind: Sight["kind"], slot = -1): Sight => ({ kind, slot, form, objectMatters, traceId: role === "traceId" });
    if (key === "__proto__" || key === this.#unsureOf) return sight("unsure");
    // Docker's driver states the level of the stream only; the text may know better.
    if (this.#dialect === "gelf" && name === "image_id") return sight("unsure");
    if (role === "level") return sight("level");
    if (role !== undefined && MESSAGES.has(role)) return sight("message");
    if (role === "fullMessage") return sight("message");
    if (role === "kubernetes") return { ...sight("skip"), objectMatters: true };
    const target = role === undefined ? undefined : DECISIVE.get(role);
    const slot = this.#wanted.indexOf(target ?? name);
    if (slot >= 0) return sight("wanted", slot);
    return sight("skip");
  }
}

/** Whether `bytes` has a key's bytes at a place; it must reach as far. */
export function startsWith(bytes: Buffer, start: number, key: Buffer): boolean {
  const { length } = key;
  for (let i = 0; i < length; i += 1) if (key[i] !== bytes[start + i]) return false;
  return true;
}

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

interface Entry {
  readonly key: Buffer;
  readonly sight: Sight;
}

/** What members mean to a glance, by the bytes of their names: a hash table that builds no strings. */
export class GlanceNames {
  readonly #dialect: Dialect;
  readonly #wanted: readonly string[];
  readonly #unsureOf: string | undefined;
  #table: (Entry | undefined)[] = Array.from({ length: SLOTS });
  #learnt = 0;

  constructor(dialect: Dialect, wanted: readonly string[], unsureOf?: string) {
    this.#dialect = dialect;
    this.#wanted = wanted;
    this.#unsureOf = unsureOf;
  }

  /** The name `bytes[start .. end)`, which holds no escapes. */
  get(bytes: Buffer, start: number, end: number): Sight {
    const length = end - start;
    // First, middle and last byte and the length tell real names apart; equality is checked anyway.
    let slot = ((bytes[start] as number) * 31 + (bytes[end - 1] as number) * 131 + (bytes[start + (length >> 1)] as number) * 521 + length * 67) & (SLOTS - 1);
    for (let entry = this.#table[slot]; entry !== undefined; entry = this.#table[slot]) {
      if (same(entry.key, bytes, start, length)) return entry.sight;
      slot = (slot + 1) & (SLOTS - 1);
    }
    return this.#learn(bytes, start, end, slot);
  }

  #learn(bytes: Buffer, start: number, end: number, slot: number): Sight {
    const key = bytes.toString("utf8", start, end);
    const sight = this.#sightOf(namesOf(this.#dialect).get(key), key);
    if (this.#learnt >= MAX_LEARNT) {
      this.#table = Array.from({ length: SLOTS });
      this.#learnt = 0;
      return sight;
    }
    this.#learnt += 1;
    this.#table[slot] = { key: Buffer.from(bytes.subarray(start, end)), sight };
    return sight;
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

function same(key: Buffer, bytes: Buffer, start: number, length: number): boolean {
  if (key.length !== length) return false;
  for (let i = 0; i < length; i += 1) if (key[i] !== bytes[start + i]) return false;
  return true;
}

import { CONTAINERS, ROLES, SPELLINGS, type Dialect, type Form, type Role, type Spellings } from "./spellings.ts";

/** What the name of a member says about it. */
export interface Meaning {
  /** Its name among the fields: mended and bounded. */
  readonly name: string;
  readonly role: Role | undefined;
  /** Index of the role in `ROLES`; -1 for none. */
  readonly slot: number;
  /** The lower, the better the spelling; comparable among all roles. */
  readonly rank: number;
  readonly kept: boolean;
  readonly form: Form | undefined;
  /** The names that count inside it where it is an object. */
  readonly inside: Names | undefined;
  /** What it means where the value does not fit the role: `status` is a level word or an HTTP status. */
  readonly otherwise: Meaning | undefined;
}

/** Longest name of a field, its "..." included. */
export const MAX_NAME_CHARS = 200;

/** Names learnt beyond the table; a sender that invents names must not fill the memory. */
const MAX_LEARNT = 4_096;

/** Ranks of what a container holds begin here: a record's own members are better. */
export const CONTAINER_RANK = 4_000;

/**
 * The names of one object's members and what they mean. One lookup a member: names that are in no table are learnt
 * too, so that mending them costs only once.
 */
export class Names {
  readonly #path: string;
  readonly #mend: (key: string) => string;
  readonly #table = new Map<string, Meaning>();
  #learnt = new Map<string, Meaning>();

  constructor(path: string, mend: (key: string) => string) {
    this.#path = path;
    this.#mend = mend;
  }

  get(key: string): Meaning {
    return this.#learnt.get(key) ?? this.#learn(key);
  }

  /** The table alone: no mending, nothing learnt. */
  known(key: string): Meaning | undefined {
    return this.#table.get(key);
  }

  define(key: string, meaning: Meaning): void {
    this.#table.set(key, meaning);
  }

  /** All names of the table. */
  get table(): ReadonlyMap<string, Meaning> {
    return this.#table;
  }

  #learn(key: string): Meaning {
    if (this.#learnt.size >= MAX_LEARNT) this.#learnt = new Map();
    const mended = this.#mend(key);
    // CLEF doubles the @ of what is no member of its own.
    const known = key.startsWith("@@") ? undefined : this.#table.get(mended);
    const found = mended === key ? known : underscored(known, mended);
    const meaning = found ?? plain(bounded(this.#path + mended));
    this.#learnt.set(key, meaning);
    return meaning;
  }
}

/** The names of a record in a dialect. */
export function namesOf(dialect: Dialect): Names {
  let names = roots.get(dialect);
  if (names === undefined) {
    names = build(dialect, "");
    roots.set(dialect, names);
  }
  return names;
}

const roots = new Map<string, Names>();

/** The names inside an object that frameworks nest a record's data in; undefined when it is none. */
export function namesInContainer(dialect: Dialect, name: string): Names | undefined {
  if (!CONTAINER_NAMES.has(name)) return undefined;
  const containers = containersOf[dialect];
  let names = containers.get(name);
  if (names === undefined) {
    let spelled: Names | undefined = namesOf(dialect);
    for (const part of name.split(".")) spelled = spelled?.known(part)?.inside;
    names = merged(`${name}.`, spelled, build(dialect, `${name}.`));
    containers.set(name, names);
  }
  return names;
}

const CONTAINER_NAMES: ReadonlySet<string> = new Set(CONTAINERS);
const containersOf: Readonly<Record<Dialect, Map<string, Names>>> = {
  gelf: new Map(),
  json: new Map(),
  forward: new Map(),
  grpc: new Map(),
};

/** The names of two tables in a new one; where both know a name, the first says what it means. */
function merged(path: string, first: Names | undefined, second: Names): Names {
  if (first === undefined) return second;
  const both = new Names(path, asIs);
  for (const [key, meaning] of second.table) both.define(key, meaning);
  for (const [key, meaning] of first.table) {
    const other = second.known(key);
    const best = meaning.role === undefined && other !== undefined ? other : meaning;
    const inside = other?.inside === undefined ? meaning.inside : merged(`${path}${key}.`, meaning.inside, other.inside);
    both.define(key, { ...best, inside });
  }
  return both;
}

/** `_level` is worse than `level` by less than any other spelling. */
function underscored(meaning: Meaning | undefined, name: string): Meaning | undefined {
  if (meaning === undefined) return undefined;
  return meaning.role === "dropped" ? plain(name) : { ...meaning, rank: meaning.rank + 1 };
}

function plain(name: string): Meaning {
  return { name, role: undefined, slot: -1, rank: 0, kept: false, form: undefined, inside: undefined, otherwise: undefined };
}

function bounded(name: string): string {
  return name.length <= MAX_NAME_CHARS ? name : `${name.slice(0, MAX_NAME_CHARS - 3)}...`;
}

/** GELF marks a sender's own fields with an underscore and reserves `_id`. */
function mendGelf(key: string): string {
  if (!key.startsWith("_") || key.length === 1) return key;
  return key === "_id" ? "gelf_id" : key.slice(1);
}

function mendLoose(key: string): string {
  return key.startsWith("@@") ? key.slice(1) : key;
}

function asIs(key: string): string {
  return key;
}

function build(dialect: Dialect, container: string): Names {
  const mend = container !== "" ? asIs : dialect === "gelf" ? mendGelf : mendLoose;
  const root = new Names(container, mend);
  let rank = container === "" ? 0 : CONTAINER_RANK;
  for (const row of SPELLINGS) {
    for (const name of row.names) {
      rank += 2;
      if (row.dialects?.includes(dialect) === false) continue;
      if (container === "") define(root, row, { key: name, path: "", rank });
      else if (countsInside(row, name)) define(root, row, { key: name, path: container, rank });
    }
  }
  return root;
}

/** What a record says of itself only at its top: `context.level` may be a game's, `data.fingerprint` a key's. */
const OUTSIDE_ONLY: ReadonlySet<Role> = new Set<Role>(["time", "level", "event", "fingerprint", "kubernetes", "dropped"]);
/** Everyday words that mean the record only at its top: `data.host` is what could not be reached, `payload.name` a customer. */
const OUTSIDE_WORDS: ReadonlySet<string> = new Set(
  [
    "host hostname nodename name server_name serverName facility log text body Body 0 M N S Category",
    "service environment env release transaction dist",
  ].flatMap((words) => words.split(" ")),
);

function countsInside({ role, kept, inside }: Spellings, name: string): boolean {
  return (kept !== true || inside === true) && !OUTSIDE_ONLY.has(role) && !OUTSIDE_WORDS.has(name);
}

interface Place {
  readonly key: string;
  readonly path: string;
  readonly rank: number;
}

/** Enters "a.b" as it is, as "a_b", and as the member `b` of an object `a`. */
function define(root: Names, row: Spellings, place: Place): void {
  enter(root, row, place);
  const { key } = place;
  if (!key.includes(".") || key.includes("/")) return;
  enter(root, row, { ...place, key: key.replaceAll(".", "_") });
  const parts = key.split(".");
  const last = parts.pop() ?? "";
  let names = root;
  let { path } = place;
  for (const part of parts) {
    names = openInside(names, part, path);
    path += `${part}.`;
  }
  enter(names, row, { key: last, path, rank: place.rank });
}

function enter(names: Names, row: Spellings, place: Place): void {
  const old = names.known(place.key);
  for (let one = old; one !== undefined; one = one.otherwise) if (one.role === row.role) return;
  const meaning: Meaning = {
    name: place.path + place.key,
    role: row.role,
    slot: ROLES.indexOf(row.role),
    rank: place.rank,
    kept: row.kept === true,
    form: row.form,
    inside: old?.inside,
    otherwise: undefined,
  };
  names.define(place.key, old === undefined || old.role === undefined ? meaning : alternately(old, meaning));
}

/** A further meaning behind those that a name has already. */
function alternately(old: Meaning, meaning: Meaning): Meaning {
  return { ...old, otherwise: old.otherwise === undefined ? meaning : alternately(old.otherwise, meaning) };
}

function openInside(names: Names, part: string, path: string): Names {
  const old = names.known(part);
  if (old?.inside !== undefined) return old.inside;
  const inside = new Names(`${path}${part}.`, asIs);
  names.define(part, { ...(old ?? plain(path + part)), inside });
  return inside;
}

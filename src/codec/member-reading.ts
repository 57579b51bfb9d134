import { namesOf, type Meaning } from "./names.ts";
import { isBlank, READER_BY_SLOT, type Scene } from "./readers.ts";
import { ROLES, type Dialect, type Role } from "./spellings.ts";

/** How the value of one member was read, as the full decode reads it where no other member claims the same. */
export interface Reading {
  /** The property that the value fills; undefined: none. */
  readonly role: Role | undefined;
  /** The name under which it is a field of the record; undefined: it is none. */
  readonly field: string | undefined;
  /** What the member's name may mean, the likeliest first, and which of them it was; the length of the list for none. */
  readonly meanings: readonly Meaning[];
  readonly taken: number;
}

/** What {@link reread} says of a value that is read in another way. */
export const OTHERWISE = Symbol("otherwise");

/** How a member's value is read; undefined where it is neither a property nor a field: a blank text. */
export function readingOf(dialect: Dialect, key: string, value: unknown, receivedMs: number): Reading | undefined {
  const meanings: Meaning[] = [];
  const named = namesOf(dialect).get(key);
  for (let one: Meaning | undefined = named; one !== undefined; one = one.otherwise) if (one.slot >= 0) meanings.push(one);
  if (meanings.length > 0 && typeof value === "string" && isBlank(value)) return undefined;
  const scene = sceneOf(dialect, receivedMs);
  const found = meanings.findIndex((meaning) => read(meaning, value, scene) !== undefined);
  const meaning = meanings[found];
  const field = meaning === undefined || meaning.kept ? named.name : undefined;
  const role = meaning === undefined ? undefined : ROLES[meaning.slot];
  return { role, field, meanings, taken: found < 0 ? meanings.length : found };
}

/** What another value of that member fills its property with, or the value itself where it fills none. */
export function reread({ meanings, taken }: Reading, value: unknown, dialect: Dialect, receivedMs: number): unknown {
  if (meanings.length === 0) return value;
  if (typeof value === "string" && isBlank(value)) return OTHERWISE;
  const scene = sceneOf(dialect, receivedMs);
  for (let i = 0; i < taken; i += 1) if (read(meanings[i] as Meaning, value, scene) !== undefined) return OTHERWISE;
  return taken === meanings.length ? value : (read(meanings[taken] as Meaning, value, scene) ?? OTHERWISE);
}

function read(meaning: Meaning, value: unknown, scene: Scene): unknown {
  return READER_BY_SLOT[meaning.slot]?.(value, meaning, scene);
}

const SCENE = { receivedMs: 0, gelf: false };

function sceneOf(dialect: Dialect, receivedMs: number): Scene {
  SCENE.receivedMs = receivedMs;
  SCENE.gelf = dialect === "gelf";
  return SCENE;
}

// Reading what an API server, or whoever answers in its place, says: any member may be missing or of another type.

/** Longest text that is taken over, and most members of a map of texts. */
const MAX_TEXT_CHARS = 4_096;
const MAX_TEXTS = 500;

/** The member at a path; undefined where there is none. */
export function memberAt(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}

/** The text at a path, cut to 4096 characters; "" where there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = memberAt(value, ...path);
  return typeof found === "string" ? found.slice(0, MAX_TEXT_CHARS) : "";
}

/** The whole number at a path; undefined where there is none. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = memberAt(value, ...path);
  return typeof found === "number" && Number.isSafeInteger(found) ? found : undefined;
}

/** The list at a path; empty where there is none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = memberAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The texts by name at a path, such as labels; only those whose names are wanted. */
export function textsAt(value: unknown, path: readonly string[], wanted: (name: string) => boolean): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const found = memberAt(value, ...path);
  if (typeof found !== "object" || found === null) return texts;
  for (const [name, text] of Object.entries(found)) {
    if (texts.size === MAX_TEXTS) break;
    if (typeof text === "string" && wanted(name)) texts.set(name, text.slice(0, MAX_TEXT_CHARS));
  }
  return texts;
}

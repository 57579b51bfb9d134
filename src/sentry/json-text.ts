// JSON is written as text, member by member, where an event has many of them: half the time of building objects for
// `JSON.stringify`.

/** What can be written as JSON; undefined members are left out. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** JSON text that every parser takes: see {@link mendJson}. */
export function jsonText(value: unknown): string {
  return mendJson(JSON.stringify(value) ?? "null");
}

/** A JSON string. Most texts need no escaping, and finding that out is twice as fast as letting `JSON.stringify` look. */
export function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : mendJson(JSON.stringify(text));
}

/**
 * Replaces what `JSON.stringify` writes for half of a surrogate pair, which Relay's parser refuses together with the
 * whole event, and for NUL, which PostgreSQL-based trackers refuse, by U+FFFD.
 */
export function mendJson(json: string): string {
  if (!json.includes("\\ud") && !json.includes("\\u0000")) return json;
  // Escapes are consumed one by one, so that `\\ud83d` (a backslash, then letters) stays.
  return json.replace(ESCAPE, (escape) => (escape.length === 2 ? escape : "\\ufffd"));
}

/** Members of an object, or elements of a list, and more of them; both may be "". */
export function joined(some: string, more: string): string {
  return some === "" || more === "" ? some + more : `${some},${more}`;
}

const PLAIN = /^[ !#-[\]-~]*$/;
const ESCAPE = /\\(?:u(?:d[89a-f][0-9a-f]{2}|0000)|[^])/g;

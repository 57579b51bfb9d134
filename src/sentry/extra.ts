import type { FieldValue } from "../record/record.ts";
import { clip, clipBytes, clipLong, depthOf, fitsBytes } from "./bounds.ts";
import { joined, jsonText, quoted, type JsonValue } from "./json-text.ts";

/** Sentry's own limits: of all of `extra`, of one value, and of nesting (of its 7 levels two are ours). */
const MAX_TOTAL_BYTES = 262_144;
const MAX_VALUE_BYTES = 16_384;
const MAX_DEPTH = 5;
const MAX_KEY_CHARS = 200;

/** Collects `extra` as JSON text, member by member, within Sentry's limits. */
export class Extra {
  #json = "";
  #bytes = 0;
  #leftOut = 0;

  add(key: string, value: FieldValue): void {
    const member = `${quoted(clip(key, MAX_KEY_CHARS))}:${valueJson(value)}`;
    const bytes = Buffer.byteLength(member) + 1;
    // Room for the mark is kept back.
    if (this.#bytes + bytes > MAX_TOTAL_BYTES - 128) {
      this.#leftOut += 1;
      return;
    }
    this.#bytes += bytes;
    this.#json = joined(this.#json, member);
  }

  /** The members, without the braces. */
  get json(): string {
    if (this.#leftOut === 0) return this.#json;
    return joined(this.#json, leftOutJson(`${this.#leftOut} more fields (extra is full)`));
  }
}

/** The mark that says what an event lost to the size limit. */
export function leftOutJson(what: string): string {
  return `"crumbtrail.left_out":${JSON.stringify(what)}`;
}

function valueJson(value: FieldValue): string {
  if (typeof value === "string") return quoted(fitsBytes(value, MAX_VALUE_BYTES) ? value : clipBytes(value, MAX_VALUE_BYTES));
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const json = jsonText(depthOf(value, MAX_DEPTH + 1) > MAX_DEPTH ? flattened(value, MAX_DEPTH) : value);
  // Too big to show as it is: the beginning of its JSON, as text.
  return fitsBytes(json, MAX_VALUE_BYTES) ? json : quoted(clipBytes(json, MAX_VALUE_BYTES));
}

/** The value with containers below a depth as JSON text. */
function flattened(value: FieldValue, depth: number): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return clipLong(JSON.stringify(value), 1_024);
  if (Array.isArray(value)) return value.map((inner: FieldValue) => flattened(inner, depth - 1));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, flattened(inner, depth - 1)]));
}

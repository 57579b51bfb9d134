import type { FieldValue } from "../record/record.ts";
import { clip, clipBytes, clipLong, depthOf, fitsBytes } from "./bounds.ts";
import { joined, jsonText, quoted, type JsonValue } from "./json-text.ts";

/** Sentry's own limits: of all of `extra`, of one value, and of nesting (of its 7 levels two are ours). */
const MAX_TOTAL_BYTES = 262_144;
const MAX_VALUE_BYTES = 16_384;
const MAX_DEPTH = 5;
const MAX_KEY_CHARS = 200;

/** Kept back for what comes later: the mark of what was left out, a storm report. */
const ROOM_BYTES = 8_192;

/** Collects `extra` as JSON text, member by member, within Sentry's limits. */
export class Extra {
  #json = "";
  #bytes = 0;
  #leftOut = 0;

  add(key: string, value: FieldValue): void {
    const member = `${quoted(clip(key, MAX_KEY_CHARS))}:${valueJson(value)}`;
    const bytes = Buffer.byteLength(member) + 1;
    if (this.#bytes + bytes > MAX_TOTAL_BYTES - ROOM_BYTES) {
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
  return fitsBytes(json, MAX_VALUE_BYTES) ? json : (smaller(value) ?? quoted(clipBytes(json, MAX_VALUE_BYTES)));
}

/** What a value that is too big is cut to, step by step: characters of a text, elements of a list, members of an object. */
const STEPS: readonly Bounds[] = [
  { chars: 2_048, elements: 100, members: 100 },
  { chars: 512, elements: 30, members: 50 },
  { chars: 128, elements: 10, members: 25 },
];

interface Bounds {
  readonly chars: number;
  readonly elements: number;
  readonly members: number;
}

/** The JSON of a value cut as little as needed, its shape kept; undefined when even the last step is too big. */
function smaller(value: FieldValue): string | undefined {
  for (const bounds of STEPS) {
    const json = jsonText(shrunk(value, bounds, MAX_DEPTH));
    if (fitsBytes(json, MAX_VALUE_BYTES)) return json;
  }
  return undefined;
}

/** Marks say what was left out: "..." in a text, a last element "... 7 more", a last member "...". */
function shrunk(value: FieldValue, bounds: Bounds, depth: number): JsonValue {
  if (typeof value === "string") return clipLong(value, bounds.chars);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return clipLong(JSON.stringify(value), bounds.chars);
  if (Array.isArray(value)) {
    const list: readonly FieldValue[] = value;
    const kept = list.slice(0, bounds.elements).map((inner) => shrunk(inner, bounds, depth - 1));
    return list.length === kept.length ? kept : [...kept, `... ${list.length - kept.length} more`];
  }
  const entries = Object.entries(value);
  const kept = entries
    .slice(0, bounds.members)
    .map(([key, inner]): [string, JsonValue] => [clip(key, MAX_KEY_CHARS), shrunk(inner, bounds, depth - 1)]);
  if (entries.length > kept.length) kept.push(["...", `${entries.length - kept.length} more`]);
  return Object.fromEntries(kept);
}

/** The value with containers below a depth as JSON text. */
function flattened(value: FieldValue, depth: number): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return clipLong(JSON.stringify(value), 1_024);
  if (Array.isArray(value)) return value.map((inner: FieldValue) => flattened(inner, depth - 1));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, flattened(inner, depth - 1)]));
}

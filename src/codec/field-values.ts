import type { FieldValue } from "../record/record.ts";

// Bounds of what a record keeps beside its own properties. What is cut says so: "..." at the end of a text, and a
// field named "..." that counts what was left out.

export const MAX_FIELDS = 256;
/**
 * Longest text of a field, its "..." included: more than an event shows of it, so that a secret that stands across the end
 * of what is shown is still whole when scrub looks for it.
 */
export const MAX_TEXT_CHARS = 16_384 + 1_024;
/** Containers inside containers; deeper ones become JSON text. */
export const MAX_DEPTH = 7;
/** All texts of one record together, in characters. */
export const MAX_TOTAL_CHARS = 262_144;
/** Members of one nested container. */
const MAX_MEMBERS = 512;
/** Name of a nested member. */
const MAX_KEY_CHARS = 200;

/** At most `maxChars`, the "..." of a cut text included; never half of a surrogate pair. */
export function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const end = maxChars - 3;
  const last = text.charCodeAt(end - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end)}...`;
}

/** An object whose members are the record's: a plain object, or what msgpack makes of a map. */
export type Members = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;

/** Whether a value has named members. */
export function hasMembers(value: unknown): value is Members {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value) && !(value instanceof Date)
  );
}

/** One member by name; undefined when there is none of its own. */
export function memberOf(value: unknown, name: string): unknown {
  if (!hasMembers(value)) return undefined;
  if (value instanceof Map) return value.get(name);
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** Names and values in order. msgpack knows names that are no text. */
export function membersOf(value: Members): readonly (readonly [string, unknown])[] {
  if (!(value instanceof Map)) return Object.entries(value);
  const map: ReadonlyMap<unknown, unknown> = value;
  return Array.from(map, ([key, member]) => [typeof key === "string" ? key : jsonText(key), member]);
}

/** What msgpack knows beyond JSON, as JSON: bytes become text, whole numbers too large for a double become text. */
export function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return fitsDouble(value) ? Number(value) : String(value);
  if (value instanceof Uint8Array) return bytesText(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  return value;
}

/** Bytes as UTF-8 text; what is no UTF-8 becomes U+FFFD. */
export function bytesText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** Keeps fields within the bounds of one record. */
export class FieldBudget {
  #room = MAX_TOTAL_CHARS;
  #left = 0;

  /** Begins the next record. */
  reset(): void {
    this.#room = MAX_TOTAL_CHARS;
    this.#left = 0;
  }

  /** Adds a field, or counts it as left out. `null` and `undefined` are no values. */
  add(fields: Map<string, FieldValue>, name: string, value: unknown): void {
    if (value === null || value === undefined) return;
    if (fields.size >= MAX_FIELDS && !fields.has(name)) this.#left += 1;
    else if (typeof value === "string" && value.length <= MAX_TEXT_CHARS && value.length <= this.#room) {
      this.#room -= value.length;
      fields.set(name, value);
    } else if (typeof value === "boolean") fields.set(name, value);
    else if (typeof value === "number") fields.set(name, Number.isFinite(value) ? value : String(value));
    else if (this.#room <= 0) this.#left += 1;
    else fields.set(name, this.#bounded(value));
  }

  /** Says how many fields were left out, in a field named "...". */
  close(fields: Map<string, FieldValue>): void {
    if (this.#left > 0) fields.set("...", `${this.#left} more fields left out`);
  }

  /** Most values fit as they are, and looking costs half of copying. */
  #bounded(value: unknown): FieldValue {
    const room = this.#room;
    if (typeof value === "object" && value !== null && this.#fits(value, 1)) return value as FieldValue;
    this.#room = room;
    return this.#value(value, 1);
  }

  /** Whether a container is within all bounds and holds only what JSON can. */
  #fits(value: object, depth: number): boolean {
    if (depth > MAX_DEPTH || value instanceof Map || value instanceof Date || ArrayBuffer.isView(value)) return false;
    if (Array.isArray(value)) {
      if (value.length > MAX_MEMBERS) return false;
      for (const item of value) if (!this.#memberFits(item, depth)) return false;
      return true;
    }
    let members = 0;
    const object = value as Readonly<Record<string, unknown>>;
    // oxlint-disable-next-line guard-for-in -- what JSON.parse makes inherits nothing that is enumerable
    for (const key in object) {
      members += 1;
      this.#room -= key.length;
      if (members > MAX_MEMBERS || key.length > MAX_KEY_CHARS || !this.#memberFits(object[key], depth)) return false;
    }
    return true;
  }

  #memberFits(value: unknown, depth: number): boolean {
    if (typeof value === "string") this.#room -= value.length;
    this.#room -= 1;
    if (this.#room <= 0) return false;
    if (typeof value === "string") return value.length <= MAX_TEXT_CHARS;
    if (typeof value === "number") return Number.isFinite(value);
    if (typeof value === "object") return value === null || this.#fits(value, depth + 1);
    return typeof value === "boolean";
  }

  #text(text: string): string {
    const fitting = cut(text, Math.min(MAX_TEXT_CHARS, Math.max(3, this.#room)));
    this.#room -= fitting.length;
    return fitting;
  }

  #value(value: unknown, depth: number): FieldValue {
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "boolean" || value === null) return value;
    if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
    if (typeof value === "bigint") return fitsDouble(value) ? Number(value) : String(value);
    if (typeof value !== "object") return null;
    if (value instanceof Uint8Array || value instanceof Date) return this.#text(String(plainValue(value)));
    if (depth > MAX_DEPTH) return this.#text(jsonText(value));
    return Array.isArray(value) ? this.#list(value, depth) : this.#object(value as Members, depth);
  }

  #list(list: readonly unknown[], depth: number): FieldValue[] {
    const out: FieldValue[] = [];
    for (const item of list) {
      if (out.length >= MAX_MEMBERS || this.#room <= 0) {
        out.push(`... ${list.length - out.length} more`);
        break;
      }
      this.#room -= 1;
      out.push(this.#value(item, depth + 1));
    }
    return out;
  }

  #object(object: Members, depth: number): FieldValue {
    const entries: [string, FieldValue][] = [];
    const members = membersOf(object);
    for (const [index, [key, value]] of members.entries()) {
      if (value === null || value === undefined) continue;
      if (entries.length >= MAX_MEMBERS || this.#room <= 0) {
        entries.push(["...", `${members.length - index} more left out`]);
        break;
      }
      const name = cut(key, MAX_KEY_CHARS);
      this.#room -= name.length;
      entries.push([name, this.#value(value, depth + 1)]);
    }
    // Entries, because assigning a member named `__proto__` would do something else.
    return Object.fromEntries(entries);
  }
}

/** JSON text of anything, for a person to read; never throws. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value, forJson) ?? String(value);
  } catch {
    return "[nested too deeply to show]";
  }
}

function forJson(this: unknown, key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(membersOf(value));
  // A Buffer has been written out as a list of numbers by now.
  const given: unknown = Array.isArray(this) ? this[Number(key)] : memberOf(this, key);
  return plainValue(given instanceof Uint8Array ? given : value);
}

function fitsDouble(value: bigint): boolean {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER);
}

import type { FieldValue } from "../../record/record.ts";
import type { NameKind, SecretNames } from "./names.ts";
import type { Mark } from "./mark.ts";
import { isCard } from "./numbers.ts";
import { isSecret } from "./secrecy.ts";
import type { TextScrubber } from "./text.ts";

/** Codecs bound the nesting well below this. */
const MAX_DEPTH = 64;
const MIN_CARD = 1e12;

type Fields = { readonly [key: string]: FieldValue };

/** Replaces the secrets of values of any shape. Values are never changed, only rebuilt where something was found. */
export class ValueScrubber {
  readonly #names: SecretNames;
  readonly #text: TextScrubber;
  readonly #mark: Mark;
  readonly #count: (rule: string) => void;

  constructor(parts: { names: SecretNames; text: TextScrubber; mark: Mark; count: (rule: string) => void }) {
    this.#names = parts.names;
    this.#text = parts.text;
    this.#mark = parts.mark;
    this.#count = parts.count;
  }

  /** The value of a field without its secrets: the same value when it has none. */
  field(name: string, value: FieldValue, depth = 0): FieldValue {
    const kind = this.#names.kindOf(name);
    if (kind.allowed) return value;
    if (kind.secret) return this.#secret(kind, value, depth);
    return this.value(value, depth);
  }

  value(value: FieldValue, depth = 0): FieldValue {
    if (typeof value === "string") return this.#text.scrub(value);
    if (typeof value === "number")
      return value >= MIN_CARD && isCard(String(value)) ? this.#replaced("card", String(value)) : value;
    if (typeof value !== "object" || value === null) return value;
    if (depth >= MAX_DEPTH) return this.#replaced("too_deep", "");
    return isList(value) ? this.#list(value, depth) : this.#object(value, depth);
  }

  /** Everything below a secret's name is one, whatever its own names say; the shape stays to be seen. */
  #secret(kind: NameKind, value: FieldValue, depth: number): FieldValue {
    if (value === null || typeof value === "boolean") return value;
    if (typeof value !== "object")
      return isSecret(kind, String(value)) ? this.#replaced("key", String(value)) : this.value(value);
    if (depth >= MAX_DEPTH) return this.#replaced("too_deep", "");
    let changed = false;
    const inside = (inner: FieldValue, own: NameKind = kind): FieldValue => {
      const scrubbed = own.allowed ? inner : this.#secret(own.secret ? own : kind, inner, depth + 1);
      changed ||= scrubbed !== inner;
      return scrubbed;
    };
    if (isList(value)) {
      const list = value.map((inner) => inside(inner));
      return changed ? list : value;
    }
    const entries = Object.entries(value).map(([name, inner]): [string, FieldValue] => [
      name,
      inside(inner, this.#names.kindOf(name)),
    ]);
    return changed ? fieldsFrom(entries) : value;
  }

  #object(value: Fields, depth: number): FieldValue {
    const entries = Object.entries(value);
    let changed = false;
    for (const entry of entries) {
      const scrubbed = this.field(entry[0], entry[1], depth + 1);
      if (scrubbed === entry[1]) continue;
      entry[1] = scrubbed;
      changed = true;
    }
    const named = this.#named(value);
    if (named === undefined) return changed ? fieldsFrom(entries) : value;
    return fieldsFrom(entries.map(([name, inner]) => [name, name === "value" ? named : inner]));
  }

  /** `{name: "Authorization", value: "..."}`, as headers and environments are often listed. */
  #named(value: Fields): FieldValue | undefined {
    if (!Object.hasOwn(value, "value")) return undefined;
    for (const key of ["name", "key", "header"]) {
      const name = Object.hasOwn(value, key) ? value[key] : undefined;
      const inner = value["value"];
      if (typeof name !== "string" || inner === undefined || inner === null) continue;
      const scrubbed = this.field(name, inner, MAX_DEPTH);
      if (scrubbed !== inner) return scrubbed;
    }
    return undefined;
  }

  #list(value: readonly FieldValue[], depth: number): FieldValue {
    let changed = false;
    const list = value.map((inner, index) => {
      const scrubbed = this.#element(value[index - 1], inner, depth);
      changed ||= scrubbed !== inner;
      return scrubbed;
    });
    return changed ? list : value;
  }

  /** The words of a command line: what follows "--password" is one. */
  #element(before: FieldValue | undefined, inner: FieldValue, depth: number): FieldValue {
    const flag = typeof before === "string" && before.startsWith("--") && typeof inner === "string" && !inner.startsWith("-");
    return flag ? this.field(before.slice(2), inner, depth + 1) : this.value(inner, depth + 1);
  }

  #replaced(rule: string, secret: string): string {
    this.#count(rule);
    return this.#mark(secret);
  }
}

/** Defines its keys instead of assigning them, so that one called __proto__ stays an ordinary key. */
function fieldsFrom(entries: readonly (readonly [string, FieldValue])[]): Fields {
  return Object.fromEntries(entries);
}

function isList(value: FieldValue): value is readonly FieldValue[] {
  return Array.isArray(value);
}

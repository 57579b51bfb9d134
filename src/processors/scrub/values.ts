import type { FieldValue } from "../../record/record.ts";
import type { FieldName, FieldNames } from "./field-names.ts";
import { BELOW_WEAK, type NameKind } from "./names.ts";
import type { Mark } from "./mark.ts";
import { isCard } from "./numbers.ts";
import { isSecret } from "./secrecy.ts";
import type { Tally } from "./tally.ts";
import type { TextScrubber } from "./text.ts";
import { HOLDING } from "./vocabulary.ts";

/** Codecs bound the nesting well below this. */
const MAX_DEPTH = 64;
const MIN_CARD = 1e12;
const NAME_KEYS: readonly string[] = ["name", "key", "header", "Name", "Key", "Header"];
const VALUE_KEYS: readonly string[] = ["value", "Value", "values"];

type Fields = { readonly [key: string]: FieldValue };

export interface ValueScrubberParts {
  readonly names: FieldNames;
  readonly text: TextScrubber;
  readonly mark: Mark;
  readonly tally: Tally;
  /** Whether a value stays although a rule found it; absent: none does. */
  readonly isAllowed?: ((value: string) => boolean) | undefined;
}

/** Replaces the secrets of values of any shape. Values are never changed, only rebuilt where something was found. */
export class ValueScrubber {
  readonly #names: FieldNames;
  readonly #text: TextScrubber;
  readonly #mark: Mark;
  readonly #tally: Tally;
  readonly #isAllowed: (value: string) => boolean;

  constructor(parts: ValueScrubberParts) {
    this.#isAllowed = parts.isAllowed ?? (() => false);
    this.#names = parts.names;
    this.#text = parts.text;
    this.#mark = parts.mark;
    this.#tally = parts.tally;
  }

  /** The value of a field without its secrets: the same value when it has none. */
  field(name: string, value: FieldValue, depth = 0): FieldValue {
    return this.named(this.#names.get(name), value, depth);
  }

  /** The same for a name that was looked at already. */
  named({ kind, flat }: FieldName, value: FieldValue, depth = 0): FieldValue {
    if (kind.allowed) return value;
    if (kind.secret) return this.#secret(kind, value, depth);
    return flat && typeof value === "object" && value !== null && isList(value) && looksLikeName(value[0])
      ? this.#flat(value, depth)
      : this.value(value, depth);
  }

  value(value: FieldValue, depth = 0): FieldValue {
    if (typeof value === "string") return this.#text.scrub(value);
    if (typeof value === "number") return this.#number(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth >= MAX_DEPTH) return this.#replaced("too_deep", "");
    return isList(value) ? this.#list(value, depth) : this.#object(value, depth);
  }

  /**
   * Everything below a secret's name is one, whatever its own names say; the shape stays to be seen. Below "auth" and
   * "token", which may be a login or a grammar, only what is called a value or looks like one made by a machine.
   */
  #secret(kind: NameKind, value: FieldValue, depth: number): FieldValue {
    if (value === null || typeof value === "boolean") return value;
    if (typeof value !== "object") {
      const text = String(value);
      return isSecret(kind, text) && !this.#isAllowed(text) ? this.#replaced("key", text) : this.value(value);
    }
    if (depth >= MAX_DEPTH) return this.#replaced("too_deep", "");
    if (isList(value)) return this.#mapped(value, (inner) => this.#secret(kind, inner, depth + 1));
    return this.#rebuilt(value, ({ kind: own }, inner, given) => {
      if (own.allowed) return inner;
      const inherited = kind.weak && !kind.cookie && !HOLDING.has(given.toLowerCase()) ? BELOW_WEAK : kind;
      return this.#secret(own.secret && !own.long ? own : inherited, inner, depth + 1);
    });
  }

  #object(value: Fields, depth: number): FieldValue {
    const listed = this.#listed(value);
    return this.#rebuilt(value, (name, inner, given) =>
      given === listed?.key ? this.#secret(listed.kind, inner, depth + 1) : this.named(name, inner, depth + 1),
    );
  }

  /** `{name: "Authorization", value: "..."}`, as headers and environments are often listed: which member is the secret. */
  #listed(value: Fields): { readonly key: string; readonly kind: NameKind } | undefined {
    const key = VALUE_KEYS.find((one) => Object.hasOwn(value, one));
    if (key === undefined) return undefined;
    for (const one of NAME_KEYS) {
      const name = Object.hasOwn(value, one) ? value[one] : undefined;
      const kind = typeof name === "string" ? this.#names.get(name).kind : undefined;
      if (kind?.secret === true) return { key, kind };
    }
    return undefined;
  }

  /** The members of an object under what they become; names that are secrets change too. The same object when nothing does. */
  #rebuilt(value: Fields, scrub: (name: FieldName, inner: FieldValue, given: string) => FieldValue): Fields {
    const entries = Object.entries(value);
    let changed = false;
    let renamed = 0;
    for (const entry of entries) {
      const [given, inner] = entry;
      const name = this.#names.get(given);
      this.#tally.enter(name.written ?? given);
      const scrubbed = scrub(name, inner, given);
      if (name.written !== undefined) {
        this.#tally.count("name");
        renamed += 1;
        entry[0] = renamed === 1 ? name.written : `${name.written} ${renamed}`;
      }
      this.#tally.leave();
      changed ||= scrubbed !== inner || name.written !== undefined;
      entry[1] = scrubbed;
    }
    return changed ? fieldsFrom(entries) : value;
  }

  #list(value: readonly FieldValue[], depth: number): FieldValue {
    return this.#mapped(value, (inner, index) => this.#element(value[index - 1], inner, depth));
  }

  /** The words of a command line: what follows "--password" is one. And pairs of a name and its value. */
  #element(before: FieldValue | undefined, inner: FieldValue, depth: number): FieldValue {
    if (typeof inner === "string") {
      const flag = typeof before === "string" && before.startsWith("--") && !inner.startsWith("-");
      return flag ? this.field(before.slice(2), inner, depth + 1) : this.#text.scrub(inner);
    }
    if (typeof inner === "object" && inner !== null && isList(inner) && inner.length === 2 && looksLikeName(inner[0]))
      return this.#flat(inner, depth + 1);
    return this.value(inner, depth + 1);
  }

  /** Names and values by turns. */
  #flat(value: readonly FieldValue[], depth: number): FieldValue {
    if (depth >= MAX_DEPTH) return this.#replaced("too_deep", "");
    return this.#mapped(value, (inner, index) => {
      const before = index % 2 === 1 ? value[index - 1] : undefined;
      return looksLikeName(before) ? this.field(before, inner, depth + 1) : this.#element(undefined, inner, depth);
    });
  }

  #mapped(value: readonly FieldValue[], scrub: (inner: FieldValue, index: number) => FieldValue): readonly FieldValue[] {
    let changed = false;
    const list = value.map((inner, index) => {
      this.#tally.enter(index);
      const scrubbed = scrub(inner, index);
      this.#tally.leave();
      changed ||= scrubbed !== inner;
      return scrubbed;
    });
    return changed ? list : value;
  }

  #number(value: number): FieldValue {
    return mayBeCard(value) && !this.#isAllowed(String(value)) ? this.#replaced("card", String(value)) : value;
  }

  #replaced(rule: string, secret: string): string {
    this.#tally.count(rule);
    return this.#mark(secret);
  }
}

/** Defines its keys instead of assigning them, so that one called __proto__ stays an ordinary key. */
function fieldsFrom(entries: readonly (readonly [string, FieldValue])[]): Fields {
  return Object.fromEntries(entries);
}

/** Whether a number is a card's, as far as its digits tell. */
export function mayBeCard(value: number): boolean {
  return value >= MIN_CARD && isCard(String(value));
}

const NAME = /^[A-Za-z][\w.-]{1,63}$/;

function looksLikeName(value: FieldValue | undefined): value is string {
  return typeof value === "string" && NAME.test(value);
}

function isList(value: FieldValue): value is readonly FieldValue[] {
  return Array.isArray(value);
}

import type { NameKind, SecretNames } from "./names.ts";

/** What the name of a field says, and how it is written where it is a secret itself. */
export interface FieldName {
  readonly kind: NameKind;
  /** The name without its secrets; undefined: it holds none. */
  readonly written: string | undefined;
  /** The value may be a list of names and values by turns, as Node's `rawHeaders`. */
  readonly flat: boolean;
  /** A short value that was looked at and holds no secret: most fields have the same few. */
  clean: string;
}

const MAX_NAME_CHARS = 64;
const MAX_REMEMBERED = 4_096;
/** The shortest secret without a name beside it, "[Filtered" excepted. */
const MIN_SECRET_CHARS = 12;
const FLAT = /headers$/i;

/** Looks at each name once, because records have the same few, and remembers a bounded number of them. */
export class FieldNames {
  readonly #names: SecretNames;
  readonly #scrub: (name: string) => string;
  readonly #known = new Map<string, FieldName>();

  /** `scrub` takes the secrets out of a text. */
  constructor(names: SecretNames, scrub: (name: string) => string) {
    this.#names = names;
    this.#scrub = scrub;
  }

  get(name: string): FieldName {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const made = this.#look(name);
    if (name.length > MAX_NAME_CHARS) return made;
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    // Names come from decoders that cut them out of longer texts, which a slice would keep alive.
    this.#known.set(Buffer.from(name, "utf16le").toString("utf16le"), made);
    return made;
  }

  #look(name: string): FieldName {
    const kind = this.#names.kindOf(name);
    const written = kind.allowed || name.length < MIN_SECRET_CHARS ? name : this.#scrub(name);
    return { kind, written: written === name ? undefined : written, flat: FLAT.test(name), clean: "" };
  }
}

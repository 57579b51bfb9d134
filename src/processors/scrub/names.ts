import {
  ABOUT,
  ANYWHERE,
  ENDINGS,
  ENDINGS_WEAK,
  HARMLESS,
  LAST,
  LAST_LONG,
  LAST_WEAK,
  NUMERIC,
  PHRASES,
  WRAPPING,
} from "./vocabulary.ts";

/** What a name says about the value beside it. */
export interface NameKind {
  /** The value is a secret, subject to what the flags below ask of it. */
  readonly secret: boolean;
  /** The person said that this name is never touched. */
  readonly allowed: boolean;
  /** Also a word of prose; small numbers are no secret under it. */
  readonly weak: boolean;
  /** Only a long value with a digit is a secret. */
  readonly long: boolean;
  /** A number is a count: "tokens: 512". */
  readonly plural: boolean;
  /** The secret is a number: what holds no digit is none. */
  readonly numeric: boolean;
  /** A path is the working directory: "PWD=/home/app". */
  readonly directory: boolean;
  /** The value is a list of cookies. */
  readonly cookie: boolean;
  /** The name may be the end of a phrase: "key" of "api key". */
  readonly ending: boolean;
}

const INNOCENT: NameKind = Object.freeze({
  secret: false,
  allowed: false,
  weak: false,
  long: false,
  plural: false,
  numeric: false,
  directory: false,
  cookie: false,
  ending: false,
});
/** Of what stands below a weak name and has a name of its own: only what a machine has made is a secret. */
export const BELOW_WEAK: NameKind = Object.freeze({ ...INNOCENT, secret: true, long: true });
const ENDING: NameKind = Object.freeze({ ...INNOCENT, ending: true });
const ALLOWED: NameKind = Object.freeze({ ...INNOCENT, allowed: true });

const MAX_NAME_CHARS = 64;
const MAX_REMEMBERED = 4_096;

/** Decides once for each name whether it names a secret, and remembers a bounded number of them. */
export class SecretNames {
  readonly #kinds = new Map<string, NameKind>();
  readonly #extra: readonly string[];
  readonly #allowed: ReadonlySet<string>;
  /** Last words of phrases, and first words that make one of them: what may stand apart in running text. */
  readonly #phraseEnds = new Set<string>();
  readonly #phraseStarts = new Set<string>();

  /** `extra` and `allowed` are names in any spelling. */
  constructor(extra: readonly string[] = [], allowed: readonly string[] = []) {
    this.#extra = extra.map(spell).filter((name) => name !== "");
    this.#allowed = new Set(allowed.map(spell));
    for (const phrase of [...PHRASES, ...HARMLESS, ...this.#extra]) {
      const parts = phrase.split(" ");
      if (parts.length < 2) continue;
      this.#phraseEnds.add(parts.at(-1) ?? "");
      this.#phraseStarts.add(parts.at(-2) ?? "");
    }
  }

  /** Names that end in a secret's word, for those who want to ask quickly whether a name can be one. */
  get extra(): readonly string[] {
    return this.#extra;
  }

  kindOf(name: string): NameKind {
    const known = this.#kinds.get(name);
    if (known !== undefined) return known;
    if (name.length > MAX_NAME_CHARS) return this.#classify(name.slice(-MAX_NAME_CHARS));
    const kind = this.#classify(name);
    if (this.#kinds.size >= MAX_REMEMBERED) this.#kinds.clear();
    this.#kinds.set(ownCopy(name), kind);
    return kind;
  }

  /** The kind of a name that a word before it may turn into a phrase: "key" after "api". */
  kindAfter(before: string, name: string): NameKind {
    const first = before.toLowerCase();
    return this.#phraseStarts.has(first) ? this.kindOf(`${first} ${name}`) : this.kindOf(name);
  }

  #classify(name: string): NameKind {
    const spelled = spell(name);
    if (this.#allowed.has(spelled)) return ALLOWED;
    if (this.#extra.some((one) => endsInWords(spelled, one))) return kind(spelled, {});
    if (endsInPhrase(spelled, HARMLESS_BY_END)) return INNOCENT;
    const told = core(spelled);
    const last = lastWord(told);
    if (told === "pass") return kind(told, { weak: true });
    if (endsInPhrase(told, PHRASES_BY_END) || LAST.has(last) || ENDINGS.some((end) => last.endsWith(end))) return kind(told, {});
    if (LAST_WEAK.has(last) || ENDINGS_WEAK.some((end) => last.endsWith(end))) return kind(told, { weak: true });
    if (LAST_LONG.has(last)) return kind(told, { long: true });
    if (!ABOUT.has(last) && told.split(" ").some((word) => ANYWHERE.has(word))) return kind(told, {});
    return this.#phraseEnds.has(spelled) ? ENDING : INNOCENT;
  }
}

function kind(spelled: string, flags: { readonly weak?: boolean; readonly long?: boolean }): NameKind {
  const last = lastWord(spelled);
  return Object.freeze({
    ...INNOCENT,
    ...flags,
    secret: true,
    plural: last.endsWith("s") && last !== "pass",
    numeric: NUMERIC.has(last),
    directory: last === "pwd" || last === "oldpwd",
    cookie: last === "cookie" || last === "cookies",
    ending: flags.weak === true,
  });
}

/** Leaves out words at the end that do not change what the name means: "auth header" is "auth". */
function core(spelled: string): string {
  const space = spelled.lastIndexOf(" ");
  return space > 0 && WRAPPING.has(spelled.slice(space + 1)) ? spelled.slice(0, space) : spelled;
}

const PHRASES_BY_END = byLastWord(PHRASES);
const HARMLESS_BY_END = byLastWord(HARMLESS);

function byLastWord(phrases: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const grouped = new Map<string, string[]>();
  for (const phrase of phrases) grouped.set(lastWord(phrase), [...(grouped.get(lastWord(phrase)) ?? []), phrase]);
  return grouped;
}

function endsInPhrase(spelled: string, phrases: ReadonlyMap<string, readonly string[]>): boolean {
  return phrases.get(lastWord(spelled))?.some((phrase) => endsInWords(spelled, phrase)) === true;
}

function lastWord(spelled: string): string {
  return spelled.slice(spelled.lastIndexOf(" ") + 1);
}

function endsInWords(spelled: string, words: string): boolean {
  return (
    spelled.endsWith(words) && (spelled.length === words.length || spelled.charCodeAt(spelled.length - words.length - 1) === 0x20)
  );
}

/**
 * One spelling for all: "X-Api-Key", "xApiKey", "x_api_key" and "x.api.key" are "x api key". Digits at the end of a word
 * are left out, so that "password2" is "password".
 */
export function spell(name: string): string {
  return name
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .replaceAll(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, " ")
    .toLowerCase()
    .replaceAll(/(?<=\p{L})\p{N}+(?= |$)/gu, "")
    .trim();
}

/** A slice keeps the whole text it was cut from alive; what is remembered must not. */
function ownCopy(name: string): string {
  return Buffer.from(name, "utf16le").toString("utf16le");
}

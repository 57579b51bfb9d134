import { noFileValues, type ReadValue, type ValueOfFile } from "./file-values.ts";

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A `${...}` that could not be replaced. */
interface Unreplaced {
  /** Index of its `${` in the text. */
  readonly at: number;
  readonly message: string;
  readonly hint: string | undefined;
}

export interface Interpolated {
  readonly text: string;
  /** Names of the variables whose values the text now holds, files as `file:PATH`; defaults are not among them. */
  readonly variables: readonly string[];
  /** What was read from files. */
  readonly fileTexts: readonly string[];
  /** When there are any, `text` means nothing. */
  readonly problems: readonly Unreplaced[];
}

/** The value of a variable; undefined when it is not set. */
export function variable(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

/**
 * Replaces `${VAR}`, `${VAR:-default}` and `${VAR:?message}` as a shell does: the default stands in for an unset and for
 * an empty variable, and may itself hold variables. `${file:PATH}` is the text of a file, in the same three forms; the
 * path may hold variables too. `$${` is a literal `${`. What a variable or a file holds is not read again.
 */
export function interpolate(text: string, env: Environment, readValue: ReadValue = noFileValues): Interpolated {
  const expansion = new Expansion(text, env, readValue);
  const replaced = expansion.run({ nesting: 0, used: true, ends: NEVER });
  const { variables, fileTexts, problems } = expansion;
  return { text: replaced, variables, fileTexts, problems };
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?=\}|:-|:\?)/y;
const FILE = "${file:";
const FORM = /\}|:-|:\?/y;
const MAX_NESTING = 8;
const FORMS = "write ${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:/path}, and $${ for a literal ${";

/** Where a piece of text ends, asked at each character. */
type Ends = RegExp;
const NEVER: Ends = /(?!)/y;
const BRACE: Ends = /\}/y;

interface Piece {
  readonly nesting: number;
  /** Whether the outcome is wanted; what is not wanted is not asked for. */
  readonly used: boolean;
  readonly ends: Ends;
}

/** What stands between `${` and the form: a variable, or a file. */
interface Reference {
  /** How messages call it: "the variable A". */
  readonly what: string;
  /** As it is written: "A", "file:/run/secrets/dsn". */
  readonly label: string;
  /** Only asked when it is wanted. */
  value(emptyIsValue: boolean): ValueOfFile;
}

class Expansion {
  readonly variables: string[] = [];
  readonly fileTexts: string[] = [];
  readonly problems: Unreplaced[] = [];
  readonly #text: string;
  readonly #env: Environment;
  readonly #readValue: ReadValue;
  #at = 0;

  constructor(text: string, env: Environment, readValue: ReadValue) {
    this.#text = text;
    this.#env = env;
    this.#readValue = readValue;
  }

  /** Reads to the end, or to where the piece ends. */
  run({ nesting, used, ends }: Piece): string {
    let out = "";
    while (this.#at < this.#text.length && !this.#is(ends)) {
      if (this.#text.startsWith("$${", this.#at)) {
        out += "${";
        this.#at += 3;
      } else if (this.#text.startsWith("${", this.#at)) {
        out += this.#replacement(nesting, used);
      } else {
        out += this.#text[this.#at];
        this.#at += 1;
      }
    }
    return out;
  }

  #is(ends: Ends): boolean {
    if (ends === NEVER) return false;
    ends.lastIndex = this.#at;
    return ends.test(this.#text);
  }

  #replacement(nesting: number, used: boolean): string {
    const at = this.#at;
    const before = this.problems.length;
    const deep = nesting === MAX_NESTING;
    const reference = deep ? undefined : (this.#variable() ?? this.#file(nesting, used));
    if (reference === undefined) {
      this.#at = this.#text.length;
      // What follows is not quoted: it may be a piece of a secret.
      return this.#problem(at, deep ? "variables are nested too deeply" : "this is no variable", FORMS);
    }
    FORM.lastIndex = this.#at;
    const form = FORM.exec(this.#text)?.[0] ?? "";
    this.#at += form.length;
    const value = used && this.problems.length === before ? reference.value(form === "}") : undefined;
    let word = "";
    if (form !== "}") {
      word = this.run({ nesting: nesting + 1, used: value?.kind === "lacking", ends: BRACE });
      if (this.#at >= this.#text.length) {
        return this.problems.length > before ? "" : this.#problem(at, `${reference.what} has no closing }`, FORMS);
      }
      this.#at += 1;
    }
    if (value === undefined) return "";
    if (value.kind === "broken") return this.#problem(at, value.message, value.hint);
    if (value.kind === "lacking") {
      if (form === ":-") return word;
      if (form === ":?" && word !== "") return this.#problem(at, `${value.message}: ${word}`, undefined);
      return this.#problem(at, value.message, value.hint);
    }
    this.variables.push(reference.label);
    if (reference.label.startsWith("file:")) this.fileTexts.push(value.text);
    return value.text;
  }

  #variable(): Reference | undefined {
    VARIABLE.lastIndex = this.#at;
    const [opening, name = ""] = VARIABLE.exec(this.#text) ?? [];
    if (opening === undefined) return undefined;
    this.#at += opening.length;
    const what = `the variable ${name}`;
    return {
      what,
      label: name,
      value: (emptyIsValue) => {
        const text = variable(this.#env, name);
        if (text !== undefined && (text !== "" || emptyIsValue)) return { kind: "text", text };
        const message = `${what} is ${text === undefined ? "not set" : "empty"}`;
        return { kind: "lacking", message, hint: `set it, or give a default: \${${name}:-...}` };
      },
    };
  }

  #file(nesting: number, used: boolean): Reference | undefined {
    if (!this.#text.startsWith(FILE, this.#at)) return undefined;
    this.#at += FILE.length;
    const path = this.run({ nesting: nesting + 1, used, ends: FORM });
    return { what: "this ${file:...}", label: `file:${path}`, value: () => this.#readValue(path) };
  }

  #problem(at: number, message: string, hint: string | undefined): string {
    this.problems.push({ at, message, hint });
    return "";
  }
}

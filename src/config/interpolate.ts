/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that could not be replaced. */
interface Unreplaced {
  /** Index of its `${` in the text. */
  readonly at: number;
  readonly message: string;
  readonly hint: string | undefined;
}

export interface Interpolated {
  readonly text: string;
  /** Names of the variables whose values the text now holds; defaults are not among them. */
  readonly variables: readonly string[];
  /** When there are any, `text` means nothing. */
  readonly problems: readonly Unreplaced[];
}

/** The value of a variable; undefined when it is not set. */
export function variable(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

/**
 * Replaces `${VAR}`, `${VAR:-default}` and `${VAR:?message}` as a shell does: the default stands in for an unset and for
 * an empty variable, and may itself hold variables. `$${` is a literal `${`. What a variable holds is not read again.
 */
export function interpolate(text: string, env: Environment): Interpolated {
  const expansion = new Expansion(text, env);
  const replaced = expansion.run(0, true);
  return { text: replaced, variables: expansion.variables, problems: expansion.problems };
}

const OPENING = /\$\{([A-Za-z_][A-Za-z0-9_]*)(\}|:-|:\?)/y;
const MAX_NESTING = 8;
const FORMS = "write ${NAME}, ${NAME:-default} or ${NAME:?message}, and $${ for a literal ${";

class Expansion {
  readonly variables: string[] = [];
  readonly problems: Unreplaced[] = [];
  readonly #text: string;
  readonly #env: Environment;
  #at = 0;

  constructor(text: string, env: Environment) {
    this.#text = text;
    this.#env = env;
  }

  /** Reads to the end, or inside a default to the brace that closes it. `used`: whether the outcome is wanted. */
  run(nesting: number, used: boolean): string {
    let out = "";
    while (this.#at < this.#text.length) {
      const next = this.#text[this.#at] ?? "";
      if (nesting > 0 && next === "}") break;
      if (this.#text.startsWith("$${", this.#at)) {
        out += "${";
        this.#at += 3;
      } else if (this.#text.startsWith("${", this.#at)) {
        out += this.#variable(nesting, used);
      } else {
        out += next;
        this.#at += 1;
      }
    }
    return out;
  }

  #variable(nesting: number, used: boolean): string {
    const at = this.#at;
    OPENING.lastIndex = at;
    const [opening, name = "", form] = OPENING.exec(this.#text) ?? [];
    if (opening === undefined || nesting === MAX_NESTING) {
      this.#at = this.#text.length;
      // What follows is not quoted: it may be a piece of a secret.
      return this.#problem(at, opening === undefined ? "this is no variable" : "variables are nested too deeply", FORMS);
    }
    this.#at += opening.length;
    const value = variable(this.#env, name);
    const present = form === "}" ? value !== undefined : value !== undefined && value !== "";
    let word = "";
    if (form !== "}") {
      const before = this.problems.length;
      word = this.run(nesting + 1, used && !present);
      if (this.#at >= this.#text.length) {
        return this.problems.length > before ? "" : this.#problem(at, `the variable ${name} has no closing }`, FORMS);
      }
      this.#at += 1;
    }
    if (!used) return "";
    if (present) {
      this.variables.push(name);
      return value ?? "";
    }
    if (form === ":-") return word;
    const missing = `the variable ${name} is ${value === undefined ? "not set" : "empty"}`;
    if (form === ":?" && word !== "") return this.#problem(at, `${missing}: ${word}`, undefined);
    return this.#problem(at, missing, `set it, or give a default: \${${name}:-...}`);
  }

  #problem(at: number, message: string, hint: string | undefined): string {
    this.problems.push({ at, message, hint });
    return "";
  }
}

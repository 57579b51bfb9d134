import { findAuthorization } from "./authorization.ts";
import { Findings, type Finding } from "./findings.ts";
import { KeyedValues } from "./keyed.ts";
import type { Mark } from "./mark.ts";
import { findNamed } from "./named.ts";
import type { SecretNames } from "./names.ts";
import type { OwnPatterns } from "./own-patterns.ts";
import { findPrivateKeys } from "./private-key.ts";
import { findInRuns } from "./runs.ts";

/** The shortest text that can hold a name and a value: "pwd=a". */
const MIN_CHARS = 5;
/** The shortest text that a rule without names can find something in: "Basic YTpi". */
const MIN_UNNAMED_CHARS = 12;

/** Replaces the secrets of one text. Every rule first asks cheaply whether it has anything to do. */
export class TextScrubber {
  readonly #names: SecretNames;
  readonly #own: OwnPatterns;
  readonly #keyed: KeyedValues;
  readonly #replace: (text: string, finding: Finding) => string;
  readonly #findings = new Findings();

  /** `count` is told the rule of each replacement. */
  constructor(parts: { names: SecretNames; own: OwnPatterns; mark: Mark; count: (rule: string) => void }) {
    this.#names = parts.names;
    this.#own = parts.own;
    this.#keyed = new KeyedValues(parts.names);
    this.#replace = (text, finding) => {
      parts.count(finding.rule);
      return finding.replacement ?? finding.quote + parts.mark(text.slice(finding.start, finding.end)) + finding.quote;
    };
  }

  /** The text without its secrets: the same string when it has none. */
  scrub(text: string): string {
    this.#own.find(text, this.#findings);
    const rest = this.#applied(text);
    if (rest.length < MIN_CHARS) return rest;
    this.#keyed.find(rest, this.#findings);
    if (rest.length >= MIN_UNNAMED_CHARS) {
      findInRuns(rest, this.#findings);
      findAuthorization(rest, this.#findings);
      findNamed(rest, this.#names, this.#findings);
      findPrivateKeys(rest, this.#findings);
    }
    return this.#applied(rest);
  }

  #applied(text: string): string {
    return this.#findings.empty ? text : this.#findings.applyTo(text, (finding) => this.#replace(text, finding));
  }
}

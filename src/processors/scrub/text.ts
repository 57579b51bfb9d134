import { findAuthorization } from "./authorization.ts";
import { findInCommands, findInSources } from "./commands.ts";
import { Findings, type Finding } from "./findings.ts";
import { KeyedValues } from "./keyed.ts";
import type { Mark } from "./mark.ts";
import { findNamed } from "./named.ts";
import type { SecretNames } from "./names.ts";
import type { OwnPatterns } from "./own-patterns.ts";
import { findPasswordHashes } from "./password-hash.ts";
import { findPrivateKeys } from "./private-key.ts";
import { findInRuns } from "./runs.ts";

/** The shortest text that can hold a name and a value: "pwd=a". */
const MIN_CHARS = 5;
/** The shortest text that a rule without names can find something in: "Basic YTpi". */
const MIN_UNNAMED_CHARS = 12;

const MAX_TURNS = 4;

/**
 * What all hinted rules need, in one question: "--password x", "-----BEGIN", "-u a:b", "</password>", "PASSWORD 'x'",
 * "password is x", "Bearer x", `Password("x")`, "a:b@tcp(", "jdbc:oracle", "$2b$10$". Which letters may begin a match
 * decides how long the question takes.
 */
const HINT =
  /[ -]-[A-Za-z]|<\/|(?:word|WORD|by|BY) (?:["']|is |was )|(?:[Bb](?:earer|asic)|B(?:EARER|ASIC)) |\(\\*"|@(?:tcp|unix)\(|jdbc:o|\$\w{1,16}\$/;

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
    let done = this.#applied(text);
    // A mark can change how what stands beside it is read, so that a text that had secrets is read again.
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      this.#find(done);
      if (this.#findings.empty) break;
      done = this.#applied(done);
    }
    return done;
  }

  #find(text: string): void {
    if (text.length < MIN_CHARS) return;
    this.#keyed.find(text, this.#findings);
    if (text.length < MIN_UNNAMED_CHARS) return;
    findInRuns(text, this.#findings);
    if (HINT.test(text)) this.#findHinted(text);
  }

  #findHinted(text: string): void {
    findAuthorization(text, this.#findings);
    findNamed(text, this.#names, this.#findings);
    findPrivateKeys(text, this.#findings);
    findInCommands(text, this.#findings);
    findInSources(text, this.#findings);
    findPasswordHashes(text, this.#findings);
  }

  #applied(text: string): string {
    return this.#findings.empty ? text : this.#findings.applyTo(text, (finding) => this.#replace(text, finding));
  }
}

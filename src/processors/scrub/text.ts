import { findAuthorization } from "./authorization.ts";
import { findInCommands, findInSources } from "./commands.ts";
import { KIND, kindsOf } from "./chars.ts";
import { Findings, type Finding } from "./findings.ts";
import { findInInserts } from "./inserts.ts";
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
 * "password x", "code is 1", "AUTH PLAIN x", "Bearer x", `Password("x")`, "a:b@tcp(", "jdbc:oracle", "$2b$10$". Which letters may begin a match
 * decides how long the question takes.
 */
const HINT =
  /[ -]-[A-Za-z]|<\/|(?:word|phrase|WORD|passwd) \S|(?:by|BY) ["']|(?:code|pin) is \d|AUTH(?:ENTICATE)? |\) ?(?:VALUES|values) ?\(|(?:[Bb](?:earer|asic)|B(?:EARER|ASIC)) |\(\\*"|@(?:tcp|unix)\(|jdbc:o|\$\w{1,16}\$/;

/** False where the kinds of characters in a text rule out every sign in {@link HINT}. */
function maySign(text: string, kinds: number): boolean {
  if ((kinds & KIND.sign) !== 0) return true;
  return ((kinds & KIND.dash) !== 0 && text.includes("--")) || ((kinds & KIND.separator) !== 0 && text.includes("jdbc:o"));
}

export interface TextScrubberParts {
  readonly names: SecretNames;
  readonly own: OwnPatterns;
  readonly mark: Mark;
  /** Is told the rule of each replacement. */
  readonly count: (rule: string) => void;
  /** Whether a value stays although a rule found it; absent: none does. */
  readonly isAllowed?: ((value: string) => boolean) | undefined;
}

/** Replaces the secrets of one text. Every rule first asks cheaply whether it has anything to do. */
export class TextScrubber {
  readonly #names: SecretNames;
  readonly #own: OwnPatterns;
  readonly #keyed: KeyedValues;
  readonly #isAllowed: ((value: string) => boolean) | undefined;
  readonly #replace: (text: string, finding: Finding) => string;
  readonly #findings = new Findings();

  constructor(parts: TextScrubberParts) {
    this.#names = parts.names;
    this.#isAllowed = parts.isAllowed;
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
      if (this.#isAllowed !== undefined) this.#findings.spare(done, this.#isAllowed);
      if (this.#findings.empty) break;
      done = this.#applied(done);
    }
    return done;
  }

  /** Whether {@link TextScrubber.scrub} surely leaves a text alone; what a person has allowed leaves a doubt. */
  isClean(text: string): boolean {
    this.#own.find(text, this.#findings);
    this.#find(text);
    if (this.#findings.empty) return true;
    this.#findings.clear();
    return false;
  }

  #find(text: string): void {
    if (text.length < MIN_CHARS) return;
    const kinds = kindsOf(text);
    if ((kinds & KIND.separator) !== 0) this.#keyed.find(text, this.#findings);
    if (text.length < MIN_UNNAMED_CHARS) return;
    findInRuns(text, this.#findings);
    if (maySign(text, kinds) && HINT.test(text)) this.#findHinted(text);
  }

  #findHinted(text: string): void {
    findAuthorization(text, this.#findings);
    findNamed(text, this.#names, this.#findings);
    findPrivateKeys(text, this.#findings);
    findInCommands(text, this.#findings);
    findInSources(text, this.#findings);
    findInInserts(text, this.#names, this.#findings);
    findPasswordHashes(text, this.#findings);
  }

  #applied(text: string): string {
    return this.#findings.empty ? text : this.#findings.applyTo(text, (finding) => this.#replace(text, finding));
  }
}

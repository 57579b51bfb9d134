import type { RE2JS } from "re2js";
import { compileRe2, isBadPattern } from "../../component/pattern.ts";
import type { Findings } from "./findings.ts";
import { isInMark } from "./mark.ts";

/** A person's own rule. */
export interface OwnPattern {
  readonly name: string;
  /** RE2 syntax. */
  readonly pattern: string;
  /** Undefined: the usual mark. `$1` to `$9` stand for groups, `$$` for a dollar sign. */
  readonly replace?: string | undefined;
}

interface Compiled extends OwnPattern {
  readonly search: RE2JS;
}

/** Finds what a person's own patterns match. */
export class OwnPatterns {
  readonly #patterns: readonly Compiled[];

  constructor(patterns: readonly OwnPattern[]) {
    this.#patterns = patterns.flatMap((own) => {
      const search = compileRe2(own.pattern);
      return isBadPattern(search) ? [] : [{ ...own, search }];
    });
  }

  find(text: string, findings: Findings): void {
    for (const { name, search, replace } of this.#patterns) {
      if (!search.test(text)) continue;
      for (const found of search.matchAll(text)) {
        const [matched] = found;
        const start = found.index ?? 0;
        // What an earlier turn has put there must not grow by being found again.
        if (matched === "" || matched === replace || isInMark(text, start, start + matched.length)) continue;
        const replacement = replace === undefined ? undefined : expand(replace, found);
        findings.push({ rule: name, start, end: start + matched.length, replacement, quote: "" });
      }
    }
  }
}

/** What is wrong with a pattern, in words for the person who wrote it; undefined when it can be used. */
export function mistakeOf(own: OwnPattern): string | undefined {
  const search = compileRe2(own.pattern);
  if (isBadPattern(search)) return search.mistake;
  if (search.test("") || search.exec("a b")?.[0] === "") return "it matches the empty text, which is everywhere";
  if (own.replace !== undefined && !own.replace.includes("$") && search.test(own.replace)) {
    return "it matches its own replacement, which would be replaced again";
  }
  return undefined;
}

function expand(replace: string, found: readonly string[]): string {
  return replace.replaceAll(/\$([1-9$])/g, (_, which: string) => (which === "$" ? "$" : (found[Number(which)] ?? "")));
}

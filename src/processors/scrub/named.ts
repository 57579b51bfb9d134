import type { Findings } from "./findings.ts";
import type { SecretNames } from "./names.ts";
import { isSecret } from "./secrecy.ts";
import { valueAt, type Extent } from "./value.ts";

// Names that have neither "=" nor ":" after them.

/** One cheap question for all three. */
const HINT = /--[A-Za-z]|<\/|(?:word|WORD|by|BY) ["']/;
const FLAG = /(?<![\w-])--([A-Za-z][\w.-]{1,63})[ \t]{1,8}(?=[^\s-])/g;
const ELEMENT = /<(?:[\w.-]{1,40}:)?([\w.-]{2,64})(?:\s[^<>]{0,400})?>([^<]+)<\//g;
const QUOTED = /(?<![\w"'-])(?:password|identified by) (?=["'])/gi;

/** Finds `--password hunter2`, `<password>hunter2</password>` and `PASSWORD 'hunter2'`. */
export function findNamed(text: string, names: SecretNames, findings: Findings): void {
  if (!HINT.test(text)) return;
  for (const found of text.matchAll(FLAG)) {
    const kind = names.kindOf(found[1] ?? "");
    const value = valueAt(text, found.index + found[0].length);
    if (kind.secret && isSecret(kind, written(text, value))) findings.add("key", value.start, value.end);
  }
  for (const found of text.matchAll(ELEMENT)) {
    const kind = names.kindOf(found[1] ?? "");
    const content = found[2] ?? "";
    const end = found.index + found[0].length - 2;
    if (kind.secret && isSecret(kind, content.trim())) findings.add("key", end - content.length, end);
  }
  for (const found of text.matchAll(QUOTED)) {
    const value = valueAt(text, found.index + found[0].length);
    if (isSecret(names.kindOf("password"), written(text, value))) findings.add("key", value.start, value.end);
  }
}

function written(text: string, value: Extent): string {
  return text.slice(value.start, value.end);
}

import type { Findings } from "./findings.ts";
import type { SecretNames } from "./names.ts";
import { isSecret } from "./secrecy.ts";
import { valueAt, type Extent } from "./value.ts";

// Names that have neither "=" nor ":" after them.

const FLAG = /(?<![\w-])--([A-Za-z][\w.-]{1,63})[ \t]{1,8}(?=[^\s-])/g;
const ELEMENT = /<(?:[\w.-]{1,40}:)?([\w.-]{2,64})(?:\s[^<>]{0,400})?>([^<]+)<\//g;
const QUOTED = /(?<![\w"'-])(?:password|identified by) (?=["'])/gi;

/** Finds `--password hunter2`, `<password>hunter2</password>` and `PASSWORD 'hunter2'`. */
export function findNamed(text: string, names: SecretNames, findings: Findings): void {
  for (let found = FLAG.exec(text); found !== null; found = FLAG.exec(text)) {
    const kind = names.kindOf(found[1] ?? "");
    const value = valueAt(text, found.index + found[0].length);
    if (kind.secret && isSecret(kind, written(text, value))) findings.add("key", value.start, value.end);
  }
  for (let found = ELEMENT.exec(text); found !== null; found = ELEMENT.exec(text)) {
    const kind = names.kindOf(found[1] ?? "");
    const content = found[2] ?? "";
    const end = found.index + found[0].length - 2;
    if (kind.secret && isSecret(kind, content.trim())) findings.add("key", end - content.length, end);
  }
  for (let found = QUOTED.exec(text); found !== null; found = QUOTED.exec(text)) {
    const value = valueAt(text, found.index + found[0].length);
    if (isSecret(names.kindOf("password"), written(text, value))) findings.add("key", value.start, value.end);
  }
}

function written(text: string, value: Extent): string {
  return text.slice(value.start, value.end);
}

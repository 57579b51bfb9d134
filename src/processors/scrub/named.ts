import type { Findings } from "./findings.ts";
import type { SecretNames } from "./names.ts";
import { isProse, isSecret } from "./secrecy.ts";
import { valueAt, type Extent } from "./value.ts";

// Names that have neither "=" nor ":" after them.

const FLAG = /(?<![\w-])(--?)([A-Za-z][\w.-]{1,63})[ \t]{1,8}(?=[^\s-])/g;
/** Shorter ones after a single dash are flags of one letter, run together. */
const MIN_DASHED_CHARS = 4;
const ELEMENT = /<(?:[\w.-]{1,40}:)?([\w.-]{2,64})(\s[^<>]{0,400})?>(?:<!\[CDATA\[)?([^<]+)<\//g;
const ATTRIBUTE = /\s(?:name|key|id)=["']([\w.-]{2,64})["']/;
const QUOTED = /(?<![\w"'-])(?:password|identified by) (?=["'])/gi;
/** `Password("...")`, as Rust, Kotlin and Scala print a type of one member. */
const CALLED = /(?<![\w.])(\w{3,64})\(\\{0,7}"/g;
/** "password is hunter2": only what holds a letter and a digit, because the rest is prose. */
const SAID = /(?<![\w-])password (?:is|was) (?=["']?\S*\d)/gi;
const MIN_SAID_CHARS = 6;
const LETTER_AND_DIGIT = /[A-Za-z].{0,200}\d|\d.{0,200}[A-Za-z]/;

/** Finds `--password hunter2`, `<password>hunter2</password>`, `PASSWORD 'hunter2'`, `Password("hunter2")`, "password is hunter2". */
export function findNamed(text: string, names: SecretNames, findings: Findings): void {
  const add = (value: Extent): void => findings.add("key", value.start, value.end);
  for (let found = FLAG.exec(text); found !== null; found = FLAG.exec(text)) {
    const [whole, dashes, name = ""] = found;
    const kind = names.kindOf(name);
    if (!kind.secret || (dashes === "-" && name.length < MIN_DASHED_CHARS)) continue;
    const value = valueAt(text, found.index + whole.length);
    if (isSecret(kind, written(text, value)) && !(dashes === "-" && isProse(kind, written(text, value)))) add(value);
  }
  for (let found = ELEMENT.exec(text); found !== null; found = ELEMENT.exec(text)) {
    const content = (found[3] ?? "").replace(/\]\]>$/, "");
    const named = names.kindOf(found[1] ?? "");
    const kind = named.secret ? named : names.kindOf(ATTRIBUTE.exec(found[2] ?? "")?.[1] ?? "");
    const start = found.index + found[0].length - 2 - (found[3] ?? "").length;
    if (kind.secret && isSecret(kind, content.trim())) findings.add("key", start, start + content.length);
  }
  for (let found = QUOTED.exec(text); found !== null; found = QUOTED.exec(text)) {
    const value = valueAt(text, found.index + found[0].length);
    if (isSecret(names.kindOf("password"), written(text, value))) add(value);
  }
  for (let found = CALLED.exec(text); found !== null; found = CALLED.exec(text)) {
    const kind = names.kindOf(found[1] ?? "");
    if (!kind.secret) continue;
    const value = valueAt(text, found.index + (found[1] ?? "").length + 1);
    if (isSecret(kind, written(text, value))) add(value);
  }
  for (let found = SAID.exec(text); found !== null; found = SAID.exec(text)) {
    const value = valueAt(text, found.index + found[0].length);
    const said = written(text, value);
    if (said.length >= MIN_SAID_CHARS && LETTER_AND_DIGIT.test(said) && isSecret(names.kindOf("password"), said)) add(value);
  }
}

function written(text: string, value: Extent): string {
  return text.slice(value.start, value.end);
}

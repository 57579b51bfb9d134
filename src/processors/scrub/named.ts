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
const QUOTED = /(?<![\w"'-])(?:password |identified by |password for \S{1,100} (?:= |to ))(?=["'])/gi;
/** `Password("...")`, as Rust, Kotlin and Scala print a type of one member. */
const CALLED = /(?<![\w.])(\w{3,64})\(\\{0,7}"/g;
const PASSWORD = /pass(?:word|wd|phrase)|identified by/i;
/** "password is hunter2", "with password hunter2": only what holds a letter and a digit, because the rest is prose. */
const SAID = /(?<![\w-])(?:password|passwd|passphrase) (?:is |was )?(?=["']?[^\s\d]{0,64}\d)/gi;
const MIN_SAID_CHARS = 6;
/** What is said of passwords and holds a letter and a digit. */
const KNOWN = /^["']?(?:sha|md|pbkdf|argon|bcrypt|scrypt|utf|oauth|http|base|log4|v?\d+\.)/i;
/** "your verification code is 482913": a status or an exit code is never of such a kind. */
const CODE =
  /\b(?:verification|security|one[ -]time|otp|login|confirmation|authentication|2fa|mfa|sms|recovery)[ -](?:pass)?(?:code|pin|word) is (\d{4,8})\b/gi;
const LETTER_AND_DIGIT = /[A-Za-z].{0,200}\d|\d.{0,200}[A-Za-z]/;

/** Finds `--password hunter2`, `<password>hunter2</password>`, `PASSWORD 'hunter2'`, `Password("hunter2")`, "password is hunter2". */
export function findNamed(text: string, names: SecretNames, findings: Findings): void {
  findFlags(text, names, findings);
  if (text.includes("</")) findElements(text, names, findings);
  if (text.includes('("') || text.includes("(\\")) findCalled(text, names, findings);
  if (PASSWORD.test(text)) findSpoken(text, names, findings);
  if (text.includes(" is ")) findCodes(text, findings);
}

function findFlags(text: string, names: SecretNames, findings: Findings): void {
  for (let found = FLAG.exec(text); found !== null; found = FLAG.exec(text)) {
    const [whole, dashes, name = ""] = found;
    const kind = names.kindOf(name);
    if (!kind.secret || (dashes === "-" && name.length < MIN_DASHED_CHARS)) continue;
    const value = valueAt(text, found.index + whole.length);
    const said = written(text, value);
    if (isSecret(kind, said) && !(dashes === "-" && isProse(kind, said))) addTo(findings, value);
  }
}

function findElements(text: string, names: SecretNames, findings: Findings): void {
  for (let found = ELEMENT.exec(text); found !== null; found = ELEMENT.exec(text)) {
    const content = (found[3] ?? "").replace(/\]\]>$/, "");
    const named = names.kindOf(found[1] ?? "");
    const kind = named.secret ? named : names.kindOf(ATTRIBUTE.exec(found[2] ?? "")?.[1] ?? "");
    const start = found.index + found[0].length - 2 - (found[3] ?? "").length;
    if (kind.secret && isSecret(kind, content.trim())) findings.add("key", start, start + content.length);
  }
}

function findCalled(text: string, names: SecretNames, findings: Findings): void {
  for (let found = CALLED.exec(text); found !== null; found = CALLED.exec(text)) {
    const kind = names.kindOf(found[1] ?? "");
    if (!kind.secret) continue;
    const value = valueAt(text, found.index + (found[1] ?? "").length + 1);
    if (isSecret(kind, written(text, value))) addTo(findings, value);
  }
}

function findSpoken(text: string, names: SecretNames, findings: Findings): void {
  const kind = names.kindOf("password");
  for (let found = QUOTED.exec(text); found !== null; found = QUOTED.exec(text)) {
    const value = valueAt(text, found.index + found[0].length);
    if (isSecret(kind, written(text, value))) addTo(findings, value);
  }
  for (let found = SAID.exec(text); found !== null; found = SAID.exec(text)) {
    const value = valueAt(text, found.index + found[0].length);
    const said = written(text, value);
    if (said.length < MIN_SAID_CHARS || !LETTER_AND_DIGIT.test(said) || KNOWN.test(said)) continue;
    if (isSecret(kind, said)) addTo(findings, value);
  }
}

function findCodes(text: string, findings: Findings): void {
  for (let found = CODE.exec(text); found !== null; found = CODE.exec(text)) {
    const end = found.index + found[0].length;
    findings.add("key", end - (found[1] ?? "").length, end);
  }
}

function addTo(findings: Findings, { start, end }: Extent): void {
  findings.add("key", start, end);
}

function written(text: string, value: Extent): string {
  return text.slice(value.start, value.end);
}

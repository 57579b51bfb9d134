import { createRequire } from "node:module";
import type * as Re2js from "re2js";
import type { RE2JS } from "re2js";

/** Says whether a text holds what was looked for. Linear in the length of the text. */
export type TextTest = (text: string) => boolean;

/** A pattern that cannot be used, in words for the person who wrote it. */
export interface BadPattern {
  readonly mistake: string;
}

type Engine = typeof Re2js;

// 3 MiB and 15 ms that a relay without such patterns does not pay. Configuration is checked synchronously, which rules out
// a dynamic import.
const load = createRequire(import.meta.url);
let loaded: Engine | undefined;

function engine(): Engine {
  loaded ??= load("re2js") as Engine; // a package has the type its declarations give it
  return loaded;
}

/** A pattern of words and "|" alone, with an optional "(?i)" before it; escaped punctuation counts as plain. */
const PLAIN = /^(?:[^\\^$.|?*+()[\]{}]|\\[!-/:-@[-`{-~]|\|)+$/;
const MAX_PATTERN_CHARS = 2_000;

/** Compiles a regular expression in RE2 syntax: no look-around, no back-references, linear time on any text. */
export function compileRe2(source: string, flags = ""): RE2JS | BadPattern {
  const mistake = badLength(source);
  if (mistake !== undefined) return mistake;
  const { RE2JS, RE2JSException } = engine();
  const known = new Map([
    ["i", RE2JS.CASE_INSENSITIVE],
    ["m", RE2JS.MULTILINE],
    ["s", RE2JS.DOTALL],
  ]);
  let bits = 0;
  for (const flag of flags) {
    const bit = known.get(flag);
    if (bit === undefined) return { mistake: `it has the unknown flag "${flag}" (known are i, m and s)` };
    bits |= bit;
  }
  try {
    return RE2JS.compile(source, bits);
  } catch (thrown) {
    if (!(thrown instanceof RE2JSException)) throw thrown;
    return { mistake: plainWords(thrown.message) };
  }
}

/** A test that searches a regular expression (RE2 syntax) anywhere in a text. */
export function compileSearch(source: string, flags = ""): TextTest | BadPattern {
  const plain = plainSearch(source, flags);
  if (plain !== undefined) return plain;
  const compiled = compileRe2(source, flags);
  return isBadPattern(compiled) ? compiled : (text) => compiled.test(text);
}

/** A test of a whole text against a glob: `*` stands for any characters, `?` for one, a backslash takes both literally. */
export function compileGlob(glob: string): TextTest | BadPattern {
  const mistake = badLength(glob);
  if (mistake !== undefined) return mistake;
  const parts = globParts(glob);
  const only = parts[0];
  if (parts.length === 1 && only !== undefined) return only === glob ? (text) => text === glob : (text) => fits(text, only);
  return (text) => globMatches(text, parts);
}

export function isBadPattern(compiled: object): compiled is BadPattern {
  return "mistake" in compiled;
}

function badLength(source: string): BadPattern | undefined {
  if (source === "") return { mistake: "it is empty" };
  return source.length > MAX_PATTERN_CHARS ? { mistake: `it is longer than ${MAX_PATTERN_CHARS} characters` } : undefined;
}

/** Most patterns are words with "|" between them; the engine built into Node finds those several times faster. */
function plainSearch(source: string, flags: string): TextTest | undefined {
  const ignoresCase = flags.includes("i") || source.startsWith("(?i)");
  const body = source.startsWith("(?i)") ? source.slice(4) : source;
  if (source.length > MAX_PATTERN_CHARS || !/^[ims]*$/.test(flags) || !PLAIN.test(body)) return undefined;
  // Splitting at a bar must not split an escaped one; such patterns are rare enough for the general engine.
  if (body.includes("\\|")) return undefined;
  const words = body.split("|").map((word) => word.replaceAll(/\\(.)/g, "$1"));
  if (words.includes("")) return undefined;
  const [first] = words;
  if (words.length === 1 && first !== undefined && !ignoresCase) return (text) => text.includes(first);
  const escaped = words.map((word) => word.replaceAll(/[\\^$.|?*+()[\]{}/]/g, String.raw`\$&`));
  const native = new RegExp(escaped.join("|"), ignoresCase ? "iu" : "u");
  return (text) => native.test(text);
}

function plainWords(message: string): string {
  const said = message.replace(/^error parsing regexp: /, "");
  return BEYOND_RE2.test(said) ? `${said} (the syntax is RE2: no look-around, no back-references)` : said;
}

const BEYOND_RE2 = /^invalid (?:or unsupported Perl syntax|escape sequence|named capture)/;

/** One stretch between stars, as character codes; `ANY` stands for `?`. */
type GlobPart = string | readonly number[];

const ANY = -1;

function globParts(glob: string): GlobPart[] {
  const parts: number[][] = [[]];
  for (let at = 0; at < glob.length; at++) {
    const code = glob.charCodeAt(at);
    const part = parts.at(-1);
    if (code === 0x2a) parts.push([]);
    else if (code === 0x3f) part?.push(ANY);
    else if (code === 0x5c && "*?\\".includes(glob.charAt(at + 1)) && at + 1 < glob.length) part?.push(glob.charCodeAt(++at));
    else part?.push(code);
  }
  return parts.map((part) => (part.includes(ANY) ? part : String.fromCharCode(...part)));
}

function globMatches(text: string, parts: readonly GlobPart[]): boolean {
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (text.length < first.length + last.length) return false;
  if (!fitsAt(text, first, 0) || !fitsAt(text, last, text.length - last.length)) return false;
  // The leftmost place for each stretch is always as good as any later one, so nothing is tried twice.
  let at = first.length;
  const end = text.length - last.length;
  for (let index = 1; index < parts.length - 1; index++) {
    const part = parts[index] ?? "";
    const found = find(text, part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return at <= end;
}

function find(text: string, part: GlobPart, from: number): number {
  if (typeof part === "string") return text.indexOf(part, from);
  for (let at = from; at + part.length <= text.length; at++) if (fitsAt(text, part, at)) return at;
  return -1;
}

function fits(text: string, part: GlobPart): boolean {
  return text.length === part.length && fitsAt(text, part, 0);
}

function fitsAt(text: string, part: GlobPart, at: number): boolean {
  if (typeof part === "string") return text.startsWith(part, at);
  for (let index = 0; index < part.length; index++) {
    const wanted = part[index];
    if (wanted !== ANY && wanted !== text.charCodeAt(at + index)) return false;
  }
  return true;
}

// What is wrong with a text that is no JSON, and where: engines say it differently in every version.

/** Where the text stops being JSON (as lenient as `json-repair.ts`) and what stands there. */
export interface Fault {
  readonly at: number;
  /** "unexpected end", 'unexpected "h"', ... */
  readonly what: string;
}

type Expected = "value" | "value or end" | "name" | "colon" | "comma" | "nothing";

/** Numbers longer than any that means something count as a fault. */
const SCALAR = /-?(?:0|[1-9]\d{0,400})(?:\.\d{1,400})?(?:[eE][+-]?\d{1,9})?|true|false|null|NaN|-?Infinity/y;

/** The first fault of a text, one character for each byte; undefined when it has none. */
export function faultOf(text: string): Fault | undefined {
  const open: string[] = [];
  let expected: Expected = "value";
  let at = afterSpace(text, 0);
  while (at < text.length) {
    const letter = text.charAt(at);
    let next = at + 1;
    if (expected === "nothing") return { at, what: letter === "{" ? "a second object begins" : unexpected(letter) };
    if (isClosing(letter) && closes(letter, open.at(-1), expected)) {
      open.pop();
      expected = open.length === 0 ? "nothing" : "comma";
    } else if (expected === "comma" && letter === ",") expected = open.at(-1) === "{" ? "name" : "value or end";
    else if (expected === "colon" && letter === ":") expected = "value";
    else if (expected === "name" && letter === '"') {
      next = afterString(text, at);
      expected = "colon";
    } else if ((expected === "value" || expected === "value or end") && (letter === "{" || letter === "[")) {
      open.push(letter);
      expected = letter === "{" ? "name" : "value or end";
    } else if (expected === "value" || expected === "value or end") {
      next = letter === '"' ? afterString(text, at) : afterScalar(text, at);
      expected = open.length === 0 ? "nothing" : "comma";
    } else return { at, what: unexpected(letter) };
    if (next === at) return letter === '"' ? { at: text.length, what: "unexpected end" } : { at, what: unexpected(letter) };
    at = afterSpace(text, next);
  }
  return expected === "nothing" ? undefined : { at, what: "unexpected end" };
}

function unexpected(letter: string): string {
  return letter >= " " && letter <= "~" ? `unexpected ${JSON.stringify(letter)}` : `unexpected byte ${letter.charCodeAt(0)}`;
}

function isClosing(letter: string): boolean {
  return letter === "}" || letter === "]";
}

/** An object may end where a name or a comma could stand, a list where a value or a comma could. */
function closes(letter: string, opened: string | undefined, expected: Expected): boolean {
  if (letter === "}") return opened === "{" && (expected === "name" || expected === "comma");
  return opened === "[" && (expected === "value or end" || expected === "comma");
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (" \t\r\n".includes(text.charAt(at)) && at < text.length) at += 1;
  return at;
}

/** The place after the string that begins at `from`; `from` when it never ends. */
function afterString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const letter = text.charAt(at);
    if (letter === '"') return at + 1;
    if (letter === "\\") at += 1;
  }
  return from;
}

/** The place after the number or word at `from`; `from` when there is none. */
function afterScalar(text: string, from: number): number {
  SCALAR.lastIndex = from;
  return SCALAR.test(text) ? SCALAR.lastIndex : from;
}

import type { ExceptionValue, Frame } from "../../record/exception.ts";
import {
  exceptionOf,
  isBlank,
  MAX_MESSAGE_LINES,
  MAX_VALUES,
  messageOf,
  oldestFirst,
  splitName,
  type Dialect,
  type Found,
} from "./dialect.ts";
import { javaFrame } from "./java.ts";
import type { Shape } from "./shape.ts";

// Clojure prints an exception as data: `#error { :cause ... :via [{:type T :message M :at [...]} ...] :trace [[...] ...]}`.
// `:via` is outermost first; `:trace` is the stack of the root cause, newest call first. Of what nobody caught clojure.main
// says the class, the place and the message, and leaves the rest in a file:
//
//     Execution error (NullPointerException) at acme.ship/weight$fn (ship.clj:7).
//     Cannot invoke "Object.getClass()" because "x" is null

const OPENING = "#error {";
/** `[java.lang.Integer parseInt "Integer.java" 668]`, in one line; the quotes are missing where it was printed for people. */
const ELEMENT = /\[([\w.$*!?<>+=-]+) ([\w.$*!?<>+=-]+) "?([^"\s[\]]+)"? (-?\d+)\]/;
const TYPE = /^\[?\{:type ([\w.$]+)$/;
/** What went wrong, the class unless it is Exception or RuntimeException, the function unless none was called, the place. */
const REPORT =
  /^((?:Execution|Syntax|Unexpected) error|Error (?:reading eval result|printing return value))(?: \(([\w$.]+)\))?(?: reading source| (?:compiling|macroexpanding)(?: [^\s()]+)?)? at (?:([^\s()]+) )?\(([^\s():]+):(\d+)(?::(\d+))?\)\.$/;
const NEXT = /^:(?:data|at|message|type) |^\{?:type /;

const shapes: readonly Shape[] = [
  ...["Execution error ", "Syntax error ", "Unexpected error ", "Error reading eval result ", "Error printing return value "].map(
    (prefix): Shape => ({ prefix, pattern: REPORT, opens: true, follows: ["prose"], to: "announced" }),
  ),
  { prefix: "Full report at:", follows: ["message"], to: "announced" },
  { prefix: OPENING, opens: true, to: "object" },
  {
    prefix: ":",
    pattern: /^:(?:cause|via|trace|data|message|at)(?: |$)/,
    indented: true,
    follows: ["prose", "object"],
    to: "object",
  },
  { prefix: "[", pattern: ELEMENT, indented: true, follows: ["object"], to: "object" },
];

export const clojure: Dialect = {
  name: "clojure",
  shapes,
  probe: (text) =>
    text.includes(OPENING) || /^(?:(?:Execution|Syntax|Unexpected) error|Error (?:reading eval|printing return) )/m.test(text),
  parse(lines) {
    const first = lines.findIndex((line) => line.trimEnd().endsWith(OPENING));
    if (first < 0) return parseReport(lines);
    const values = valuesOf(lines, first + 1);
    const line = lines[first] ?? "";
    const prefix = line.slice(0, line.lastIndexOf(OPENING)).trim();
    return values.length === 0 ? undefined : { platform: "java", values, first, prefix, said: prefix };
  },
};

function parseReport(lines: readonly string[]): Found | undefined {
  for (const [first, line] of lines.entries()) {
    const [, what, type, called, file, lineno, colno] = line.length < 2_048 ? (REPORT.exec(line) ?? []) : [];
    if (what === undefined) continue;
    const message = lines.slice(first + 1, first + 1 + MAX_MESSAGE_LINES);
    const end = message.findIndex((said) => isBlank(said) || said.startsWith("Full report at:"));
    const value = messageOf(end < 0 ? message : message.slice(0, end));
    const frame = javaFrame(`${called ?? ""} (${file}:${lineno})`);
    if (colno !== undefined) frame.colno = Number(colno);
    return { platform: "java", values: [exceptionOf(type ?? what, value, [frame])], first, prefix: "" };
  }
  return undefined;
}

function valuesOf(lines: readonly string[], from: number): ExceptionValue[] {
  const values: ExceptionValue[] = [];
  const trace: Frame[] = [];
  let inTrace = false;
  for (let i = from; i < lines.length; i += 1) {
    const text = (lines[i] ?? "").trim();
    if (text === ":trace") inTrace = true;
    const type = TYPE.exec(text)?.[1];
    if (type !== undefined && values.length < MAX_VALUES) values.push(named(type));
    const value = values.at(-1);
    if (value !== undefined && text.startsWith(":message ")) value.value = messageFrom(lines, i);
    const frame = frameIn(text);
    if (frame === undefined) continue;
    if (inTrace) trace.push(frame);
    else if (value !== undefined && text.startsWith(":at ")) value.frames = [frame];
    if (inTrace && text.endsWith("}")) break;
  }
  const root = values.at(-1);
  if (root !== undefined && trace.length > 0) root.frames = oldestFirst(trace);
  return values.toReversed();
}

function named(type: string): ExceptionValue {
  const { module, name } = splitName(type);
  return exceptionOf(name, undefined, [], module);
}

/** A message goes on until the next key. */
function messageFrom(lines: readonly string[], at: number): string {
  let said = (lines[at] ?? "").trim().slice(":message ".length);
  for (let i = at + 1; i < Math.min(lines.length, at + 40); i += 1) {
    const line = lines[i] ?? "";
    if (NEXT.test(line.trimStart())) break;
    said += `\n${line}`;
  }
  return said.length > 1 && said.startsWith('"') && said.endsWith('"') ? said.slice(1, -1).replaceAll('\\"', '"') : said;
}

function frameIn(text: string): Frame | undefined {
  const [, type, method, file, lineno] = ELEMENT.exec(text) ?? [];
  // Native methods have the line -2, hidden ones -1.
  return type === undefined ? undefined : javaFrame(`${type}.${method}(${file}${Number(lineno) > 0 ? `:${lineno}` : ""})`);
}

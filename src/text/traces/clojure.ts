import type { ExceptionValue, Frame } from "../../record/exception.ts";
import { exceptionOf, MAX_VALUES, oldestFirst, splitName, type Dialect } from "./dialect.ts";
import { javaFrame } from "./java.ts";
import type { Shape } from "./shape.ts";

// Clojure prints an exception as data: `#error { :cause ... :via [{:type T :message M :at [...]} ...] :trace [[...] ...]}`.
// `:via` is outermost first; `:trace` is the stack of the root cause, newest call first.

const OPENING = "#error {";
/** `[java.lang.Integer parseInt "Integer.java" 668]`, in one line; the quotes are missing where it was printed for people. */
const ELEMENT = /\[([\w.$*!?<>+=-]+) ([\w.$*!?<>+=-]+) "?([^"\s[\]]+)"? (-?\d+)\]/;
const TYPE = /^\[?\{:type ([\w.$]+)$/;
const NEXT = /^:(?:data|at|message|type) |^\{?:type /;

const shapes: readonly Shape[] = [
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
  probe: (text) => text.includes(OPENING),
  parse(lines) {
    const first = lines.findIndex((line) => line.trimEnd().endsWith(OPENING));
    if (first < 0) return undefined;
    const values = valuesOf(lines, first + 1);
    const line = lines[first] ?? "";
    const prefix = line.slice(0, line.lastIndexOf(OPENING)).trim();
    return values.length === 0 ? undefined : { platform: "java", values, first, prefix, said: prefix };
  },
};

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

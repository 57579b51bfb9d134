import type { ExceptionValue, Frame } from "../../record/exception.ts";
import { dotnetFrame, isDotnetFrame } from "./dotnet-frame.ts";
import { exceptionOf, isBlank, MAX_MESSAGE_LINES, MAX_VALUES, oldestFirst, type Dialect } from "./dialect.ts";
import type { Shape, State } from "./shape.ts";

const OPENER = /^(?:Unhandled exception\. ?|Fatal error\. |\[ERROR\] FATAL UNHANDLED EXCEPTION: |Unhandled Exception: ?)/;
const TYPE = /^((?:[A-Z_]\w*\.)*[A-Z_][\w`]*(?:Exception|Error)|(?:[A-Z_]\w*\.)+[A-Z_][\w`+]*)(?: \([0-9a-zA-Zx, ]*\))?: /;
const TYPE_ALONE = /^((?:[A-Z_]\w*\.)*[A-Z_][\w`]*Exception)\s*$/;
const TOKEN = /(?<![\w.])((?:[A-Z_]\w*\.)+[A-Z_][\w`]*Exception): /;
/** What the runtime says when it gives up: "Process terminated. Assertion failed.", "Stack overflow." */
const FATAL = /^(Process terminated|Stack overflow)\.(?: (.*))?$/;
/** Around frames that a runtime prints once for many. */
const REPEAT = /^Repeat(?:ed)? \d+ times:$|^-{32}$/;
/** The first line of ASP.NET's console logger: level, category, number of the event. The message stands below it. */
const ENTRY = /^(?:fail|crit): [\w.`+<>[\],-]+\[-?\d+\]$/;
const INNER = "---> ";
const MEMBER = /^---> \(Inner Exception #\d+\) /;
const END_OF_INNER = "--- End of inner ";

const shapes: readonly Shape[] = [
  { prefix: "Unhandled exception. ", opens: true, to: "message" },
  { prefix: "Unhandled Exception:", opens: true, to: "message" },
  { prefix: "Fatal error. ", opens: true, to: "message" },
  { prefix: "Process terminated.", pattern: FATAL, opens: true, to: "crash" },
  { prefix: "Stack overflow.", pattern: FATAL, opens: true, to: "crash" },
  { prefix: "Repeat", pattern: REPEAT, follows: ["crash"], to: "crash" },
  { prefix: "Repeat", pattern: REPEAT, follows: ["message", "frames"], to: "frames" },
  { prefix: "--------------------------------", pattern: REPEAT, follows: ["crash"], to: "crash" },
  { prefix: "--------------------------------", pattern: REPEAT, follows: ["frames"], to: "frames" },
  { prefix: "at ", pattern: { test: isDotnetFrame }, follows: ["crash"], to: "crash" },
  { prefix: "[ERROR] FATAL UNHANDLED EXCEPTION: ", opens: true, follows: ["frames"], to: "message" },
  { prefix: "at ", pattern: { test: isDotnetFrame }, inside: true, to: "frames" },
  { prefix: INNER, inside: true, to: "message" },
  { prefix: "--- End of inner exception stack trace ---", inside: true, to: "frames" },
  { prefix: "--- End of stack trace from previous location", inside: true, to: "frames" },
];

function toMessage(line: string): State | undefined {
  return TYPE.test(line) ? "message" : undefined;
}

export const dotnet: Dialect = {
  name: "dotnet",
  shapes,
  head: (line) => (ENTRY.test(line) ? "entry" : undefined),
  // Until version 3.1 it did not indent the exception.
  atMargin: { entry: toMessage, crash: toMessage },
  // Java indents with tabs; a trace whose indent was lost stands at the margin.
  probe: (text) => (text.includes("  at ") || text.includes("\nat ")) && text.includes("("),
  parse(lines) {
    const frame = lines.findIndex((line) => isDotnetFrame(line.trim()));
    if (frame < 0) return undefined;
    const header = findHeader(lines, frame);
    if (header === undefined) return undefined;
    const exceptions = readExceptions(lines, header);
    const values = exceptions.map(({ type, value, frames }): ExceptionValue => exceptionOf(type, value, oldestFirst(frames)));
    return { platform: "csharp", values: values.toReversed(), first: header.line, prefix: header.prefix };
  },
};

interface Header {
  readonly line: number;
  readonly prefix: string;
  /** The line from the type on. */
  readonly said: string;
}

/** The nearest line above the first frame that names an exception and does not begin with "--->". */
function findHeader(lines: readonly string[], frame: number): Header | undefined {
  const lowest = Math.max(0, frame - MAX_MESSAGE_LINES);
  let loose: Header | undefined;
  for (let i = frame - 1; i >= lowest; i -= 1) {
    const line = (lines[i] ?? "").trim();
    if (line.startsWith(INNER)) continue;
    const said = line.replace(OPENER, "");
    if (FATAL.test(line)) return { line: i, prefix: "", said };
    if (TYPE.test(said) || TYPE_ALONE.test(said)) {
      const opened = said === line && OPENER.test((lines[i - 1] ?? "").trim());
      return { line: opened ? i - 1 : i, prefix: "", said };
    }
    const token = TOKEN.exec(line.slice(0, 2_048));
    if (token !== null) loose ??= { line: i, prefix: line.slice(0, token.index), said: line.slice(token.index) };
  }
  return loose;
}

interface Exception {
  readonly type: string | undefined;
  value: string;
  readonly frames: Frame[];
}

function exceptionIn(said: string): Exception {
  const fatal = FATAL.exec(said);
  if (fatal !== null) return { type: fatal[1], value: fatal[2] ?? "", frames: [] };
  const match = TYPE.exec(said) ?? TYPE_ALONE.exec(said);
  return { type: match?.[1], value: match === null ? said : said.slice(match[0].length), frames: [] };
}

/**
 * The outermost first, then what it contains in the order it is printed. An inner exception stands inside the outer,
 * before the outer's frames; the members of an aggregate follow behind it and end in "<---".
 */
function readExceptions(lines: readonly string[], header: Header): Exception[] {
  const all: Exception[] = [];
  /** Exceptions whose frames are still to come, the innermost last. */
  const open: Exception[] = [];
  /** The member printed twice, by mono and the old framework: as the inner exception and as "#0". */
  let skipping = false;
  const begin = (said: string): void => {
    for (const part of said.split(/ ?---> (?=\(Inner|(?:[A-Z_]\w*\.)*[A-Z_]\w*)/)) {
      const exception = exceptionIn(part.replace(/^\(Inner Exception #\d+\) /, ""));
      open.push(exception);
      if (!skipping && all.length < MAX_VALUES) all.push(exception);
    }
  };
  begin(header.said);
  let reading = true;
  const start = (lines[header.line] ?? "").includes(header.said) ? header.line + 1 : header.line + 2;
  for (let i = start; i < lines.length; i += 1) {
    const line = (lines[i] ?? "").trim();
    if (isDotnetFrame(line)) {
      reading = false;
      if (!skipping) open.at(-1)?.frames.push(dotnetFrame(line));
      if (line.endsWith("<---")) skipping = false;
    } else if (line.startsWith(INNER)) {
      if (MEMBER.test(line)) {
        open.length = 0;
        skipping = isRepeated(line, all);
      }
      begin(line.slice(INNER.length));
      reading = true;
    } else if (line.startsWith(END_OF_INNER)) open.pop();
    else if (line.startsWith("--- End of ") || line === "" || line === "<---" || REPEAT.test(line)) continue;
    else if (OPENER.test(line)) break;
    else if (reading) goOn(line, open, begin);
    else if (!isBlank(lines[i] ?? "")) break;
  }
  return all;
}

/** A further line of a message; the next exception may begin in it. */
function goOn(line: string, open: Exception[], begin: (said: string) => void): void {
  const last = open.at(-1);
  const at = line.indexOf(` ${INNER}`);
  if (last !== undefined) last.value += `\n${at < 0 ? line : line.slice(0, at)}`;
  if (at >= 0) begin(line.slice(at + 1 + INNER.length));
}

function isRepeated(line: string, all: readonly Exception[]): boolean {
  const said = exceptionIn(line.replace(MEMBER, "").replace(/ ---> .*$/, ""));
  return all[1] !== undefined && all[1].type === said.type && all[1].value.startsWith(said.value);
}

import type { Frame } from "../../record/exception.ts";
import { isOtpModule } from "./beam-frame.ts";
import { exceptionOf, frameOf, isBlank, MAX_MESSAGE_LINES, messageOf, oldestFirst, type Dialect, type Found } from "./dialect.ts";
import { findTermStack } from "./erlang-term.ts";
import type { Shape } from "./shape.ts";

/** `exception error: bad key: a`, in reports, shells and scripts. */
const EXCEPTION = /^(.{0,1000}?)exception (error|exit|throw): (.*)$/;
const CALL = /^\s*in (?:function|call from) +(\S.*?)(?: \(([^()]{1,500}), line (\d+)\))?\s*$/;
/** What stands between frames: arguments, and what is wrong with them. */
const ASIDE = /^\s+(?:called as |\*\*\* )/;
const REPORT = /^=(?:ERROR|CRASH|SUPERVISOR) REPORT==== .* ===$/;
/** Before a reason and its stack, as one term. */
const REASON = /^(?:\*\* Reason for termination ==|Error in process .* with exit value:)$|^\s+reason: /;
const TERMINATING = /^\*\* (.* terminating)\s*$/;

const shapes: readonly Shape[] = [
  { prefix: "=", pattern: REPORT, opens: true, to: "process" },
  { prefix: "exception ", pattern: EXCEPTION, opens: true, follows: ["prose"], to: "process" },
  { prefix: "escript: exception ", pattern: EXCEPTION, opens: true, to: "process" },
  { prefix: "** exception ", pattern: EXCEPTION, opens: true, follows: ["prose"], to: "process" },
  { prefix: "in function ", pattern: CALL, indented: true, inside: true, to: "process" },
  { prefix: "in call from ", pattern: CALL, indented: true, inside: true, to: "process" },
  { prefix: "[{", pattern: /^\[\{'?[a-z]\w*'?,/, follows: ["prose"], to: "process" },
];

/** Erlang's reports and its shell's print of exceptions. Sentry knows it by Elixir's name. */
export const erlang: Dialect = {
  name: "erlang",
  shapes,
  atMargin: { process: (line) => (/^(?:\*\* (?!\()|Error in process |[[{]\S)/.test(line) ? "process" : undefined) },
  indented: { process: (line) => (/^(?:reason: )?\[?\{/.test(line) ? "process" : undefined) },
  probe: (text) => text.includes("exception ") || text.includes("{file,"),
  parse(lines) {
    const at = lines.findIndex((line) => EXCEPTION.test(line));
    const printed = at < 0 ? undefined : readPrinted(lines, at);
    const term = lines.some((line) => line.includes("{file,")) ? readTerm(lines) : undefined;
    if (printed === undefined || (term !== undefined && term.first < printed.first)) return term;
    return printed;
  },
};

function callOf(name: string, filename: string | undefined, lineno: number | undefined): Frame {
  const module = /^([a-z]\w*|'[^']*'):/.exec(name)?.[1]?.replaceAll("'", "");
  // Without a module it is one of the language's own.
  return frameOf({ function: name, module, filename, lineno, in_app: module !== undefined && !isOtpModule(module) });
}

/** The lines that Erlang prints for an exception; undefined when no call follows. */
function readPrinted(lines: readonly string[], at: number): Found | undefined {
  const [, before = "", type, reason = ""] = EXCEPTION.exec(lines[at] ?? "") ?? [];
  const message = [reason];
  const frames: Frame[] = [];
  for (let i = at + 1; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const call = CALL.exec(line);
    if (call !== null) frames.push(callOf(call[1] ?? "", call[2], call[3] === undefined ? undefined : Number(call[3])));
    else if (frames.length === 0 && !isBlank(line) && message.length < MAX_MESSAGE_LINES) message.push(line.trim());
    else if (!ASIDE.test(line)) break;
  }
  if (frames.length === 0) return undefined;
  const values = [exceptionOf(type, messageOf(message), oldestFirst(frames))];
  const prefix = before.trim();
  const report = prefix === "" ? reportAbove(lines, at) : undefined;
  return { platform: "elixir", values, first: report ?? at, prefix: /^(?:\*\*|escript:)$/.test(prefix) ? "" : prefix };
}

/** The line of the report that line `at` is in; undefined when it is in none. */
function reportAbove(lines: readonly string[], at: number): number | undefined {
  for (let i = at; i >= Math.max(0, at - MAX_MESSAGE_LINES); i -= 1) if (REPORT.test(lines[i] ?? "")) return i;
  return undefined;
}

/** A stack as a term, which may be wrapped over many lines, behind its reason. */
function readTerm(lines: readonly string[]): Found | undefined {
  const marked = lines.findIndex((line) => REASON.test(line));
  const at = marked < 0 ? lines.findIndex((line) => /^\s*\[\{'?[a-z]\w*'?,/.test(line)) : marked;
  if (at < 0) return undefined;
  const stack = findTermStack(lines, at);
  if (stack === undefined) return undefined;
  const frames = oldestFirst(stack.calls.map(({ name, file, line }) => callOf(name, file, line)));
  if (marked < 0) {
    const [, before = "", type, reason] = /^(.*?)\b(error|exit|throw):(.*)$/.exec(lines[at - 1] ?? "") ?? [];
    if (type === undefined) return undefined;
    return { platform: "elixir", values: [exceptionOf(type, reason, frames)], first: at - 1, prefix: before };
  }
  const first = reportAbove(lines, at) ?? at;
  const said = TERMINATING.exec(lines[first + 1] ?? "")?.[1]?.trim();
  const found = { platform: "elixir", values: [exceptionOf("error", stack.reason, frames)], first };
  return said === undefined ? { ...found, prefix: "" } : { ...found, prefix: said, said };
}

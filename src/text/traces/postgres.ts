import type { Frame } from "../../record/exception.ts";
import { exceptionOf, frameOf, messageOf, oldestFirst, type Dialect, type Found } from "./dialect.ts";
import type { Shape } from "./shape.ts";

// The server repeats its prefix before every part of an error, and indents the rest of a part by a tab:
//
//     2026-11-20 14:25:13 UTC [26425] app@shop ERROR:  no B-2 left
//     2026-11-20 14:25:13 UTC [26425] app@shop DETAIL:  asked for 2
//     2026-11-20 14:25:13 UTC [26425] app@shop CONTEXT:  PL/pgSQL function shop.reserve(text,integer) line 4 at RAISE
//         SQL statement "SELECT shop.reserve(item, 2)"
//         PL/pgSQL function shop.checkout(text[]) line 5 at PERFORM
//     2026-11-20 14:25:13 UTC [26425] app@shop STATEMENT:  select shop.checkout('{B-2}');

/** Longer prefixes are not looked for. */
const MAX_PREFIX_CHARS = 512;
const HEAD = /(?:^|[\s:])(ERROR|FATAL|PANIC): {2}(?=\S)/;
const PART = /(?:^|[\s:])(DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION|BACKTRACE):(?: {2}|$)/;
/** psql shows where in the statement. */
const LINE = /^LINE \d+: /;
const FUNCTION = /^(?:(PL\/\w+|SQL) function )"?(.+?)"?(?: line (\d+) at .*| statement \d+| during .*)?$/;
const STATEMENT = /^SQL (?:statement|expression) "(.*)"?$/;

const part = { test: (line: string) => PART.test(line.slice(0, MAX_PREFIX_CHARS)) };
/** A prefix begins with a time, a process, a priority or nothing. */
const BEGINNINGS = ["?", "[", "<", "(", "DETAIL: ", "HINT: ", "QUERY: ", "CONTEXT: ", "STATEMENT: ", "LOCATION: ", "BACKTRACE: "];

export const postgres: Dialect = {
  name: "postgres",
  shapes: [
    ...BEGINNINGS.map((prefix): Shape => ({ prefix, pattern: part, follows: ["report"], to: "report" })),
    // Only the server indents what goes on; psql does not.
    { prefix: "LINE ?", pattern: LINE, follows: ["report"], to: "report" },
    { prefix: 'SQL statement "', follows: ["report"], to: "report" },
    { prefix: "PL/", pattern: FUNCTION, follows: ["report"], to: "report" },
    // The server's own stack, which stays within its part.
    { prefix: "/", indented: true, follows: ["report"], to: "report" },
    { prefix: "^", pattern: /^\^$/, indented: true, follows: ["report"], to: "report" },
  ],
  indented: { report: () => "report" },
  head: (line) => (HEAD.test(line.slice(0, MAX_PREFIX_CHARS)) ? "report" : undefined),
  probe: (text) => PART.test(text) || /^LINE \d+: /m.test(text),
  parse(lines) {
    for (const [i, line] of lines.entries()) {
      const head = HEAD.exec(line.slice(0, MAX_PREFIX_CHARS));
      if (head !== null) return parseReport(lines, i, head);
    }
    return undefined;
  },
};

/** One part of an error: its lines, without prefix and tabs. */
interface Part {
  readonly name: string;
  readonly lines: string[];
}

function parseReport(lines: readonly string[], first: number, head: RegExpExecArray): Found | undefined {
  const [whole, severity = ""] = head;
  const message: Part = { name: severity, lines: [(lines[first] ?? "").slice(head.index + whole.length)] };
  const parts = [message];
  for (const line of lines.slice(first + 1)) {
    const next = PART.exec(line.slice(0, MAX_PREFIX_CHARS));
    if (next !== null) parts.push({ name: next[1] ?? "", lines: [line.slice(next.index + next[0].length)] });
    else if (HEAD.test(line.slice(0, MAX_PREFIX_CHARS))) break;
    else if (LINE.test(line)) parts.push({ name: "LINE", lines: [line] });
    else parts.at(-1)?.lines.push(line.replace(/^\t/, ""));
  }
  if (parts.length === 1) return undefined;
  const { frames, left } = callsOf(parts.filter(({ name }) => name === "CONTEXT").flatMap((context) => context.lines));
  const said = [...message.lines];
  for (const { name, lines: more } of parts) if (name === "DETAIL" || name === "HINT") said.push(`${name}:  ${more.join("\n")}`);
  if (left.length > 0) said.push(`CONTEXT:  ${left.join("\n")}`);
  const value = exceptionOf(severity, messageOf(said), oldestFirst(frames));
  return { platform: "other", values: [value], first, prefix: "" };
}

/** The calls that a context names, newest first, and the lines that name none. */
function callsOf(context: readonly string[]): { readonly frames: Frame[]; readonly left: string[] } {
  const frames: Frame[] = [];
  const left: string[] = [];
  let statement: string | undefined;
  for (const line of context) {
    const text = line.slice(0, 2_048);
    const [, , name, lineno] = FUNCTION.exec(text) ?? [];
    const ran = STATEMENT.exec(text)?.[1];
    if (name !== undefined) {
      const frame = frameOf({ function: name, lineno: lineno === undefined ? undefined : Number(lineno), in_app: true });
      // What a function ran stands before the function.
      if (statement !== undefined) frame.context_line = statement;
      frames.push(frame);
    } else if (ran === undefined) left.push(line);
    statement = ran?.replace(/"$/, "");
  }
  return { frames, left };
}

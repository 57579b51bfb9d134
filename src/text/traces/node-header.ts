import { isBlank, MAX_MESSAGE_LINES } from "./dialect.ts";
import { findTypeToken } from "./type-token.ts";

/** The line that says what was thrown. */
export interface NodeHeader {
  readonly line: number;
  /** What stands before it in the line, for a person to read. */
  readonly prefix: string;
  readonly type: string;
  readonly value: string;
  /** `[TypeError: fetch failed] {`: an error without frames. */
  readonly bracketed: boolean;
  /** Deno's "error: Uncaught Error: message", with a line of source behind the message. */
  readonly uncaught: boolean;
}

const BRACKETED = /^(.*?)\[([A-Za-z_$][\w$]*)(?: \[\w+\])?: (.*)\] \{$/;
/** The same within another error, where it has no properties. */
const BRACKETED_ALONE = /^\[([A-Za-z_$][\w$]*)(?: \[\w+\])?: (.*)\],?$/;
const AT_START =
  /^(?:error: )?(?:Uncaught (?:\(in promise\) )?|Unhandled (?:promise )?rejection:? )?([A-Za-z_$][\w$]*(?:Error|Exception|Rejection|Warning)|Error)(?: \[\w+\])?(?:: ?|$)/;
const CAPITAL = /^([A-Z][\w$]*)(?: \[\w+\])?: /;
/** What was not caught is an error, whatever the name of its class. */
const UNCAUGHT = /^(?:error: )?Uncaught (?:\(in promise\) )?([A-Z][\w$]*)(?:: |$)/;

/** Reads one line as a header; undefined when it names no error. */
export function nodeHeader(text: string, line: number): NodeHeader | undefined {
  const bracketed = text.endsWith("] {") ? BRACKETED.exec(text) : null;
  if (bracketed !== null) {
    const [, prefix = "", type = "", value = ""] = bracketed;
    return { line, prefix, type, value, bracketed: true, uncaught: false };
  }
  const start = AT_START.exec(text) ?? UNCAUGHT.exec(text);
  if (start !== null) {
    const uncaught = text.startsWith("error: ");
    return { line, prefix: "", type: start[1] ?? "", value: text.slice(start[0].length), bracketed: false, uncaught };
  }
  const token = findTypeToken(text);
  if (token === undefined || /[.\\]/.test(text.slice(token.start, token.end))) return undefined;
  const value = text.slice(token.end).replace(/^(?: \[\w+\])?:? ?/, "");
  const [prefix, type] = [text.slice(0, token.start), text.slice(token.start, token.end)];
  return { line, prefix, type, value, bracketed: false, uncaught: false };
}

/** Reads what stands where only an error can: behind "[cause]: ", "Caused by: ", in a list of errors. */
export function innerHeader(text: string, line: number): NodeHeader | undefined {
  const alone = text.startsWith("[") ? BRACKETED_ALONE.exec(text) : null;
  if (alone !== null) return { line, prefix: "", type: alone[1] ?? "", value: alone[2] ?? "", bracketed: true, uncaught: false };
  const header = nodeHeader(text, line);
  if (header !== undefined) return header.prefix === "" ? header : undefined;
  return capitalHeader(text, line);
}

/** A class whose name does not say that it is an error. */
function capitalHeader(text: string, line: number): NodeHeader | undefined {
  const type = CAPITAL.exec(text);
  if (type === null) return undefined;
  return { line, prefix: "", type: type[1] ?? "", value: text.slice(type[0].length), bracketed: false, uncaught: false };
}

/** The nearest line above the first frame that names an error; the one that wraps it when that printed no frames. */
export function findNodeHeader(lines: readonly string[], frame: number): NodeHeader | undefined {
  const lowest = Math.max(0, frame - MAX_MESSAGE_LINES);
  let found: NodeHeader | undefined;
  for (let i = frame - 1; i >= lowest && found === undefined; i -= 1) {
    found = nodeHeader((lines[i] ?? "").trim().replace(/^\[cause\]: /, ""), i);
  }
  // Directly above the frames, any class.
  found ??= capitalHeader((lines[frame - 1] ?? "").trim().replace(/^\[cause\]: /, ""), frame - 1);
  if (found === undefined) return undefined;
  const inner = lines[found.line] ?? "";
  const above = lines[found.line - 1] ?? "";
  const member = /^\s/.test(inner) && (/^\s*\[?errors\]?: \[/.test(above) || /^error: Uncaught .*AggregateError/.test(above));
  if (!member && !/^\s+\[cause\]: /.test(inner)) return found;
  for (let i = found.line - 1; i >= lowest; i -= 1) {
    const outer = nodeHeader((lines[i] ?? "").trim().replace(/^\[cause\]: /, ""), i);
    if (outer?.bracketed === true || outer?.uncaught === true) found = outer;
  }
  return found;
}

/** The line in which an error without frames begins, with its properties in braces behind it; undefined when there is none. */
export function findFrameless(lines: readonly string[]): NodeHeader | undefined {
  for (const [i, line] of lines.entries()) {
    if (!line.endsWith("] {")) continue;
    const header = nodeHeader(line.trimStart(), i);
    if (header !== undefined && lines.slice(i + 1, i + MAX_MESSAGE_LINES).includes("}")) return header;
    return undefined;
  }
  return undefined;
}

/**
 * Where the trace begins, with what node prints before an uncaught error: `file:line`, the source, carets, a blank line;
 * of WebAssembly only the first of these.
 */
export function preambleOf(
  lines: readonly string[],
  header: number,
): { readonly first: number; readonly place: { readonly at: string; readonly source: string } | undefined } {
  let at = header - 1;
  while (at > 0 && isBlank(lines[at] ?? "")) at -= 1;
  if (/^wasm:\/\/\S+:\d+$/.test(lines[at] ?? "")) return { first: at, place: undefined };
  const at2 = lines[at - 2] ?? "";
  if (at < 2 || !/^\s*\^+\s*$/.test(lines[at] ?? "") || !/^\S.*:\d+$/.test(at2)) return { first: header, place: undefined };
  return { first: at - 2, place: { at: at2.replace(/^file:\/\//, ""), source: lines[at - 1] ?? "" } };
}

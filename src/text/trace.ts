import type { ParsedTrace } from "../record/exception.ts";
import { DIALECTS } from "./dialects.ts";
import { withoutLeads } from "./syslog-lead.ts";
import type { Found } from "./traces/dialect.ts";

/** As much of a text is looked at. */
const MAX_TEXT_CHARS = 1 << 20;
const MAX_LINES = 20_000;
/** A longer line is read no further than this. */
const MAX_LINE_CHARS = 8_192;
/** What a logger adds to every line, in a line that says nothing else. */
const TAGS_ALONE = /^(?:\[[^\]]*\]\s*)+$/;
const ESCAPE = String.fromCharCode(27);
const COLOURS = new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g");

/**
 * Finds a stack trace in a text: alone, behind a message, or in a field of its own. `message` is what a person reads
 * first: the text before the trace, or "Type: value". Undefined when there is no trace, or none that is certain.
 * `values` are ordered root cause first; an exception that the text does not name has neither type nor value.
 * Linear in the length of the text.
 */
export function parseTrace(text: string): { trace: ParsedTrace; message: string } | undefined {
  const readable = withoutLeads(unescaped(text.length > MAX_TEXT_CHARS ? text.slice(0, MAX_TEXT_CHARS) : text));
  const candidates = DIALECTS.filter((dialect) => dialect.probe(readable));
  if (candidates.length === 0) return undefined;
  const lines = linesOf(readable);
  let best: Found | undefined;
  for (const dialect of candidates) {
    const found = dialect.parse(lines);
    if (found !== undefined && (best === undefined || found.first < best.first)) best = found;
  }
  if (best === undefined) return undefined;
  const { platform, values } = best;
  const before = textBefore(lines, best);
  const headline = values.at(-1);
  if (headline === undefined) return undefined;
  if (headline.type === undefined && headline.value === undefined && before !== "")
    headline.value = before.split("\n", 1)[0] ?? before;
  const said = [headline.type, headline.value].filter((part) => part !== undefined).join(": ");
  return { trace: { platform, values }, message: before === "" ? said : before };
}

/** Whether a text may hold a trace: one of many lines, one whose newlines were escaped, an exception in a logger's context. */
export function mayHoldTrace(text: string): boolean {
  return text.includes("\n") || text.includes("\\n") || text.includes("[object] (");
}

/** A trace in which a formatter wrote `\n` for its newlines. */
function unescaped(text: string): string {
  const plain = text.includes(`${ESCAPE}[`) ? text.replaceAll(COLOURS, "") : text;
  if (
    plain.includes("\n") ||
    !/\\n\s*(?:\\t)?(?:at |File |#0 |Caused by: |Traceback |goroutine |from |\[previous exception\] )/.test(plain)
  )
    return plain;
  // A doubled backslash is one of the text: "App\\notify" holds no newline.
  return plain.replaceAll(/(?<!\\)\\([nt])/g, (_, letter) => (letter === "n" ? "\n" : "\t"));
}

function linesOf(text: string): string[] {
  const lines = text.split("\n", MAX_LINES);
  for (const [i, line] of lines.entries()) {
    const end = line.endsWith("\r") ? line.length - 1 : line.length;
    if (end < line.length || end > MAX_LINE_CHARS) lines[i] = line.slice(0, Math.min(end, MAX_LINE_CHARS));
  }
  return lines;
}

/** The lines before the trace; when it begins within a line after something to read, that whole line too. */
function textBefore(lines: readonly string[], { first, prefix, said }: Found): string {
  const before = lines.slice(0, first).filter((line) => !TAGS_ALONE.test(line));
  if (/[A-Za-z]/.test(prefix)) before.push(said ?? lines[first] ?? "");
  return before.join("\n").trim();
}

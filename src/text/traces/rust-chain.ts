import type { ExceptionValue, Frame } from "../../record/exception.ts";
import { exceptionOf, isBlank, MAX_MESSAGE_LINES, MAX_VALUES, messageOf, oldestFirst, type Found } from "./dialect.ts";
import { readStack, rustFrame, withoutMachinery } from "./rust-frame.ts";

// Errors that print their causes, as anyhow, eyre and color-eyre do. Of their types the text says nothing.

/** Above the causes, one numbered line each, or one without a number. */
export const CAUSES = "Caused by:";
const NUMBERED = /^\s+\d+: (.*)$/;
const PLACE = /^\s+(\S.*?):(\d+)(?::(\d+))?$/;
/** Between a chain and its stack. */
const TITLE = /^(?:Stack backtrace:|\s*━+ BACKTRACE ━+)$/;
/** color-eyre's own print of a panic. */
const CRASHED = "The application panicked (crashed).";

/** The first chain of errors in a text; undefined when there is none. */
export function findChain(lines: readonly string[]): Found | undefined {
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    if (line === CRASHED) return crashAt(lines, i);
    if (/(?:^|: )Error: *$/.test(line) && NUMBERED.test(lines[i + 1] ?? "")) return reportAt(lines, i);
    const causes = line === CAUSES && /^\s+\S/.test(lines[i + 1] ?? "");
    if (causes || (line === "Stack backtrace:" && /^\s+0: /.test(lines[i + 1] ?? ""))) return chainAt(lines, i);
  }
  return undefined;
}

/** The errors below "Caused by:", outermost first, and the line behind them. */
export function causesOf(lines: readonly string[], at: number): { readonly causes: string[]; readonly end: number } {
  const causes: string[][] = [];
  let end = at + 1;
  for (; end < lines.length && /^\s+\S/.test(lines[end] ?? "") && !TITLE.test(lines[end] ?? ""); end += 1) {
    const line = lines[end] ?? "";
    const numbered = NUMBERED.exec(line);
    if (numbered !== null) causes.push([numbered[1] ?? ""]);
    else if (causes.length === 0) causes.push([line.trim()]);
    else causes.at(-1)?.push(line.trim());
  }
  return { causes: causes.slice(0, MAX_VALUES - 1).map((cause) => messageOf(cause)), end };
}

/** anyhow and eyre: the message, its causes, the place or the stack. */
function chainAt(lines: readonly string[], at: number): Found | undefined {
  const first = headOf(lines, at);
  if (first === undefined) return undefined;
  const [, prefix = "", head = lines[first] ?? ""] = /^(|.*: )Error: (.*)$/.exec(lines[first] ?? "") ?? [];
  const named = head !== lines[first];
  const { causes, end } = lines[at] === CAUSES ? causesOf(lines, at) : { causes: [], end: at };
  const said = messageOf([head, ...lines.slice(first + 1, at)]);
  const outermost = exceptionOf(named ? "Error" : undefined, said, oldestFirst(stackBehind(lines, end)));
  return { platform: "native", values: [...unnamed(causes), outermost], first, prefix };
}

/** The line that says what went wrong: the nearest above with "Error: ", else the first of the paragraph above. */
function headOf(lines: readonly string[], at: number): number | undefined {
  let paragraph = at - 1;
  while (paragraph >= 0 && isBlank(lines[paragraph] ?? "")) paragraph -= 1;
  if (paragraph < 0) return undefined;
  for (let i = paragraph; i >= Math.max(0, at - MAX_MESSAGE_LINES); i -= 1) {
    if (/(?:^|: )Error: /.test(lines[i] ?? "")) return i;
  }
  while (paragraph > 0 && !isBlank(lines[paragraph - 1] ?? "")) paragraph -= 1;
  return paragraph;
}

/** color-eyre: the whole chain is numbered, from the outermost. */
function reportAt(lines: readonly string[], at: number): Found {
  const { causes, end } = causesOf(lines, at);
  const [said, ...rest] = causes;
  const outermost = exceptionOf("Error", said, oldestFirst(stackBehind(lines, end)));
  const prefix = (lines[at] ?? "").replace(/Error: *$/, "");
  return { platform: "native", values: [...unnamed(rest), outermost], first: at, prefix, said: `${prefix}${said ?? ""}` };
}

function crashAt(lines: readonly string[], at: number): Found {
  const message: string[] = [];
  let thrown: Frame[] = [];
  let end = at + 1;
  for (; end < lines.length && !isBlank(lines[end] ?? "") && !TITLE.test(lines[end] ?? ""); end += 1) {
    const place = /^Location: (.+?):(\d+)$/.exec(lines[end] ?? "");
    if (place === null) message.push((lines[end] ?? "").replace(/^Message: +/, ""));
    else thrown = [rustFrame(undefined, place[1], Number(place[2]), 0)];
  }
  const stack = withoutMachinery(stackBehind(lines, end));
  const value = exceptionOf("panic", messageOf(message), oldestFirst(stack.length > 0 ? stack : thrown));
  return { platform: "native", values: [value], first: at, prefix: "" };
}

function unnamed(causes: readonly string[]): ExceptionValue[] {
  return causes.map((cause) => exceptionOf(undefined, cause, [])).toReversed();
}

/** The frames below the title behind a chain, or the place that stands there alone. */
function stackBehind(lines: readonly string[], from: number): readonly Frame[] {
  let place: RegExpExecArray | null = null;
  for (let i = from; i < lines.length && i < from + 10; i += 1) {
    if (TITLE.test(lines[i] ?? "")) return readStack(lines, i + 1);
    if (lines[i] === "Location:") place = PLACE.exec(lines[i + 1] ?? "");
  }
  return place === null ? [] : [rustFrame(undefined, place[1], Number(place[2]), Number(place[3] ?? 0))];
}

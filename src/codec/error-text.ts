import { javaFrame } from "./error-chain.ts";
import { cut, jsonText, memberOf } from "./field-values.ts";

/** What a member such as `error` or `exception` says. */
export interface ErrorText {
  readonly type: string | undefined;
  readonly message: string | undefined;
  /** Text that holds a stack trace. */
  readonly stack: string | undefined;
}

/** Frames and lines of one trace that are read; deeper ones say nothing new. */
const MAX_FRAMES = 1_000;
/** Exceptions of one chain that are read. */
const MAX_CHAIN = 50;
/** Longest name of an error type. */
const MAX_TYPE_CHARS = 200;

/** Reads `error`, `err`, `exception`, `exc_info`: a sentence, a trace, a list of either. Undefined when it says nothing. */
export function errorTextOf(value: unknown): ErrorText | undefined {
  if (typeof value === "string") return errorOfText(value);
  if (!Array.isArray(value)) return undefined;
  const list: readonly unknown[] = value;
  if (list.length === 2 && list.every((item) => typeof item === "string" && !item.includes("\n"))) {
    // Rails' payload: [class, message].
    return saying(cut(String(list[0]), MAX_TYPE_CHARS), String(list[1]), undefined);
  }
  if (memberOf(list[0], "exc_type") !== undefined) return pythonChain(list);
  const stack = stackTextOf(list);
  return saying(undefined, undefined, stack);
}

/** What is blank says nothing. */
function saying(type: string | undefined, message: string | undefined, stack: string | undefined): ErrorText | undefined {
  const said = { type: unlessBlank(type), message: unlessBlank(message), stack: unlessBlank(stack) };
  return (said.type ?? said.message ?? said.stack) === undefined ? undefined : said;
}

function unlessBlank(text: string | undefined): string | undefined {
  return text?.trim() === "" ? undefined : text;
}

function errorOfText(text: string): ErrorText | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  if (hasFrames(trimmed)) return { type: undefined, message: undefined, stack: text };
  if (trimmed.includes("\n")) return { type: undefined, message: trimmed, stack: undefined };
  const colon = trimmed.indexOf(": ");
  const head = colon < 0 ? trimmed : trimmed.slice(0, colon);
  if (isErrorType(head)) return { type: head, message: colon < 0 ? undefined : trimmed.slice(colon + 2), stack: undefined };
  return { type: undefined, message: trimmed, stack: undefined };
}

/** Whether a text of several lines looks like a trace of any language, rather than a long message. */
function hasFrames(text: string): boolean {
  return text.includes("\n") && FRAMES.some((pattern) => pattern.test(text));
}

const FRAMES: readonly RegExp[] = [
  /^Traceback |^goroutine \d|\n(?:\s{1,8}at |\t|#\d|\s{1,8}File "|\s{1,8}from |caused by: )|\n\S{1,300}:\d{1,7}:in /i,
  // Rust's chains and panics, Erlang's and Elixir's stacks.
  /\n(?:Caused by:|stack backtrace:)\n|^thread '.{0,200}' .{0,30}panicked at |\n\s{2,8}in (?:function|call from) |\n\s{4,12}\S[^\n:]{0,500}\.(?:exs?|erl):\d{1,7}: /i,
  // Firefox and Safari.
  /\n[^\s@]{0,200}@[^\s@]{1,1000}:\d{1,7}:\d{1,7}(?:\n|$)/,
];

/** `ValueError`, `java.lang.IllegalStateException`, `App\Errors\NotFound`: one word that names a class of errors. */
function isErrorType(text: string): boolean {
  return text.length <= MAX_TYPE_CHARS && /^[A-Za-z_$][\w$.\\:]*$/.test(text) && /(?:Error|Exception|Fault|Panic)$/.test(text);
}

/**
 * A stack trace as text, from text, a list of lines, or a list of frames; undefined when it is none of them. The error's
 * type and message stand above frames that come without them.
 */
export function stackTextOf(value: unknown, error?: string, type?: string): string | undefined {
  if (typeof value === "string") return value.trim() === "" ? undefined : value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const list: readonly unknown[] = value;
  const head = error === undefined || type === undefined ? (error ?? type) : `${type}: ${error}`;
  if (list.every((line) => typeof line === "string")) return lambdaText(list, head) ?? linesText(list);
  return causesText(list) ?? javaText(list, head) ?? scriptText(list, head) ?? frameList(list, error);
}

/** zap's causes of a joined error: those that say where they come from, one after the other. */
function causesText(list: readonly unknown[]): string | undefined {
  const texts = list.slice(0, MAX_CHAIN).map((cause) => memberOf(cause, "errorVerbose"));
  const stacks = texts.filter((text): text is string => typeof text === "string" && hasFrames(text));
  return stacks.length === 0 ? undefined : stacks.join("\n");
}

function linesText(list: readonly unknown[]): string | undefined {
  const lines = list.slice(0, MAX_FRAMES * 10).map((line) => String(line));
  if (lines.every((line) => line.trim() === "")) return undefined;
  // Python's format_exception ends each of its lines itself.
  return lines.every((line) => line.endsWith("\n")) ? lines.join("") : lines.join("\n");
}

const PYTHON_PLACE = /^\s{1,8}File "/;
const JAVA_PLACE = /^[\w$./<>-]{1,500}\([\w$.-]{1,200}(?::\d{1,7})?\)$/;

/** AWS Lambda's lists of frames, which leave out what stands around them in a trace. */
function lambdaText(list: readonly string[], head = "Error"): string | undefined {
  const lines = list.slice(0, MAX_FRAMES);
  if (lines.every((line) => PYTHON_PLACE.test(line)))
    return ["Traceback (most recent call last):", ...lines.map((line) => line.trimEnd()), head].join("\n");
  return lines.every((line) => JAVA_PLACE.test(line)) ? [head, ...lines.map((line) => `\tat ${line}`)].join("\n") : undefined;
}

function javaText(list: readonly unknown[], head = "Error"): string | undefined {
  const lines = list.slice(0, MAX_FRAMES).map((frame) => javaFrame(frame));
  return lines.includes(undefined) ? undefined : [head, ...lines].join("\n");
}

/** JavaScript's frames, told by their columns: `function` or `methodName`, `file`, `line` or `lineNumber`, `column`. */
function scriptText(list: readonly unknown[], head = "Error"): string | undefined {
  const lines: string[] = [head];
  for (const frame of list.slice(0, MAX_FRAMES)) {
    const file = textOf(memberOf(frame, "file") ?? memberOf(frame, "fileName") ?? memberOf(frame, "filename"));
    const line = Number(memberOf(frame, "line") ?? memberOf(frame, "lineNumber") ?? memberOf(frame, "lineno"));
    const column = Number(memberOf(frame, "column") ?? memberOf(frame, "columnNumber") ?? memberOf(frame, "colno"));
    if (file === undefined || !Number.isInteger(line) || !Number.isInteger(column)) return undefined;
    const name = textOf(memberOf(frame, "function") ?? memberOf(frame, "methodName") ?? memberOf(frame, "functionName"));
    lines.push(`    at ${name === undefined ? "<anonymous>" : name.slice(0, MAX_TYPE_CHARS)} (${file}:${line}:${column})`);
  }
  return lines.join("\n");
}

/** zerolog's marshalled stack, printed as its package prints it itself: the message, then function and place by turns. */
function frameList(list: readonly unknown[], error: string | undefined): string | undefined {
  const lines: string[] = [error ?? "error"];
  for (const frame of list.slice(0, MAX_FRAMES)) {
    const name = memberOf(frame, "func") ?? memberOf(frame, "function");
    const file = memberOf(frame, "source") ?? memberOf(frame, "file");
    const line = memberOf(frame, "line") ?? memberOf(frame, "lineno");
    if (typeof name !== "string" || typeof file !== "string") return undefined;
    lines.push(name, `\t${file}:${typeof line === "number" || typeof line === "string" ? line : 0}`);
  }
  return lines.join("\n");
}

const CAUSE = "\n\nThe above exception was the direct cause of the following exception:\n\n";
const CONTEXT = "\n\nDuring handling of the above exception, another exception occurred:\n\n";

/** structlog's dict_tracebacks: newest exception first. Printed as Python prints it: oldest first, joined by why. */
function pythonChain(list: readonly unknown[]): ErrorText | undefined {
  const chain = list.slice(0, MAX_CHAIN);
  let stack = "";
  for (const [index, exception] of chain.toReversed().entries()) {
    const older = chain[chain.length - index];
    if (index > 0) stack += memberOf(older, "is_cause") === true ? CAUSE : CONTEXT;
    stack += pythonTraceback(exception);
  }
  const newest = chain[0];
  return saying(textOf(memberOf(newest, "exc_type")), textOf(memberOf(newest, "exc_value")), stack);
}

function pythonTraceback(exception: unknown): string {
  const lines: string[] = [];
  const frames = memberOf(exception, "frames");
  if (Array.isArray(frames) && frames.length > 0) {
    lines.push("Traceback (most recent call last):");
    for (const frame of frames.slice(-MAX_FRAMES)) {
      const file = textOf(memberOf(frame, "filename")) ?? "<unknown>";
      const line = Number(memberOf(frame, "lineno"));
      lines.push(
        `  File "${file}", line ${Number.isInteger(line) ? line : 0}, in ${textOf(memberOf(frame, "name")) ?? "<module>"}`,
      );
      const source = textOf(memberOf(frame, "line"))?.trim();
      if (source !== undefined && source !== "") lines.push(`    ${source}`);
    }
  }
  const type = textOf(memberOf(exception, "exc_type")) ?? "Exception";
  const message = textOf(memberOf(exception, "exc_value")) ?? "";
  lines.push(message === "" ? type : `${type}: ${message}`);
  return lines.join("\n");
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : jsonText(value);
}

import type { ExceptionValue } from "../../record/exception.ts";
import { exceptionOf, frameOf, isBlank, MAX_MESSAGE_LINES, MAX_VALUES, messageOf, oldestFirst, type Dialect } from "./dialect.ts";
import { isCarets } from "./node-excerpt.ts";
import { isNodeFrame, nodeFrame } from "./node-frame.ts";
import type { Shape } from "./shape.ts";

/** `12 | source`; text may stand before the first line of an excerpt. */
const NUMBERED = /^\s*(\d{1,6}) \| ?(.*)$/;
const BEHIND_TEXT = /^(.{0,1000}?: )(\d{1,6}) \| (.*)$/;
const HEADER = /^([A-Za-z_$][\w$]*)(?:: (.*))?$/;
/** A function of the engine itself, which has no file. */
const NATIVE = /^\s+at (\S.{0,1000}) \((?:unknown:)?(?:\d+:\d+)?\)$/;
/** A property of an error; the names stand flush right. */
const PROPERTY = /^\s+[\w$]+: /;
const CLOSING = /^\s*[\]}]+,?$/;

const shapes: readonly Shape[] = [
  ...["? | ", "?? | ", "??? | ", "???? | "].flatMap((prefix): Shape[] => [
    { prefix, opens: true, to: "excerpt" },
    { prefix, follows: ["excerpt", "prose", "frames", "uncaught"], to: "excerpt" },
  ]),
  { prefix: "^", pattern: { test: isCarets }, follows: ["excerpt"], to: "announced" },
  { prefix: "error: ", follows: ["announced"], to: "message" },
];

/** Bun's own print of errors: an excerpt of the source, then type, message, properties and frames, and so for each cause. */
export const bun: Dialect = {
  name: "bun",
  shapes,
  probe: (text) => text.includes(" | ") && text.includes("\n      at "),
  parse(lines) {
    const first = lines.findIndex((line, i) => announces(lines, i) && (NUMBERED.test(line) || BEHIND_TEXT.test(line)));
    if (first < 0) return undefined;
    const prefix = NUMBERED.test(lines[first] ?? "") ? "" : (BEHIND_TEXT.exec(lines[first] ?? "")?.[1] ?? "");
    const values: ExceptionValue[] = [];
    for (let i = first; i < lines.length && values.length < MAX_VALUES; i += 1) {
      if (!isCarets(lines[i]) || !isNumbered(lines[i - 1] ?? "")) continue;
      const value = readError(lines, i);
      if (value !== undefined) values.push(value);
    }
    const outermost = values[0];
    if (outermost === undefined) return undefined;
    const said = `${prefix}${outermost.type ?? ""}: ${outermost.value ?? ""}`;
    return { platform: "node", values: values.toReversed(), first, prefix, said };
  },
};

function isNumbered(line: string): boolean {
  return NUMBERED.test(line) || BEHIND_TEXT.test(line);
}

/** Whether an excerpt begins at a line: carets follow within the few lines that Bun shows. */
function announces(lines: readonly string[], at: number): boolean {
  if (!lines[at]?.includes(" | ")) return false;
  let i = at + 1;
  while (i < at + 10 && NUMBERED.test(lines[i] ?? "")) i += 1;
  return isCarets(lines[i]);
}

/** The error behind the carets; undefined when no frame follows. */
function readError(lines: readonly string[], carets: number): ExceptionValue | undefined {
  const header = HEADER.exec(lines[carets + 1] ?? "");
  if (header === null) return undefined;
  const message = [header[2] ?? ""];
  let i = carets + 2;
  for (; i < lines.length && !isFrame(lines[i] ?? ""); i += 1) {
    if (message.length > MAX_MESSAGE_LINES || NUMBERED.test(lines[i] ?? "")) return undefined;
    message.push(lines[i] ?? "");
  }
  const stack: string[] = [];
  for (; i < lines.length && isFrame(lines[i] ?? ""); i += 1) stack.push(lines[i] ?? "");
  if (stack.length === 0) return undefined;
  message.length = endOfMessage(message);
  const frames = oldestFirst(stack.map((line) => frameIn(line)));
  const excerpt = lines[carets - 1] ?? "";
  const [, , lineno, source] = NUMBERED.exec(excerpt)?.toSpliced(1, 0, "") ?? BEHIND_TEXT.exec(excerpt) ?? [];
  const newest = frames.at(-1);
  if (newest !== undefined && String(newest.lineno) === lineno && source !== undefined) newest.context_line = source;
  return exceptionOf(header[1] === "error" ? "Error" : header[1], messageOf(message), frames);
}

/**
 * How many of the lines above the frames are the message: a blank line stands behind the error's properties, which may
 * take several lines each.
 */
function endOfMessage(lines: readonly string[]): number {
  let last = lines.length - 1;
  if (last < 2 || !isBlank(lines[last] ?? "")) return lines.length;
  while (last > 0 && isBlank(lines[last] ?? "")) last -= 1;
  if (!PROPERTY.test(lines[last] ?? "") && !CLOSING.test(lines[last] ?? "")) return lines.length;
  let end = last + 1;
  let colon: number | undefined;
  for (let i = last; i > 0 && !isBlank(lines[i] ?? ""); i -= 1) {
    const line = lines[i] ?? "";
    const at = PROPERTY.exec(line)?.[0].length;
    if (at === undefined || (at !== (colon ?? at) && !line.endsWith(","))) continue;
    colon = at;
    end = i;
  }
  return end;
}

function isFrame(line: string): boolean {
  return isNodeFrame(line) || NATIVE.test(line);
}

function frameIn(line: string): ReturnType<typeof nodeFrame> {
  const native = NATIVE.exec(line);
  if (native === null) return nodeFrame(line);
  const filename = line.includes("(unknown:") ? "unknown" : undefined;
  return frameOf({ function: native[1], module: filename, filename, in_app: false });
}

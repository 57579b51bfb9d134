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
const NATIVE = /^\s+at (\S.{0,1000}) \(\d+:\d+\)$/;
const PROPERTY = /^\s*[\w$]+: .*,$/;

const shapes: readonly Shape[] = [
  ...["? | ", "?? | ", "??? | ", "???? | "].flatMap((prefix): Shape[] => [
    { prefix, opens: true, to: "excerpt" },
    { prefix, follows: ["excerpt", "prose", "frames"], to: "excerpt" },
  ]),
  { prefix: "^", pattern: { test: isCarets }, follows: ["excerpt"], to: "message" },
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
  while (message.length > 1 && (isBlank(message.at(-1) ?? "") || PROPERTY.test(message.at(-1) ?? ""))) message.pop();
  const frames = oldestFirst(stack.map((line) => frameIn(line)));
  const excerpt = lines[carets - 1] ?? "";
  const [, , lineno, source] = NUMBERED.exec(excerpt)?.toSpliced(1, 0, "") ?? BEHIND_TEXT.exec(excerpt) ?? [];
  const newest = frames.at(-1);
  if (newest !== undefined && String(newest.lineno) === lineno && source !== undefined) newest.context_line = source;
  return exceptionOf(header[1] === "error" ? "Error" : header[1], messageOf(message), frames);
}

function isFrame(line: string): boolean {
  return isNodeFrame(line) || NATIVE.test(line);
}

function frameIn(line: string): ReturnType<typeof nodeFrame> {
  const native = NATIVE.exec(line);
  return native === null || isNodeFrame(line) ? nodeFrame(line) : frameOf({ function: native[1], in_app: false });
}

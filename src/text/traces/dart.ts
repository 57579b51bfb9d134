import { isAmongDartFrames, isDartFrame, dartFrames } from "./dart-frame.ts";
import { exceptionOf, isBlank, MAX_MESSAGE_LINES, messageOf, oldestFirst, type Dialect } from "./dialect.ts";
import type { Shape } from "./shape.ts";

/** What Android's log puts before each line of a Flutter application. */
const LOGCAT = /^(?:[A-Z]\/flutter *\( *\d{1,9}\): ?|flutter: )/;
const UNHANDLED = /^(?:\[ERROR:flutter\/\S{1,200}\] )?(?:Unhandled exception:$|Unhandled Exception: )/;
const BOX = /^══╡ EXCEPTION CAUGHT BY .* ╞═+$/;
const BORDER = /^═{40,}$/;
const THROWN = /^The following (\S+) was thrown\b/;
const STACK = "When the exception was thrown, this was the stack:";
const NAMED = /^(_?[A-Z][\w$]{0,100}(?:Exception|Error)|Exception)(?: \([\w ]{1,40}\))?(?:: ?|$)/;
/** How errors of Dart's own libraries read that do not say their class. */
const SPOKEN: readonly (readonly [RegExp, string])[] = [
  [/^Bad state: /, "StateError"],
  [/^Unsupported operation: /, "UnsupportedError"],
  [/^Invalid argument(?:\(s\))?(?: \(.{1,60}\))?: /, "ArgumentError"],
  [/^Concurrent modification during iteration: /, "ConcurrentModificationError"],
  [/^type '.*' is not a subtype of type '/, "TypeError"],
  [/^Null check operator used on a null value$/, "TypeError"],
  [/^'.*': Failed assertion: /, "AssertionError"],
  [/^Stack Overflow$/, "StackOverflowError"],
  [/^Out of Memory$/, "OutOfMemoryError"],
];

const inFrames = { test: isAmongDartFrames };
const inLogcat = { test: (line: string): boolean => isAmongDartFrames(line.replace(LOGCAT, "")) };
const blankInLogcat = { test: (line: string): boolean => LOGCAT.test(line) && isBlank(line.replace(LOGCAT, "")) };

/** A report is drawn into a box; on Android and iOS every line of it is tagged. */
const drawn = (pattern: RegExp): typeof inFrames => ({ test: (line) => pattern.test(line.replace(LOGCAT, "")) });
const boxes = ["══", "I/flutter (", "flutter: "].flatMap((prefix): Shape[] => [
  { prefix, pattern: drawn(BORDER), follows: ["box", "frames"], to: "between" },
  { prefix, pattern: drawn(BORDER), opens: true, to: "box" },
  { prefix, pattern: drawn(BOX), opens: true, follows: ["box", "prose"], to: "box" },
]);

const shapes: readonly Shape[] = [
  ...boxes,
  { prefix: "Unhandled exception:", pattern: /^Unhandled exception:$/, opens: true, follows: ["prose"], to: "announced" },
  { prefix: "[ERROR:flutter/", pattern: UNHANDLED, opens: true, to: "message" },
  { prefix: "E/flutter (", pattern: { test: (line) => UNHANDLED.test(line.replace(LOGCAT, "")) }, opens: true, to: "message" },
  { prefix: "E/flutter (", pattern: inLogcat, inside: true, to: "frames" },
  { prefix: "E/flutter (", pattern: blankInLogcat, follows: ["frames"], to: "frames" },
  { prefix: "I/flutter (", pattern: inLogcat, inside: true, to: "frames" },
  { prefix: "flutter: ", pattern: inLogcat, inside: true, to: "frames" },
  ...["#", "package:", "dart:", "file:///", "<asynchronous suspension>", "===== asynchronous gap "].map((prefix): Shape => ({
    prefix,
    pattern: inFrames,
    inside: true,
    to: "frames",
  })),
  // What package:stack_trace puts for calls that repeat.
  { prefix: ".   ", pattern: /^\. +\.\.\.$/, follows: ["frames"], to: "frames" },
  ...["...   ", "(elided ", "/"].map((prefix): Shape => ({ prefix, pattern: inFrames, follows: ["frames"], to: "frames" })),
];

/** Dart's machine and Flutter. Sentry knows no platform of that name: its SDK says "other". */
export const dart: Dialect = {
  name: "dart",
  shapes,
  probe: (text) => text.includes("dart") && /(?:^|\n)(?:.{0,40}#\d+ +\S|(?:package|dart):\S)/.test(text),
  parse(printed) {
    const lines = printed.some((line) => LOGCAT.test(line)) ? printed.map((line) => line.replace(LOGCAT, "")) : printed;
    const at = lines.findIndex((line) => isDartFrame(line.trimEnd()));
    if (at < 0) return undefined;
    const frames = dartFrames(lines, at);
    const { first, message } = headAbove(lines, at);
    const { type, value } = message;
    const values = [exceptionOf(type, value, oldestFirst(frames))];
    return { platform: "other", values, first, prefix: "" };
  },
};

interface Head {
  readonly first: number;
  readonly message: { readonly type: string | undefined; readonly value: string | undefined };
}

/** What was thrown, from the lines above the frames. */
function headAbove(lines: readonly string[], frame: number): Head {
  const lowest = Math.max(0, frame - MAX_MESSAGE_LINES);
  for (let i = frame - 1; i >= lowest; i -= 1) {
    const line = lines[i] ?? "";
    if (UNHANDLED.test(line)) {
      const rest = line.replace(UNHANDLED, "");
      return { first: i, message: typed(messageOf([rest, ...lines.slice(i + 1, frame)])) };
    }
    const thrown = THROWN.exec(line)?.[1];
    if (thrown !== undefined && lines.slice(i, frame).includes(STACK)) return boxed(lines, i, thrown);
  }
  let above = frame - 1;
  while (above > lowest && isBlank(lines[above] ?? "")) above -= 1;
  const message = typed((lines[above] ?? "").trim());
  return message.type === undefined
    ? { first: frame, message: { type: undefined, value: undefined } }
    : { first: above, message };
}

/** Flutter's report: a line or more of what was being done, what was thrown, then hints in paragraphs of their own. */
function boxed(lines: readonly string[], at: number, thrown: string): Head {
  let end = at;
  let open = 0;
  for (; end < lines.length && !isBlank(lines[end] ?? ""); end += 1) {
    const line = lines[end] ?? "";
    open += line.split("(").length - line.split(")").length;
    if (open <= 0 && line.endsWith(":")) break;
  }
  const message: string[] = [];
  for (let i = end + 1; i < lines.length && !isBlank(lines[i] ?? ""); i += 1) message.push(lines[i] ?? "");
  const said = typed(messageOf(message));
  const type = thrown === "assertion" ? said.type : thrown;
  let first = at;
  while (first > 0 && (BOX.test(lines[first - 1] ?? "") || /^═+$/.test(lines[first - 1] ?? ""))) first -= 1;
  return { first, message: { type, value: said.value } };
}

/** Splits the text of what was thrown, where it says its class. */
function typed(text: string): Head["message"] {
  const named = NAMED.exec(text);
  if (named !== null) return { type: named[1], value: text.slice(named[0].length) };
  return { type: SPOKEN.find(([pattern]) => pattern.test(text))?.[1], value: text };
}

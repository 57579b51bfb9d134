import type { Frame } from "../../record/exception.ts";
import { absolute, exceptionOf, frameOf, oldestFirst, type Dialect, type Found } from "./dialect.ts";
import { isNativeApp } from "./native-name.ts";
import type { Shape } from "./shape.ts";

// What a crashed Swift program prints on Linux: since 5.9 a backtrace with places, before that addresses alone.

/** `shop/main.swift:5: Fatal error: Unexpectedly found nil`; before 5.4 the place stands behind. */
const FATAL = /^(?:\S+\.swift:\d+: )?(Fatal error|Precondition failed|Assertion failed): (.*)$/;
const CAST = /^Could not cast value of type '/;
/** Behind the name of a type: another one in each process, so no part of what happened. */
const ADDRESS = / \(0x[0-9a-f]+\)/g;
/** Printed with a bomb where the terminal can show one, and twice in a line where it cannot erase the first. */
const CRASHED = "Program crashed: ";
const CAUSE = /^(.{1,200}?) at 0x[0-9a-f]+/;
/** What the runtime says besides the message of the program. */
const OWN = /^\*\*\* (?:Signal|Program) |^💣|^Current stack trace:|^swift-runtime: |^Thread \d/u;
/** ` 6 [async] [thunk] 0x0000563912160c50 closure #2 in  in shop at /build/main.swift:28:5` */
const FRAME = /^\d+ [\s[\]a-z]*(0x[0-9a-f]{8,16}) (.*)$/;
/** `5    shop                               0x0000564af826b170 <unavailable> + 20848` */
const OLD_FRAME = /^\d+ +(\S+) +(0x[0-9a-f]{16}) (.*?)(?: \+ \d+)?$/;
const THREAD = /^Thread \d+(?: ".*")?( crashed)?:$/;
/** How far above its first frame what happened is looked for. */
const MAX_HEAD_LINES = 40;

const shapes: readonly Shape[] = [
  { prefix: "Fatal error: ", opens: true, to: "message" },
  { prefix: "Precondition failed: ", opens: true, to: "message" },
  { prefix: "Could not cast value of type '", opens: true, to: "dump" },
  { prefix: "*** Program crashed: ", opens: true, follows: ["prose", "dump", "message", "header"], to: "dump" },
  {
    prefix: "*** Signal ?",
    pattern: /^\*\*\* Signal \d+: Backtracing from /,
    opens: true,
    follows: ["prose", "dump", "message", "header"],
    to: "dump",
  },
  { prefix: "Current stack trace:", opens: true, follows: ["prose", "message", "header"], to: "dump" },
  { prefix: "Thread ?", pattern: THREAD, follows: ["dump"], to: "dump" },
  { prefix: "?", pattern: { test: (line) => frameOfLine(line) !== undefined }, follows: ["dump"], to: "dump" },
  { prefix: "swift-runtime: ", follows: ["dump", "message", "prose"], to: "dump" },
  { prefix: "Registers:", follows: ["dump"], to: "dump" },
  { prefix: "r", pattern: /^r(?:\w\w?|flags) 0x[0-9a-f]{16}\s/, follows: ["dump"], to: "dump" },
  { prefix: "x", pattern: /^x\d{1,2} 0x[0-9a-f]{16}\s/, follows: ["dump"], to: "dump" },
  { prefix: "cs 0x", follows: ["dump"], to: "dump" },
  { prefix: "Images (", follows: ["dump"], to: "dump" },
  { prefix: "0x", pattern: /^0x[0-9a-f]{16}–0x/, follows: ["dump"], to: "dump" },
  { prefix: "Backtrace took ", follows: ["dump"], to: "frames" },
];

export const swift: Dialect = {
  name: "swift",
  shapes,
  head: (line) => (line.includes(".swift:") && FATAL.test(line) ? "message" : undefined),
  probe: (text) => text.includes("Program crashed: ") || text.includes("Current stack trace:"),
  parse(lines) {
    const stack = readStack(lines);
    return stack === undefined ? undefined : found(lines, stack);
  },
};

interface Stack {
  readonly line: number;
  readonly frames: Frame[];
}

/** The stack of the thread that crashed, else the first; undefined when there is none. */
function readStack(lines: readonly string[]): Stack | undefined {
  let first: Stack | undefined;
  let open: Stack | undefined;
  let crashed = false;
  for (const [i, line] of lines.entries()) {
    const thread = THREAD.exec(line);
    if (thread !== null) {
      if (crashed && first !== undefined) return first;
      crashed = thread[1] !== undefined;
      open = undefined;
      if (crashed) first = undefined;
      continue;
    }
    const frame = frameOfLine(line.trim());
    if (frame === undefined) continue;
    open ??= { line: i, frames: [] };
    first ??= open;
    open.frames.push(frame);
  }
  return first;
}

function found(lines: readonly string[], { line, frames }: Stack): Found {
  const lowest = Math.max(0, line - MAX_HEAD_LINES);
  let first = line;
  let crash: string | undefined;
  let message: { readonly type: string; value: string } | undefined;
  for (let i = lowest; i < line; i += 1) {
    const text = lines[i] ?? "";
    const said = FATAL.exec(text);
    if (said !== null) message = { type: said[1] ?? "", value: messageFrom(lines, i + 1, said[2] ?? "") };
    else if (CAST.test(text)) message = { type: "Fatal error", value: text.replaceAll(ADDRESS, "") };
    else {
      const at = text.lastIndexOf(CRASHED);
      if (at >= 0) crash ??= CAUSE.exec(text.slice(at + CRASHED.length))?.[1];
      if (!OWN.test(text)) continue;
    }
    first = Math.min(first, i);
  }
  const type = message?.type ?? crash;
  return { platform: "native", values: [exceptionOf(type, message?.value, oldestFirst(frames))], first, prefix: "" };
}

/** A message and the lines it goes on with, up to what the runtime says next. */
function messageFrom(lines: readonly string[], from: number, said: string): string {
  let value = said.replace(/: file \S+, line \d+$/, "");
  for (let i = from; i < from + MAX_HEAD_LINES; i += 1) {
    const line = lines[i] ?? "";
    if (line === "" || OWN.test(line)) break;
    value += `\n${line}`;
  }
  return value;
}

/** A frame of either kind; undefined when the line is none. */
function frameOfLine(text: string): Frame | undefined {
  const [, address = "", rest = ""] = FRAME.exec(text) ?? [];
  const placed = address === "" ? undefined : placedFrame(address, rest);
  if (placed !== undefined) return placed;
  const [, library = "", old = "", name = ""] = OLD_FRAME.exec(text) ?? [];
  if (old === "") return undefined;
  return swiftFrame({ address: old, name: name === "<unavailable>" ? undefined : name, library, place: undefined });
}

/** `Stock.reserve(_:) + 287 in shop at /build/main.swift:5:56`, `<unknown> in libswiftCore.so` */
function placedFrame(address: string, text: string): Frame | undefined {
  const at = text.lastIndexOf(" at ");
  const place = at < 0 ? undefined : text.slice(at + 4);
  const call = at < 0 ? text : text.slice(0, at);
  const inside = call.lastIndexOf(" in ");
  if (inside < 0) return undefined;
  const name = call
    .slice(0, inside)
    .replace(/ \+ \d+$/, "")
    .replace(/ in ?$/, "");
  return swiftFrame({ address, name: name === "<unknown>" ? undefined : name, library: call.slice(inside + 4), place });
}

interface Parts {
  readonly address: string;
  readonly name: string | undefined;
  readonly library: string;
  readonly place: string | undefined;
}

/**
 * A call by the conventions of Sentry's SDK for Swift (sentry-cocoa, Sources/Sentry/SentryInAppLogic.m): the image as
 * `package`, and of the images the program itself is the application's. Where places are printed, what the system's
 * libraries left in the program is told by them.
 */
function swiftFrame({ address, name, library, place }: Parts): Frame {
  const [, file, lineno, colno] = /^(.*?)(?::(\d+))?(?::(\d+))?$/.exec(place ?? "") ?? [];
  // Thunks have no source: the compiler made them.
  const written = file !== undefined && file !== "" && !file.endsWith("<compiler-generated>");
  const frame = frameOf({
    function: name,
    filename: written ? file : undefined,
    abs_path: written ? absolute(file) : undefined,
    lineno: written && lineno !== undefined ? Number(lineno) : undefined,
    colno: written && colno !== undefined ? Number(colno) : undefined,
    in_app: isNativeApp(name, written ? file : undefined, library) && (written || place === undefined),
  });
  frame.package = library;
  if (name === undefined) frame.instruction_addr = address;
  return frame;
}

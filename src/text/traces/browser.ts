import type { ExceptionValue, Frame } from "../../record/exception.ts";
import {
  exceptionOf,
  frameOf,
  MAX_MESSAGE_LINES,
  MAX_VALUES,
  messageOf,
  oldestFirst,
  type Dialect,
  type Found,
} from "./dialect.ts";
import { webName } from "./node-frame.ts";
import { findNodeHeader, innerHeader, type NodeHeader } from "./node-header.ts";
import { MAX_LOOK_CHARS, type State } from "./shape.ts";

/** A function's name, "" where it has none: "get sum", "async*load", "global code", "each/<". */
const NAME = /^(?:[^\s@(){}"',;=][^@(){}"',;=]*)?$/;
/** Where it is: an address or a script, line and column. */
const PLACE =
  /^((?:(?:blob:)?[a-z][\w+.-]*:\/\/|\/|[\w.-]+\.[cm]?[jt]sx?\b|<command line>)[^"'<>(){}]*?)(?: line (\d+) > (?:eval|Function)[^"'<>(){}:]*)?:(\d+):(\d+)$/;

/** The function and the place of a frame as Firefox and Safari print it: `name@https://host/file.js:line:column`. */
function partsOf(line: string): { readonly name: string; readonly place: RegExpExecArray } | undefined {
  if (line.length > MAX_LOOK_CHARS) return undefined;
  const at = line.indexOf("@");
  if (at < 0 || !NAME.test(line.slice(0, at))) return undefined;
  const place = PLACE.exec(line.slice(at + 1).trimEnd());
  return place === null ? undefined : { name: line.slice(0, at), place };
}

/** A function of the engine, or evaluated code, among frames: `map@[native code]`, `eval code@`. */
function isPlaceless(line: string): boolean {
  return (
    line.length <= MAX_LOOK_CHARS && /^[^@]+@(?:\[native code\])?\s*$/.test(line) && NAME.test(line.slice(0, line.indexOf("@")))
  );
}

function isFrame(line: string): boolean {
  return isPlaceless(line) || partsOf(line) !== undefined;
}

/** A word and an at sign alone are a frame where one is expected. */
const toFrames = (line: string): State | undefined =>
  partsOf(line) !== undefined || /^[\w$.#/<]{1,200}@$/.test(line) ? "frames" : undefined;

/** Stacks of SpiderMonkey and JavaScriptCore: Firefox, Safari, gjs. Frames stand at the margin, without the error's own line. */
export const browser: Dialect = {
  name: "browser",
  shapes: [],
  atMargin: {
    prose: toFrames,
    header: toFrames,
    message: (line) => (isFrame(line) ? "frames" : undefined),
    frames: (line) => (isFrame(line) ? "frames" : undefined),
  },
  probe: (text) => text.includes("@") && /:\d+:\d+\s*(?:\n|$)/.test(text),
  parse(lines) {
    let frame = lines.findIndex((line) => partsOf(line) !== undefined);
    if (frame < 0) return undefined;
    while (frame > 0 && isPlaceless(lines[frame - 1] ?? "")) frame -= 1;
    const header = findNodeHeader(lines, frame);
    return header === undefined ? bareStack(lines, frame) : readErrors(lines, header, frame);
  },
};

/** A stack as the error's own property has it. */
function bareStack(lines: readonly string[], first: number): Found | undefined {
  const { frames, end } = readFrames(lines, first);
  if (end - first < 2 && lines.some((line, i) => i !== first && line.trim() !== "")) return undefined;
  return { platform: "javascript", values: [exceptionOf(undefined, undefined, frames)], first, prefix: "" };
}

function readErrors(lines: readonly string[], header: NodeHeader, frame: number): Found {
  const message = [header.value, ...lines.slice(header.line + 1, frame)];
  const { frames, end } = readFrames(lines, frame);
  const values: ExceptionValue[] = [exceptionOf(header.type, messageOf(message), frames)];
  let next = end;
  while (values.length < MAX_VALUES) {
    const cause = /^Caused by: (.*)$/.exec(lines[next] ?? "")?.[1];
    const said = cause === undefined ? undefined : innerHeader(cause, next);
    if (said === undefined) break;
    let at = next + 1;
    while (at < lines.length && at <= next + MAX_MESSAGE_LINES && !isFrame(lines[at] ?? "")) at += 1;
    // Without a frame it cannot be told where its message ends.
    const stack = readFrames(lines, isFrame(lines[at] ?? "") ? at : next + 1);
    const rest = stack.frames.length === 0 ? [] : lines.slice(next + 1, at);
    values.push(exceptionOf(said.type, messageOf([said.value, ...rest]), stack.frames));
    next = stack.end;
  }
  return { platform: "javascript", values: values.toReversed(), first: header.line, prefix: header.prefix };
}

function readFrames(lines: readonly string[], first: number): { readonly frames: Frame[]; readonly end: number } {
  let end = first;
  while (end < lines.length && isFrame(lines[end] ?? "")) end += 1;
  return { frames: oldestFirst(lines.slice(first, end).map((line) => frameIn(line))), end };
}

/** As the SDK for browsers has it, evaluated code is where it was evaluated, and all frames are the application's. */
function frameIn(line: string): Frame {
  const parts = partsOf(line);
  if (parts === undefined) {
    const [name, place] = line.trimEnd().split("@", 2);
    return frameOf({ function: name, filename: place, in_app: true });
  }
  const [, filename = "", evaluated, lineno, colno] = parts.place;
  if (evaluated !== undefined)
    return frameOf({ function: parts.name === "" ? "eval" : parts.name, filename, lineno: Number(evaluated), in_app: true });
  return frameOf({ function: webName(parts.name), filename, lineno: Number(lineno), colno: Number(colno), in_app: true });
}

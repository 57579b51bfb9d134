import type { ExceptionValue } from "../../record/exception.ts";
import { indentOf, isBlank, MAX_VALUES, messageOf, oldestFirst, exceptionOf, type Dialect, type Found } from "./dialect.ts";
import { isNodeFrame, nodeFrame } from "./node-frame.ts";
import { findNodeHeader, nodeHeader, preambleOf, type NodeHeader } from "./node-header.ts";
import type { Shape } from "./shape.ts";

const MATCHING = /^\s*\.\.\. (\d+) lines matching cause stack trace \.\.\.$/;
const CAUSE = /^\s*(?:\[cause\]|caused by): (.*)$/;
const ERRORS = /^\s*\[?errors\]?: \[/;

const shapes: readonly Shape[] = [
  { prefix: "at ", pattern: { test: (line) => line.endsWith(" {") && isNodeFrame(line) }, inside: true, to: "object" },
  { prefix: "at ", pattern: { test: isNodeFrame }, inside: true, to: "frames" },
  { prefix: "... ", pattern: /^\.\.\. \d+ lines matching cause stack trace/, inside: true, to: "frames" },
  { prefix: "[cause]: ", indented: true, inside: true, to: "object" },
  { prefix: "caused by: ", inside: true, to: "message" },
  { prefix: "Emitted '", follows: ["frames"], to: "frames" },
  { prefix: "}", pattern: /^\}[,\]]?$/, follows: ["object", "frames"], to: "frames" },
  { prefix: "Node.js v", follows: ["frames", "object"], to: "frames" },
  { prefix: "Bun v", follows: ["frames", "object"], to: "frames" },
  // What node prints before an uncaught error: the place, its source, carets, a blank line.
  { prefix: "/", pattern: /^\/\S*:\d+$/, opens: true, to: "source" },
  { prefix: "node:", pattern: /^node:\S+:\d+$/, opens: true, to: "source" },
  { prefix: "file://", pattern: /^file:\/\/\S+:\d+$/, opens: true, to: "source" },
];

/** V8's stacks: Node, Deno, Bun, Chromium. */
export const node: Dialect = {
  name: "node",
  shapes,
  probe: (text) => text.includes("at ") && /:\d+:\d+|\(<anonymous>\)/.test(text),
  parse(lines) {
    const frame = lines.findIndex((line) => isNodeFrame(line));
    if (frame < 0) return undefined;
    const header = findNodeHeader(lines, frame);
    if (header === undefined) return bareStack(lines, frame);
    const segments = readSegments(lines, header);
    fillShortened(segments);
    const values = segments.map(valueOf).toReversed();
    const top = segments[0];
    const { first, place } = preambleOf(lines, header.line);
    const newestFrame = values.at(-1)?.frames.at(-1);
    if (
      place !== undefined &&
      newestFrame !== undefined &&
      place.at === `${newestFrame.abs_path ?? ""}:${newestFrame.lineno ?? 0}`
    ) {
      newestFrame.context_line = place.source;
    }
    if (top === undefined) return undefined;
    const found = { platform: platformOf(values), values, first, prefix: header.prefix };
    return header.bracketed ? { ...found, said: `${header.prefix}[${header.type}: ${header.value}]` } : found;
  },
};

/** Frames that nothing announces: a stack that was logged without its error. */
function bareStack(lines: readonly string[], first: number): Found | undefined {
  let end = first;
  while (end < lines.length && isNodeFrame(lines[end] ?? "")) end += 1;
  if (end - first < 2) return undefined;
  const values = [exceptionOf(undefined, undefined, oldestFirst(lines.slice(first, end).map((line) => nodeFrame(line))))];
  return { platform: platformOf(values), values, first, prefix: "" };
}

/** One error of a text: the outermost, then its causes and members in the order they are printed. */
interface Segment {
  readonly header: NodeHeader;
  readonly message: string[];
  /** Lines of frames, newest call first; a line that says how many were left out stands among them. */
  stack: string[];
  open: boolean;
  readonly depth: number;
}

function segmentOf(header: NodeHeader, depth: number): Segment {
  return { header, message: [header.value], stack: [], open: true, depth };
}

function readSegments(lines: readonly string[], header: NodeHeader): Segment[] {
  let segment = segmentOf(header, indentOf(lines[header.line] ?? ""));
  const segments = [segment];
  const start = (next: NodeHeader, depth: number): void => {
    segment = segmentOf(next, depth);
    if (segments.length < MAX_VALUES) segments.push(segment);
  };
  let members = false;
  let reading = !header.bracketed;
  for (let i = header.line + 1; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const cause = CAUSE.exec(line)?.[1];
    const caused = cause === undefined ? undefined : nodeHeader(cause, i);
    const member = members ? nodeHeader(line.trim(), i) : undefined;
    if (ERRORS.test(line)) members = true;
    else if (caused !== undefined && caused.prefix === "") {
      start(caused, indentOf(line));
      reading = !caused.bracketed;
    } else if (member !== undefined && member.prefix === "" && !isNodeFrame(line)) {
      start(member, indentOf(line));
      reading = !member.bracketed;
    } else if (isNodeFrame(line) || MATCHING.test(line)) {
      if (segment.open) segment.stack.push(line);
      reading = false;
    } else if (/^\s*Emitted '.*' event/.test(line)) segment.open = false;
    else if (reading) segment.message.push(line);
    else if (!isBlank(line) && indentOf(line) === 0 && !/^[}\]]/.test(line) && segment.stack.length > 0) break;
  }
  return segments;
}

/** Node leaves out of an error what its cause's stack says too: the lines behind the same line there. */
function fillShortened(segments: readonly Segment[]): void {
  for (let i = segments.length - 2; i >= 0; i -= 1) {
    const segment = segments[i];
    const cause = segments[i + 1]?.stack.map((line) => bare(line)) ?? [];
    if (segment === undefined) continue;
    const at = segment.stack.findIndex((line) => MATCHING.test(line));
    if (at < 0) continue;
    const count = Number(MATCHING.exec(segment.stack[at] ?? "")?.[1]);
    const same = at === 0 ? -1 : cause.indexOf(bare(segment.stack[at - 1] ?? ""));
    const left = same < 0 ? [] : cause.slice(same + 1, same + 1 + count);
    const after = segment.stack[at + 1];
    const certain = left.length === count && (after === undefined || cause[same + 1 + count] === bare(after));
    segment.stack.splice(at, 1, ...(certain ? left : []));
  }
}

function bare(line: string): string {
  return line.trim().replace(/ \{$|,$/, "");
}

function valueOf(segment: Segment): ExceptionValue {
  const frames = segment.stack.filter((line) => isNodeFrame(line)).map((line) => nodeFrame(line));
  return exceptionOf(segment.header.type, messageOf(segment.message), oldestFirst(frames));
}

/** "javascript" where all files come from the web. */
function platformOf(values: readonly ExceptionValue[]): string {
  const files = values.flatMap(({ frames }) => frames.map(({ filename }) => filename ?? ""));
  const web = files.some((file) => /^(?:https?|blob|chrome-extension|app):/.test(file));
  return web && !files.some((file) => file.startsWith("/") || file.startsWith("node:")) ? "javascript" : "node";
}

import type { ExceptionValue } from "../../record/exception.ts";
import { indentOf, isBlank, MAX_VALUES, messageOf, oldestFirst, exceptionOf, type Dialect, type Found } from "./dialect.ts";
import { excerptOf, isCarets } from "./node-excerpt.ts";
import { isNodeFrame, nodeFrame } from "./node-frame.ts";
import { findFrameless, findNodeHeader, innerHeader, preambleOf, type NodeHeader } from "./node-header.ts";
import type { Shape } from "./shape.ts";

const MATCHING = /^\s*\.\.\. (\d+) lines matching cause stack trace \.\.\.$/;
const CAUSE = /^\s*(?:\[cause\]|[cC]aused by): (.*)$/;
const ERRORS = /^\s*\[?errors\]?: \[$/;

const shapes: readonly Shape[] = [
  { prefix: "at ", pattern: { test: isNodeFrame }, follows: ["uncaught"], to: "uncaught" },
  { prefix: "Caused by: ", indented: true, follows: ["uncaught"], to: "uncaught" },
  { prefix: "at ", pattern: { test: (line) => line.endsWith(" {") && isNodeFrame(line) }, inside: true, to: "object" },
  { prefix: "at ", pattern: { test: isNodeFrame }, inside: true, to: "frames" },
  // A function of Bun's engine, which has no file.
  { prefix: "at ", pattern: /^at \S.* \(\d+:\d+\)$/, indented: true, follows: ["frames"], to: "frames" },
  { prefix: "... ", pattern: /^\.\.\. \d+ lines matching cause stack trace/, inside: true, to: "frames" },
  { prefix: "[cause]: ", indented: true, inside: true, to: "object" },
  { prefix: "caused by: ", inside: true, to: "message" },
  { prefix: "Emitted '", follows: ["frames"], to: "frames" },
  { prefix: "[", pattern: /^\[[A-Za-z_$][\w$]*(?: \[\w+\])?: .*\] \{$/, follows: ["message"], to: "object" },
  { prefix: "}", pattern: /^\}[,\]]?$/, follows: ["object", "frames"], to: "frames" },
  { prefix: "Node.js v", follows: ["frames", "object"], to: "frames" },
  { prefix: "Bun v", follows: ["frames", "object"], to: "frames" },
  // Deno's uncaught errors: a line of source with carets stands between the message and the frames.
  { prefix: "error: Uncaught ", opens: true, to: "uncaught" },
  { prefix: "error: ", pattern: /^error: [A-Z]\w*Error: /, opens: true, to: "uncaught" },
  { prefix: "wasm://", pattern: /^wasm:\/\/\S*:\d+$/, opens: true, to: "message" },
  // What node prints before an uncaught error: the place, its source, carets, a blank line.
  { prefix: "/", pattern: /^\/\S*:\d+$/, opens: true, to: "source" },
  { prefix: "node:", pattern: /^node:\S+:\d+$/, opens: true, to: "source" },
  { prefix: "file://", pattern: /^file:\/\/\S+:\d+$/, opens: true, to: "source" },
  ...["<anonymous_script>", "evalmachine.<anonymous>", "[eval", "[stdin]"].map((prefix): Shape => {
    return { prefix, pattern: /^\S+:\d+$/, opens: true, to: "source" };
  }),
];

/** V8's stacks: Node, Deno, Bun, Chromium. */
export const node: Dialect = {
  name: "node",
  shapes,
  probe: (text) => (text.includes("at ") && /:\d+:\d+|\(<anonymous>\)/.test(text)) || text.includes("] {"),
  parse(lines) {
    const frame = lines.findIndex((line) => isNodeFrame(line));
    if (frame < 0) return frameless(lines);
    const header = findNodeHeader(lines, frame);
    if (header === undefined) return bareStack(lines, frame);
    const segments = readSegments(lines, header);
    fillShortened(segments);
    const web = isWeb(segments.flatMap(({ stack }) => stack));
    const values = segments.map((segment) => valueOf(segment, web)).toReversed();
    const top = segments[0];
    const { first, place } = preambleOf(lines, header.line);
    const newestFrame = values.at(-1)?.frames.at(-1);
    if (
      place !== undefined &&
      newestFrame !== undefined &&
      !place.at.startsWith("node:") &&
      place.at === `${newestFrame.filename ?? ""}:${newestFrame.lineno ?? 0}`
    ) {
      newestFrame.context_line = place.source;
    }
    if (top === undefined) return undefined;
    const found = { platform: platformOf(web), values, first, prefix: header.prefix };
    return header.bracketed ? { ...found, said: `${header.prefix}[${header.type}: ${header.value}]` } : found;
  },
};

/** An error that is printed with its properties and without frames. */
function frameless(lines: readonly string[]): Found | undefined {
  const header = findFrameless(lines);
  if (header === undefined) return undefined;
  const { prefix, type, value } = header;
  const { first } = preambleOf(lines, header.line);
  return { platform: "node", values: [exceptionOf(type, value, [])], first, prefix, said: `${prefix}[${type}: ${value}]` };
}

/** Frames that nothing announces: a stack that was logged without its error. */
function bareStack(lines: readonly string[], first: number): Found | undefined {
  let end = first;
  while (end < lines.length && isNodeFrame(lines[end] ?? "")) end += 1;
  if (end - first < 2) return undefined;
  const stack = lines.slice(first, end);
  const web = isWeb(stack);
  const values = [exceptionOf(undefined, undefined, oldestFirst(stack.map((line) => nodeFrame(line, web))))];
  return { platform: platformOf(web), values, first, prefix: "" };
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
  // How far the lists of errors are indented that are open.
  const lists: number[] = [];
  let reading = !header.bracketed;
  for (let i = header.line + 1; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const cause = CAUSE.exec(line)?.[1];
    // A member that is not in brackets has frames: until then a line like it is of its message.
    const mayBegin = !reading || segment === segments[0];
    const isMember = mayBegin && (indentOf(line) === (lists.at(-1) ?? -3) + 2 || isDenoMember(segments[0], line));
    const next = cause !== undefined || isMember ? innerHeader(cause ?? line.trim(), i) : undefined;
    if (ERRORS.test(line)) lists.push(indentOf(line));
    else if (next !== undefined && !isNodeFrame(line)) {
      start(next, indentOf(line));
      reading = !next.bracketed;
    } else if (/^\s*\],?$/.test(line) && indentOf(line) === lists.at(-1)) lists.pop();
    else if (isNodeFrame(line) || MATCHING.test(line)) {
      if (segment.open) segment.stack.push(line);
      reading = false;
    } else if (/^\s*Emitted '.*' event/.test(line)) segment.open = false;
    else if (reading) segment.message.push(line);
    else if (isBlank(line) || indentOf(line) > 0 || /^[}\]]/.test(line) || segment.stack.length === 0) continue;
    else if (header.uncaught && segments[0] !== undefined && isCarets(lines[i + 1])) {
      segment = segments[0];
      segment.message.push(line, lines[i + 1] ?? "");
    } else break;
  }
  return segments;
}

/** Deno prints the members of an uncaught AggregateError indented, and its own source and frames behind them. */
function isDenoMember(outermost: Segment | undefined, line: string): boolean {
  return outermost?.header.type === "AggregateError" && outermost.stack.length === 0 && /^ {4}\S/.test(line);
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

function valueOf({ header, message, stack, depth }: Segment, web: boolean): ExceptionValue {
  const frames = oldestFirst(stack.filter((line) => isNodeFrame(line)).map((line) => nodeFrame(line, web)));
  const excerpt = header.uncaught ? excerptOf(message) : undefined;
  const newest = frames.at(-1);
  if (excerpt !== undefined && newest !== undefined) newest.context_line = excerpt.source;
  const said = message.slice(0, excerpt?.first).map((line, i) => (i === 0 ? line : line.slice(Math.min(depth, indentOf(line)))));
  return exceptionOf(header.type, messageOf(said), frames);
}

/** Whether the files of a stack come from the web, and none from a disk or the runtime. */
function isWeb(stack: readonly string[]): boolean {
  let web = false;
  for (const line of stack) {
    const { filename = "" } = isNodeFrame(line) ? nodeFrame(line) : {};
    if (filename.startsWith("/") || filename.startsWith("node:")) return false;
    web ||= /^(?:https?|blob|chrome-extension|app):/.test(filename);
  }
  return web;
}

function platformOf(web: boolean): string {
  return web ? "javascript" : "node";
}

import type { ExceptionValue, Frame } from "../../record/exception.ts";
import { elixirFrame } from "./beam-frame.ts";
import {
  exceptionOf,
  indentOf,
  isBlank,
  MAX_MESSAGE_LINES,
  MAX_VALUES,
  messageOf,
  oldestFirst,
  type Dialect,
} from "./dialect.ts";
import { MAX_LOOK_CHARS, type Shape, type State } from "./shape.ts";

/** `** (KeyError) key :a not found`; a log line may stand before it. */
const HEAD = /^(.*?)\*\* \(((?:[A-Z][\w.]*)|exit|throw|stop|EXIT from #PID<[\d.]{1,40}>)\) ?(.*)$/;
/** What Elixir adds to a message for a person at a terminal: the arguments, which are new each time. */
const BLAME = /^\s*(?:The following arguments were given to .*:|Attempted function clauses \(showing .*\):)$/;
/** What a process says of itself behind the frames. */
const DETAILS =
  /^(?:Last message|State|Queue|Postponed|Callback mode|Client|Function|Initial Call|Registered Name|Ancestors|Message Queue Length|Messages|Links|Dictionary|Trapping Exits|Status|Heap Size|Stack Size|Reductions|Neighbours)\b.*(?::| is alive$| stacktrace$)|^[}\])]+,?$/;

const shapes: readonly Shape[] = [
  { prefix: "** (", pattern: { test: (line) => HEAD.test(line) }, opens: true, follows: ["prose", "header"], to: "message" },
];
const toFrames = (line: string): State | undefined => (elixirFrame(line) === undefined ? undefined : "process");

export const elixir: Dialect = {
  name: "elixir",
  shapes,
  atMargin: { process: (line) => (DETAILS.test(line) ? "process" : undefined) },
  indented: { prose: toFrames, header: toFrames, message: toFrames, process: toFrames },
  probe: (text) => text.includes("** ("),
  parse(lines) {
    for (const [i, line] of lines.entries()) {
      const head = line.includes("** (") ? HEAD.exec(line.slice(0, MAX_LOOK_CHARS)) : null;
      if (head === null) continue;
      const segments = readSegments(lines, i);
      if (segments.length > 1 || segments[0]?.frames.length !== 0)
        return { platform: "elixir", values: segments.map(valueOf).toReversed(), first: i, prefix: head[1]?.trimStart() ?? "" };
    }
    return undefined;
  },
};

/** One exception: the outermost, then those that ended the processes it waited for. */
interface Segment {
  readonly type: string;
  readonly message: string[];
  /** Newest call first. */
  readonly frames: Frame[];
  readonly indent: number;
}

function readSegments(lines: readonly string[], first: number): Segment[] {
  const segments: Segment[] = [];
  for (let i = first; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const last = segments.at(-1);
    const head = line.includes("** (") ? HEAD.exec(line.slice(0, MAX_LOOK_CHARS)) : null;
    if (head !== null && (i === first || (head[1]?.trim() === "" && indentOf(line) > 0 && head[2] !== "EXIT"))) {
      if (segments.length >= MAX_VALUES) break;
      const type = head[2]?.replace(/^EXIT from .*$/, "EXIT") ?? "";
      segments.push({ type, message: [head[3] ?? ""], frames: [], indent: i === first ? 0 : indentOf(line) });
      continue;
    }
    if (last === undefined) break;
    const indent = indentOf(line);
    const frame = indent > 0 ? elixirFrame(line) : undefined;
    if (frame !== undefined) segments.findLast((segment) => segment.indent < indent)?.frames.push(frame);
    else if (last.frames.length === 0 && last.message.length < MAX_MESSAGE_LINES) last.message.push(line);
    else if (!isBlank(line)) break;
  }
  // "(EXIT from #PID<0.96.0>) an exception was raised:" says nothing of its own.
  const [outermost] = segments;
  const empty = outermost?.type === "EXIT" && outermost.message.join("\n").trim() === "an exception was raised:";
  return empty && segments.length > 1 && outermost.frames.length === 0 ? segments.slice(1) : segments;
}

function valueOf({ type, message, frames }: Segment): ExceptionValue {
  const blame = message.findIndex((line) => BLAME.test(line));
  return exceptionOf(type, messageOf(blame < 0 ? message : message.slice(0, blame)), oldestFirst(frames));
}

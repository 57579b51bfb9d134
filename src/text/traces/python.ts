import type { ExceptionValue } from "../../record/exception.ts";
import { exceptionOf, isBlank, newest, type Dialect, type Found } from "./dialect.ts";
import { faultShapes, isFault, parseFault } from "./python-fault.ts";
import { baseName, pythonFrame } from "./python-frame.ts";
import { bareGroup, groupLines, inGroupOrder, type Block } from "./python-group.ts";
import { pythonType } from "./python-type.ts";
import type { Shape, State } from "./shape.ts";

const HEADER = "Traceback (most recent call last):";
const STACK = "Stack (most recent call last):";
/** A place; loguru marks the one that caught. */
const FILE = /^(?:\s+|> )File "(.*)", line (\d+)(?:, in (.*))?\s*$/;
/** An exception at the margin, also without a message. */
const EXCEPTION = /^([\p{L}_][\p{L}\p{N}_.<>]*)(?::(?: (.*))?)?$/u;
const CONNECTOR = /^(?:During handling of the above exception, another|The above exception was the direct cause of)/;
const CARETS = /^[\s~^]+$/;
/** What says in its message where it is, which the interpreter prints as a place instead. */
const UNREAD = /^(?:SyntaxError|IndentationError|TabError)$/;
const QUOTES = '"""';
/** How many a group holds, which is no part of its message. */
const MEMBERS = / \(\d+ sub-exceptions?\)$/;
/** What a database driver adds to a message. */
const DATABASE_WORDS = [
  "DETAIL:",
  "HINT:",
  "CONTEXT:",
  "QUERY:",
  "LINE ?",
  "[SQL: ",
  "[parameters: ",
  "(Background on this error at: ",
];

const FILE_LINE = /^File ".*", line \d+(?:,? in .*)?\s*$/;

const shapes: readonly Shape[] = [
  { prefix: HEADER, opens: true, follows: ["prose", "between", "header", "message", "code", "caller", "report"], to: "code" },
  { prefix: "+ Exception Group Traceback", indented: true, opens: true, follows: ["prose", "between"], to: "code" },
  // Above the header: what asyncio says about a task, what nobody can catch, the worker of a pool.
  { prefix: "Task exception was never retrieved", opens: true, to: "prose" },
  { prefix: "Exception in callback ", opens: true, to: "prose" },
  { prefix: "Exception ignored ", opens: true, to: "prose" },
  ...["future", "task", "handle", "protocol", "transport"].map((name): Shape => {
    return { prefix: `${name}: <`, follows: ["prose"], to: "prose" };
  }),
  { prefix: "concurrent.futures.process._RemoteTraceback:", opens: true, to: "header" },
  { prefix: "multiprocessing.pool.RemoteTraceback:", opens: true, to: "header" },
  { prefix: STACK, follows: ["prose", "header", "said"], to: "caller" },
  { prefix: 'File "', pattern: FILE_LINE, indented: true, follows: ["caller"], to: "caller" },
  // Where a SyntaxError is, which may have no traceback.
  { prefix: 'File "', pattern: /^File ".*", line \d+$/, indented: true, opens: true, inside: true, to: "code" },
  { prefix: 'File "', pattern: FILE_LINE, indented: true, inside: true, to: "code" },
  { prefix: '> File "', pattern: /^> File ".*", line \d+, in .*$/, inside: true, to: "code" },
  { prefix: "[Previous line repeated ", indented: true, inside: true, to: "code" },
  ...faultShapes,
  { prefix: "During handling of the above exception, another", inside: true, to: "between" },
  { prefix: "The above exception was the direct cause of", inside: true, to: "between" },
  { prefix: QUOTES, follows: ["prose", "header", "between", "said"], to: "between" },
  { prefix: "| ", indented: true, inside: true, to: "code" },
  { prefix: "+-", pattern: /^\+-{10,}$/, indented: true, inside: true, to: "frames" },
  { prefix: "+-", pattern: /^\+-(?:\+-)?-{4,} /, indented: true, inside: true, to: "code" },
  { prefix: "^", pattern: /^[~^][~^ ]*$/, indented: true, inside: true, to: undefined },
  { prefix: "~", pattern: /^[~^][~^ ]*$/, indented: true, inside: true, to: undefined },
  ...DATABASE_WORDS.map((prefix): Shape => ({ prefix, follows: ["said", "header", "message"], to: "said" })),
];

export const python: Dialect = {
  name: "python",
  shapes,
  atMargin: { code: raised, between: raised },
  probe: (text) => text.includes('File "') || text.includes(HEADER),
  parse(lines) {
    for (const [i, line] of lines.entries()) {
      const at = Math.max(line.indexOf(HEADER), line.indexOf(STACK));
      if (at >= 0) return parseTraceback(lines, i, line.slice(0, at));
      if (isFault(line)) return parseFault(lines, i);
      if (FILE.test(line)) return parseTraceback(lines, i, "");
      const group = bareGroup(lines, i);
      if (group !== undefined) return parseTraceback(lines, group, "");
    }
    return undefined;
  },
};

function raised(line: string): State | undefined {
  return EXCEPTION.test(line) ? "said" : undefined;
}

function parseTraceback(lines: readonly string[], header: number, before: string): Found | undefined {
  // A process pool puts a whole traceback, quoted, into the message of an exception that has none of its own.
  const quoted = lines[header - 1] === QUOTES && EXCEPTION.test((lines[header - 2] ?? "").trimEnd());
  const first = quoted ? header - 2 : header;
  const blocks = readBlocks(lines, first, lines[header]?.includes(STACK) === true);
  const values = inGroupOrder(blocks).map(valueOf);
  // A bare "File" line is certain only together with what was raised there.
  const certain = values.some(({ frames, type }) => frames.length > 0 || (type?.endsWith("Error") ?? false));
  const prefix = /[^\s|+]/.test(before) ? before.replace(/Exception Group $/, "") : "";
  return certain ? { platform: "python", values, first, prefix } : undefined;
}

function valueOf({ type, value, frames, unread }: Block): ExceptionValue {
  const { module, name } = pythonType(type ?? "");
  const [said = "", ...rest] = value;
  let first = unread !== undefined && UNREAD.test(name) ? `${said} (${unread})` : said;
  if (name.endsWith("ExceptionGroup")) first = first.replace(MEMBERS, "");
  return exceptionOf(name, [first, ...rest].join("\n").trim(), newest(frames), module);
}

/** Reads tracebacks one after the other, as they are printed: the root cause first. */
function readBlocks(lines: readonly string[], first: number, stack: boolean): Block[] {
  const blocks: Block[] = [];
  let block: Block | undefined;
  let quoted = false;
  let opensMember = false;
  for (const { depth, section, text } of groupLines(lines, first)) {
    if (quoted) {
      block?.value.push(text);
      quoted = text !== QUOTES;
      continue;
    }
    if (section !== undefined || CONNECTOR.test(text)) {
      block = undefined;
      opensMember = section === "begins";
    } else if (text.includes(HEADER) || (stack && text.includes(STACK))) {
      blocks.push((block = { depth, opensMember, frames: [], type: undefined, value: [], saying: false }));
      opensMember = false;
    } else if (block?.saying === true && text.startsWith(STACK)) {
      // With stack_info, where the logger was called: no part of what was raised.
      return blocks;
    } else if (block === undefined) {
      const said = EXCEPTION.exec(text.trimEnd());
      if (isBlank(text)) continue;
      const value = said === null ? [] : [said[2] ?? ""];
      block = { depth, opensMember, frames: [], type: said?.[1], value, saying: said !== null };
      opensMember = false;
      if (said === null) readCode(block, text);
      blocks.push(block);
    } else if (!block.saying) {
      readCode(block, text);
    } else {
      quoted = text === QUOTES && block.value.join("") === "";
      block.value.push(text);
    }
  }
  return blocks;
}

/** A line among the frames: a file, its source, or at the margin what was raised. */
function readCode(block: Block, text: string): void {
  const file = FILE.exec(text);
  if (file !== null) {
    block.source = undefined;
    const [, path = "", lineno = "", name] = file;
    // The last file of a SyntaxError names no function: it is what could not be read, not a call.
    if (name === undefined) block.unread = `${baseName(path)}, line ${lineno}`;
    else block.frames.push((block.source = pythonFrame(path, Number(lineno), name)));
  } else if (/^\s/.test(text)) {
    const { source } = block;
    if (source === undefined || text.startsWith("  [Previous line") || CARETS.test(text)) return;
    source.context_line = text.trim();
    block.source = undefined;
  } else if (text !== "") {
    const said = EXCEPTION.exec(text.trimEnd());
    block.saying = true;
    block.type = said?.[1];
    block.value.push(said === null ? text : (said[2] ?? ""));
  }
}

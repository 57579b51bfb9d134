import type { ExceptionValue, Frame } from "../../record/exception.ts";
import { absolute, exceptionOf, frameOf, isBlank, newest, splitName, type Dialect, type Found } from "./dialect.ts";
import { groupLines, inGroupOrder, type Block } from "./python-group.ts";
import type { Shape, State } from "./shape.ts";

const HEADER = "Traceback (most recent call last):";
const STACK = "Stack (most recent call last):";
const FATAL = "Fatal Python error: ";
const FILE = /^\s+File "(.*)", line (\d+)(?:, in (.*)| in (.*))?\s*$/;
/** An exception at the margin, also without a message. */
const EXCEPTION = /^([A-Za-z_][\w.<>]*)(?::(?: (.*))?)?$/;
const CONNECTOR = /^(?:During handling of the above exception, another|The above exception was the direct cause of)/;
const CARETS = /^[\s~^]+$/;
const QUOTES = '"""';
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

const shapes: readonly Shape[] = [
  { prefix: HEADER, opens: true, follows: ["prose", "between", "header", "code"], to: "code" },
  { prefix: "+ Exception Group Traceback", indented: true, opens: true, follows: ["prose", "between"], to: "code" },
  { prefix: FATAL, opens: true, to: "code" },
  { prefix: STACK, follows: ["prose", "header", "said"], to: "code" },
  // Where a SyntaxError is, which may have no traceback.
  { prefix: 'File "', pattern: /^File ".*", line \d+$/, indented: true, opens: true, inside: true, to: "code" },
  { prefix: 'File "', pattern: /^File ".*", line \d+(?:,? in .*)?\s*$/, indented: true, inside: true, to: "code" },
  { prefix: "[Previous line repeated ", indented: true, inside: true, to: "code" },
  { prefix: "Current thread 0x", follows: ["code"], to: "code" },
  { prefix: "Thread 0x", follows: ["code"], to: "code" },
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
      if (line.startsWith(FATAL)) return parseFatal(lines, i);
      if (FILE.test(line)) return parseTraceback(lines, i, "");
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

function valueOf(block: Block): ExceptionValue {
  const { module, name } = splitName(block.type ?? "");
  return exceptionOf(name, block.value.join("\n").trim(), newest(block.frames), module);
}

/** Reads tracebacks one after the other, as they are printed: the root cause first. */
function readBlocks(lines: readonly string[], first: number, stack: boolean): Block[] {
  const blocks: Block[] = [];
  let block: Block | undefined;
  let quoted = false;
  let member = 0;
  for (const { depth, section, text } of groupLines(lines, first)) {
    if (quoted) {
      block?.value.push(text);
      quoted = text !== QUOTES;
      continue;
    }
    if (section || CONNECTOR.test(text)) {
      block = undefined;
      if (section) member += 1;
    } else if (text.includes(HEADER) || (stack && text.includes(STACK))) {
      blocks.push((block = { depth, member, frames: [], type: undefined, value: [], saying: false }));
    } else if (block === undefined) {
      const said = EXCEPTION.exec(text.trimEnd());
      if (isBlank(text)) continue;
      block = { depth, member, frames: [], type: said?.[1], value: said === null ? [] : [said[2] ?? ""], saying: said !== null };
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
    // The last file of a SyntaxError names no function: it is what could not be read, not a call.
    if (file[3] === undefined && file[4] === undefined) return;
    block.source = pythonFrame(file[1] ?? "", Number(file[2]), file[3] ?? file[4] ?? "");
    block.frames.push(block.source);
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

/** "most recent call first", without source: the first thread named is the one that died. */
function parseFatal(lines: readonly string[], first: number): Found | undefined {
  const frames: Frame[] = [];
  let inThread = false;
  for (let i = first + 1; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    if (line.startsWith("Current thread 0x")) {
      inThread = true;
      continue;
    }
    const file = inThread ? FILE.exec(line) : null;
    if (file !== null) frames.push(pythonFrame(file[1] ?? "", Number(file[2]), file[4] ?? file[3] ?? ""));
    else if (inThread) break;
  }
  if (frames.length === 0) return undefined;
  const value = (lines[first] ?? "").slice(FATAL.length);
  return {
    platform: "python",
    values: [exceptionOf("Fatal Python error", value, newest(frames.toReversed()))],
    first,
    prefix: "",
  };
}

const PACKAGES = /^.*[\\/](?:site|dist)-packages[\\/]/;
const LIBRARY = /^.*[\\/]lib(?:64)?[\\/](?:python|pypy)\d[\d.]*[\\/]|^.*[\\/]Python\d+[\\/]Lib[\\/]/;

function pythonFrame(path: string, lineno: number, name: string): Frame {
  const root = PACKAGES.exec(path)?.[0] ?? LIBRARY.exec(path)?.[0];
  const filename = root === undefined ? path : path.slice(root.length);
  return frameOf({
    function: name.trim(),
    module: root === undefined ? undefined : moduleOf(filename),
    filename,
    abs_path: absolute(path),
    lineno,
    in_app: root === undefined && !path.startsWith("<frozen "),
  });
}

/** "django/core/handlers/__init__.py" is the module django.core.handlers. */
function moduleOf(filename: string): string | undefined {
  const path = /^([\w\\/]+?)(?:[\\/]__init__)?\.pyw?$/.exec(filename)?.[1];
  return path?.replaceAll(/[\\/]/g, ".");
}

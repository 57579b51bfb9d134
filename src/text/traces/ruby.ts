import type { ExceptionValue, Frame } from "../../record/exception.ts";
import {
  exceptionOf,
  isBlank,
  MAX_MESSAGE_LINES,
  MAX_VALUES,
  messageOf,
  newest,
  oldestFirst,
  splitName,
  type Dialect,
  type Found,
} from "./dialect.ts";
import { rubyFrame } from "./ruby-frame.ts";
import type { Shape, State } from "./shape.ts";

/** A place as Ruby prints it, alone in its line or behind "from": path, line, method. */
const PLACE = /^((?:\([^()]*\)|<internal:[^>]*>|(?:[A-Za-z]:)?[^:\s][^:]*?)):(?:(\d+):)?in [`'](.*)'$/;
const FROM = /^\s+(?:(\d+): )?from (.*)$/;
/** What the newest frame's line goes on with: the message and the class. */
const HEADLINE = /^((?:\([^()]*\)|<internal:[^>]*>|(?:[A-Za-z]:)?[^:\s][^:]*?)(?::\d+)?(?::in [`'][^'`]*')?): (.*)$/;
const CLASS_AT_END = /^(.*) \(((?:[A-Z]\w*::)*[A-Z]\w*)\)$/;
const CLASS_ALONE = /^(?:[A-Z]\w*::)*[A-Z]\w*[a-z]\w*$/;
const CLASS_FIRST = /^(?:.*?\s)??(?=\w*[a-z])((?:[A-Z]\w*::)*[A-Z]\w*)(?: \((.*)\):?|: (.*))$/;
/** Rails tags every line of a request; Logger and Sidekiq write before every line, too. */
const TAGS =
  /^(?:[A-Z], \[[^\]]{1,80}\] +[A-Z]+ -- [^:]{0,80}:(?: |$)|\S{1,40} pid=\d+ tid=\S{1,20} (?:[\w.]+=\S{1,80} )*[A-Z]+:(?: |$))?(?:\[[^\]\s]{1,64}\](?: |$))*/;
/** "Shop::OutOfStock (no B-2 left):", as Rails says what was raised. */
const RAISED = /^((?:[A-Z]\w*::)*[A-Z]\w*) \((.*)\):$/;
/** For the frames of a stack overflow that are left out. */
const LEVELS = /^\s+\.\.\. \d+ levels\.\.\.$/;
const CLASS_FIRST_LINE = /^((?:[A-Z]\w*::)*[A-Z]\w*[a-z]\w*)(?:: | - )(.*)$/;
const REVERSED = "Traceback (most recent call last):";

const TAGGED = { test: (line: string) => untagged(line) !== line && (isPlace(untagged(line)) || isBlank(untagged(line))) };
const BARE = { test: (line: string) => isPlace(untagged(line)) };
const HEAD = { test: (line: string) => line.length < 2_048 && HEADLINE.test(line) && /:\d+:in [`']/.test(line) };

const shapes: readonly Shape[] = [
  { prefix: "/", pattern: HEAD, opens: true, follows: ["list", "prose"], to: "message" },
  { prefix: "<internal:", pattern: HEAD, opens: true, follows: ["list", "prose"], to: "message" },
  { prefix: "#<Thread:0x", pattern: /^#<Thread:0x.* terminated with exception /, opens: true, to: "prose" },
  { prefix: "/", pattern: BARE, inside: true, to: "list" },
  { prefix: "... ", pattern: /^\.\.\. \d+ levels\.\.\.$/, indented: true, follows: ["list"], to: "list" },
  { prefix: "from ", pattern: /^from .*?:(?:\d+:)?(?:in [`'].*'|\d+)$/, indented: true, inside: true, to: "list" },
  ...Array.from({ length: 9 }, (_, i): Shape => {
    return { prefix: `${i + 1}`, pattern: /^\d+: from .*:in [`']/, indented: true, inside: true, to: "list" };
  }),
  ...["[", "D, [", "I, [", "W, [", "E, [", "F, ["].flatMap((prefix): Shape[] => [
    { prefix, pattern: { test: (line) => isPlace(untagged(line)) }, follows: ["list", "header", "prose"], to: "list" },
    { prefix, pattern: TAGGED, follows: ["header", "list"], to: undefined },
    { prefix, pattern: { test: (line) => RAISED.test(untagged(line)) }, follows: ["header"], to: "header" },
  ]),
  { prefix: "????-??-??T", pattern: TAGGED, follows: ["prose", "header"], to: "list" },
  { prefix: "Information for", follows: ["list"], to: "message" },
];

export const ruby: Dialect = {
  name: "ruby",
  shapes,
  atMargin: { prose: listed, list: listed, header: listed, message: (line) => (BARE.test(line) ? "list" : undefined) },
  // Whoever prints a backtrace may indent it.
  indented: { prose: indented, header: indented, message: indented, list: indented },
  head(line) {
    const said = untagged(line);
    if (RAISED.test(said) || (said !== line && isBlank(said))) return "header";
    return HEAD.test(line) && CLASS_AT_END.test(line) ? "message" : undefined;
  },
  probe: (text) => /:in [`']/.test(text),
  parse(given) {
    const lines = given.map((line) => withoutTags(line));
    const first = lines.findIndex((line) => isPlace(line.trimStart()) || isHeadline(line) || isFrom(line));
    if (first < 0) return undefined;
    const line = lines[first] ?? "";
    // A class without a name, or one whose message is empty, ends in no brackets.
    if (isFrom(line) && HEAD.test(lines[first - 1] ?? "")) return parsePrinted(lines, first - 1);
    if (isFrom(line) && /^\s+\d+: from /.test(line)) return parseReversed(lines, first);
    if (lines[first - 1] === REVERSED && isHeadline(line)) return parseReversed(lines, first);
    return isHeadline(line) ? parsePrinted(lines, first) : parseListed(lines, first);
  },
};

/** Relative paths, which Rails prints, have no prefix of their own; nor has "Class (message):". */
function listed(line: string): State | undefined {
  if (BARE.test(line)) return "list";
  if (HEAD.test(line)) return "message";
  return /^(?!Traceback )(?:[A-Z]\w*::)*[A-Z]\w* \(.*\):?$/.test(untagged(line)) ? "header" : undefined;
}

function indented(line: string): State | undefined {
  return isPlace(line) ? "list" : undefined;
}

function untagged(line: string): string {
  return line.length < 2_048 ? line.replace(TAGS, "") : line;
}

/** Without what stands before every line, where that is all that is left of a backtrace or of Rails' headline. */
function withoutTags(line: string): string {
  const said = untagged(line);
  return said === line || isPlace(said) || isBlank(said) || RAISED.test(said) || line.startsWith("[") ? said : line;
}

function isPlace(line: string): boolean {
  return line.length < 2_048 && PLACE.test(line);
}

function isFrom(line: string): boolean {
  return line.length < 2_048 && FROM.test(line) && /:(?:\d+:)?in [`']|:\d+$/.test(line);
}

/** "x.rb:1:in `f': message (Class)", or the first line of such a message. */
function isHeadline(line: string): boolean {
  return (
    line.length < 2_048 &&
    !isPlace(line) &&
    /:\d+:in [`']|^\S+\.rb:\d+: /.test(line) &&
    CLASS_AT_END.test(line) &&
    HEADLINE.test(line)
  );
}

/** As the interpreter prints what nobody rescued: newest frame first; causes follow with no connecting words. */
function parsePrinted(lines: readonly string[], first: number): Found {
  const values: ExceptionValue[] = [];
  let i = first;
  while (i < lines.length && (i === first || isHeadline(lines[i] ?? "")) && values.length < MAX_VALUES) {
    const { frame, message, type } = headline(lines[i] ?? "");
    const frames = [frame];
    i += 1;
    for (; i < lines.length && !isFrom(lines[i] ?? "") && !isHeadline(lines[i] ?? ""); i += 1) message.push(lines[i] ?? "");
    for (; i < lines.length && (isFrom(lines[i] ?? "") || LEVELS.test(lines[i] ?? "")); i += 1) {
      const place = FROM.exec(lines[i] ?? "")?.[2];
      if (place !== undefined) frames.push(rubyFrame(place));
    }
    values.push(rubyException(type, messageOf(message), oldestFirst(frames)));
  }
  return { platform: "ruby", values: values.toReversed(), first, prefix: "" };
}

/** `order: :bottom`: the oldest frame first, causes first. */
function parseReversed(lines: readonly string[], from: number): Found | undefined {
  const values: ExceptionValue[] = [];
  let frames: Frame[] = [];
  let message: string[] | undefined;
  const close = (type: string | undefined): void => {
    const last = values.at(-1);
    if (message !== undefined && last !== undefined) last.value = messageOf(message);
    message = undefined;
    if (type !== undefined) values.push(rubyException(type, undefined, newest(frames)));
    frames = [];
  };
  for (let i = from; i < lines.length && values.length < MAX_VALUES; i += 1) {
    const line = lines[i] ?? "";
    if (isFrom(line)) {
      if (message !== undefined) close(undefined);
      frames.push(rubyFrame(FROM.exec(line)?.[2] ?? ""));
    } else if (isHeadline(line)) {
      if (message !== undefined) close(undefined);
      const head = headline(line);
      frames.push(head.frame);
      close(head.type);
      message = head.message;
    } else message?.push(line);
  }
  close(undefined);
  const first = lines[from - 1] === REVERSED ? from - 1 : from;
  return values.length === 0 ? undefined : { platform: "ruby", values, first, prefix: "" };
}

/** The SDK sends the whole name as type, and the modules it is in. */
function rubyException(type: string | undefined, value: string | undefined, frames: Frame[]): ExceptionValue {
  return exceptionOf(type, value, frames, splitName(type ?? "", "::").module);
}

function headline(line: string): { readonly frame: Frame; readonly message: string[]; readonly type: string | undefined } {
  const [, place = "", rest = ""] = HEADLINE.exec(line) ?? [];
  const [, message = rest, type] = CLASS_AT_END.exec(rest) ?? [];
  // What has no message says its class instead.
  if (type === undefined && CLASS_ALONE.test(rest)) return { frame: rubyFrame(place), message: [], type: rest };
  return { frame: rubyFrame(place), message: [message], type };
}

/** As loggers print it: "message (Class)", "Class: message" or Rails' "Class (message):", then bare frames. */
function parseListed(lines: readonly string[], frame: number): Found | undefined {
  const values: ExceptionValue[] = [];
  const head = headAbove(lines, frame);
  let value = head.value;
  let frames: Frame[] = [];
  let i = frame;
  for (; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const cause = /^Information for cause: (.*)$/.exec(line)?.[1];
    if (isPlace(line.trim())) frames.push(rubyFrame(line.trim()));
    else if (cause !== undefined && values.length < MAX_VALUES) {
      values.push({ ...value, frames: oldestFirst(frames) });
      frames = [];
      value = classFirst(cause) ?? exceptionOf(undefined, cause, []);
    } else if (!isBlank(line)) break;
  }
  values.push({ ...value, frames: oldestFirst(frames) });
  const certain = value.type !== undefined || frames.length >= 2;
  return certain ? { platform: "ruby", values: values.toReversed(), first: head.line, prefix: head.prefix } : undefined;
}

interface Head {
  readonly line: number;
  readonly prefix: string;
  readonly value: ExceptionValue;
}

/** What the lines above bare frames say was raised. */
function headAbove(lines: readonly string[], frame: number): Head {
  const raised = raisedAbove(lines, frame);
  if (raised !== undefined) return raised;
  let i = frame - 1;
  while (i >= 0 && isBlank(lines[i] ?? "")) i -= 1;
  const none = { line: frame, prefix: "", value: exceptionOf(undefined, undefined, []) };
  if (i < 0) return none;
  const last = (lines[i] ?? "").trim();
  const atEnd = CLASS_AT_END.exec(last);
  if (atEnd !== null) {
    // A logger's own line begins the message; only what is left of it is known to be one.
    const said = messageOf([...lines.slice(0, i), atEnd[1] ?? ""].map(withoutLogger));
    return { line: frame, prefix: "", value: rubyException(atEnd[2], said, []) };
  }
  const value = classFirst(last);
  if (value === undefined) return messageAbove(lines, i) ?? none;
  const at = last.indexOf(value.type ?? "");
  return { line: i, prefix: withoutLogger(last).startsWith(value.type ?? "") ? "" : last.slice(0, at), value };
}

/** Rails' headline; between it and the frames there may be causes, lines of a template, blank ones. */
function raisedAbove(lines: readonly string[], frame: number): Head | undefined {
  for (let i = frame - 1; i >= Math.max(0, frame - MAX_MESSAGE_LINES); i -= 1) {
    const [, type, said] = RAISED.exec(lines[i] ?? "") ?? [];
    if (type === undefined) continue;
    const line = isBlank(lines[i - 1] ?? "") ? Math.max(0, i - 1) : i;
    return { line, prefix: "", value: rubyException(type, said, []) };
  }
  return undefined;
}

/** "Class: message" whose message goes on in lines up to `last`: certain where the record begins with it. */
function messageAbove(lines: readonly string[], last: number): Head | undefined {
  const said = withoutLogger(lines[0] ?? "");
  const [, type, message = ""] = last < MAX_MESSAGE_LINES ? (CLASS_FIRST_LINE.exec(said) ?? []) : [];
  if (type === undefined) return undefined;
  return { line: 0, prefix: "", value: rubyException(type, messageOf([message, ...lines.slice(1, last + 1)]), []) };
}

/** Without "E, [2026-01-02T03:04:05.678 #12] ERROR -- : ". */
function withoutLogger(line: string): string {
  return line.replace(/^[A-Z], \[[^\]]*\] +[A-Z]+ -- [^:]*: /, "");
}

function classFirst(line: string): ExceptionValue | undefined {
  const said = line.length < 2_048 ? CLASS_FIRST.exec(withoutLogger(line)) : null;
  return said === null ? undefined : rubyException(said[1], said[2] ?? said[3], []);
}

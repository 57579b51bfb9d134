import type { ExceptionValue, Frame } from "../../record/exception.ts";
import { exceptionOf, frameOf, MAX_VALUES, messageOf, oldestFirst, type Dialect, type Found } from "./dialect.ts";
import type { Shape } from "./shape.ts";

const FRAME =
  /^#\d+ (?:(\[internal function\])|(.+?)\((\d+)\)(?: : (?:eval\(\)'d code|runtime-created function)(?:\(\d+\))?)?): (.*)$/;
const MAIN = /^#\d+ \{main\}/;
const TRACE = /^(?:Stack trace:|\[stacktrace\])$/;
const UNCAUGHT =
  /^(.*?)(?:PHP message: )?(?:PHP )?((?:Recoverable )?[Ff]atal error|Parse error|Compile error): {1,2}(Uncaught )?(.*)$/;
const NEXT = /^Next ((?:\\?\w+)+): ?(.*)$/;
const CLASS = /^((?:\\?\w+)+)(?:: ?(.*))?$/;
/** Monolog's normaliser, as Laravel and Symfony log: class, code, message, place; backslashes are doubled. */
const OBJECT = /^(.*?)\[object\] \(([\w\\@]+)\(code: [^)]*\): (.*) at (\S+):(\d+)\)(?:"[}\],].*)?$/;
const POSITION = / in (\S.*?)(?:\((\d+)\) : (?:eval\(\)'d code|runtime-created function))?(?::| on line )(\d+)$/;
const CALLED_WRONGLY = /^(?:TypeError|ArgumentCountError)$/;
const STAMP = /^(?:\[[^\]]*\] |NOTICE: |WARNING: |\[pool \w+\] child \d+ said into stderr: "?)*$/;

const shapes: readonly Shape[] = [
  { prefix: "PHP Fatal error: ", opens: true, to: "message" },
  { prefix: "PHP Recoverable fatal error: ", opens: true, to: "message" },
  { prefix: "Fatal error: Uncaught ", opens: true, to: "message" },
  { prefix: "NOTICE: PHP message: PHP ", pattern: UNCAUGHT, opens: true, to: "message" },
  { prefix: "[??-", pattern: /^\[\d\d-\w{3}-\d{4} [^\]]*\] PHP (?:Recoverable f|F)atal error: /, opens: true, to: "message" },
  { prefix: "Stack trace:", inside: true, to: "frames" },
  { prefix: "[stacktrace]", inside: true, to: "frames" },
  { prefix: "[previous exception] [object] (", inside: true, to: "message" },
  { prefix: "#", pattern: { test: (line) => isFrame(line) }, inside: true, to: "frames" },
  { prefix: "thrown in ", pattern: /^thrown in .* on line \d+/, indented: true, inside: true, to: "frames" },
  { prefix: "Next ", pattern: NEXT, follows: ["frames"], to: "message" },
  { prefix: '"}', follows: ["frames"], to: "frames" },
];

export const php: Dialect = {
  name: "php",
  shapes,
  probe: (text) => /#0 |(?:Fatal|Parse|fatal) error: /.test(text) || text.includes("[object] ("),
  parse(lines) {
    const first = lines.findIndex((line) => isFrame(line) && line.startsWith("#0 "));
    const uncaught = lines.findIndex((line) => UNCAUGHT.test(line));
    if (first >= 0 && (uncaught < 0 || uncaught > first)) return parseLogged(lines, headAbove(lines, first));
    // Monolog without stack traces says only where the exceptions were thrown.
    const object = first < 0 ? lines.findIndex((line) => OBJECT.test(line)) : -1;
    if (object >= 0) return parseLogged(lines, object);
    return uncaught < 0 ? undefined : parseUncaught(lines, uncaught);
  },
};

function isFrame(line: string): boolean {
  return line.length < 4_096 && (MAIN.test(line) || FRAME.test(line));
}

/** One exception while its lines are read. */
interface Entry {
  readonly type: string;
  readonly said: string[];
  readonly calls: string[];
}

/** What PHP prints itself: the root cause first, then "Next" what wraps it. */
function parseUncaught(lines: readonly string[], first: number): Found | undefined {
  const [, before = "", kind = "", uncaught, said = ""] = UNCAUGHT.exec(lines[first] ?? "") ?? [];
  const head = uncaught === undefined ? undefined : CLASS.exec(said);
  let entry: Entry = { type: head?.[1] ?? kind, said: [head === undefined || head === null ? said : (head[2] ?? "")], calls: [] };
  const entries = [entry];
  let thrown: RegExpExecArray | null = null;
  let calling = false;
  for (let i = first + 1; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const next = NEXT.exec(line);
    thrown = /^ {2}thrown in (.*) on line (\d+)/.exec(line);
    if (thrown !== null) break;
    if (TRACE.test(line)) calling = true;
    else if (isFrame(line)) entry.calls.push(line);
    else if (next !== null && calling) {
      entry = { type: next[1] ?? "", said: [next[2] ?? ""], calls: [] };
      if (entries.length < MAX_VALUES) entries.push(entry);
      calling = false;
    } else if (!calling) entry.said.push(line);
  }
  const values = entries.map(valueOf);
  if (values.every(({ frames }) => frames.length === 0)) return undefined;
  return { platform: "php", values, first, prefix: STAMP.test(before) ? "" : before };
}

/** A trace in a logger's line: the class stands before it, or Monolog's object, outermost first. */
function parseLogged(lines: readonly string[], start: number): Found | undefined {
  const entries: Entry[] = [];
  let entry: Entry = { type: "", said: [], calls: [] };
  for (let i = start; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const object = OBJECT.exec(line.replace(/^\[previous exception\] /, ""));
    const next = NEXT.exec(line);
    if (isFrame(line)) entry.calls.push(line);
    else if (object !== null) {
      const [, , type = "", said = "", file = "", at = ""] = object;
      entry = { type: type.replaceAll("\\\\", "\\"), said: [`${said} in ${file}:${at}`], calls: [] };
      entries.push(entry);
    } else if (i === start || next !== null) {
      const { type, said } = next === null ? classIn(line) : { type: next[1] ?? "", said: next[2] ?? "" };
      entry = { type, said: [said], calls: [] };
      entries.push(entry);
    } else if (entry.calls.length === 0 && !TRACE.test(line)) entry.said.push(line);
  }
  if (entries.length === 0) entries.push(entry);
  const monolog = OBJECT.exec(lines[start] ?? "");
  const ordered = monolog === null ? entries : entries.toReversed();
  const values = ordered.slice(0, MAX_VALUES).map(valueOf);
  const before = monolog?.[1]?.replace(/ ?\{"exception":"$/, "") ?? classIn(lines[start] ?? "").before;
  const found = { platform: "php", values, first: start, prefix: STAMP.test(before) ? "" : before };
  // Of Monolog's line the message, not the context that holds the exception.
  return monolog === null ? found : { ...found, said: before.slice(0, (before.indexOf(' {"') + 1 || before.length + 1) - 1) };
}

/** The line that says what was thrown, above "Stack trace:"; the first frame itself when nothing does. */
function headAbove(lines: readonly string[], frame: number): number {
  if (!TRACE.test(lines[frame - 1] ?? "")) return frame;
  for (let i = frame - 2; i >= Math.max(0, frame - 20); i -= 1) {
    const line = lines[i] ?? "";
    if (OBJECT.test(line) || classIn(line).type !== "") return i;
  }
  return frame;
}

/** "checkout failed: Acme\Shop\OutOfStock: no 9 left" */
function classIn(line: string): { readonly before: string; readonly type: string; readonly said: string } {
  const match =
    /^(.*?)(?<![\w\\])((?:\\?[A-Z]\w*\\)*[A-Z]\w*(?:Exception|Error|Throwable)|(?:\\?[A-Z]\w*\\)+[A-Z]\w*): (.*)$/.exec(
      line.slice(0, 2_048),
    );
  return { before: match?.[1] ?? "", type: match?.[2] ?? "", said: match?.[3] ?? line };
}

/** PHP's lines name the function called and the place of the call; the place belongs to the function around it. */
function valueOf({ type, said: lines, calls }: Entry): ExceptionValue {
  const text = messageOf(lines);
  const thrown = lastPosition(text);
  const frames: Frame[] = [];
  let file = thrown?.file;
  let lineno = thrown?.lineno;
  for (const call of calls) {
    if (MAIN.test(call)) break;
    const [, internal, path, at, name = ""] = FRAME.exec(call) ?? [];
    if (file !== undefined || frames.length > 0) frames.push(phpFrame(functionOf(name), file, lineno));
    file = internal === undefined ? path?.replaceAll("\\\\", "\\") : undefined;
    lineno = at === undefined ? undefined : Number(at);
  }
  if (file !== undefined) frames.push(phpFrame(undefined, file, lineno));
  const said = thrown === undefined ? text : text.slice(0, thrown.at).trim();
  // Printed as a string they say where they are defined, which is the place again.
  const value = thrown !== undefined && CALLED_WRONGLY.test(type) ? said.replace(/(, called in .*) and defined$/, "$1") : said;
  return exceptionOf(type.replace(/^\\/, ""), value, oldestFirst(frames));
}

/** The last " in FILE:LINE" counts: messages of TypeErrors hold one too. */
function lastPosition(text: string): { readonly at: number; readonly file: string; readonly lineno: number } | undefined {
  const padded = ` ${text}`;
  const at = padded.lastIndexOf(" in ") >= 0 ? padded.lastIndexOf(" in ") : padded.lastIndexOf("\nin ");
  const match = at < 0 ? null : POSITION.exec(padded.slice(at).replace(/^\s/, " "));
  if (match === null) return undefined;
  return { at: Math.max(0, at - 1), file: match[1] ?? "", lineno: Number(match[2] ?? match[3]) };
}

/** `Acme\Shop\Stock->reserve(9)` is Acme\Shop\Stock::reserve to Sentry; arguments may hold anything. */
function functionOf(call: string): string {
  const open = call.startsWith("{closure") ? call.indexOf("(", call.indexOf("}")) : call.search(/(?<!\{closure[^}]*)\(/);
  const name = open < 0 ? call : call.slice(0, open);
  return name
    .replaceAll("\\\\", "\\")
    .replace("->", "::")
    .replace(/@anonymous.*?(?=::|$)/, "@anonymous");
}

/**
 * A call by the conventions of Sentry's SDK for PHP (sentry-php, src/FrameBuilder.php): the path as `abs_path`, the place
 * of the eval for what was evaluated, "[internal]" for what PHP itself calls. Not the application's are such calls, the
 * SDK's own, and what lies in the folders that are configured: Laravel's and Symfony's integrations name vendor.
 */
function phpFrame(name: string | undefined, file: string | undefined, lineno: number | undefined): Frame {
  return frameOf({
    function: name,
    filename: file ?? "[internal]",
    abs_path: file,
    lineno: file === undefined ? undefined : lineno,
    in_app: file !== undefined && name?.startsWith("Sentry\\") !== true && !/^phar:\/\/|(?:^|[\\/])vendor[\\/]/.test(file),
  });
}

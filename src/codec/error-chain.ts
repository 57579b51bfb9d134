import { hasMembers, memberOf, type Members } from "./field-values.ts";

// Errors that a logger took apart: class, message, frames and cause as members of an object. They are put together as
// their language prints them, so that one reader of traces does for all.

/** A trace made of an object's members. */
export interface ErrorChain {
  readonly stack: string;
  /** Names of the members that it says all of. */
  readonly used: ReadonlySet<string>;
}

/** Causes of one error that are read. */
const MAX_CAUSES = 10;
const MAX_FRAMES = 1_000;
const MAX_LINE_CHARS = 2_000;

/** One error of a chain, whatever its members are called. */
interface Link {
  readonly type: string | undefined;
  readonly message: string | undefined;
  /** Of PHP: `/app/src/Cart.php:12`. */
  readonly file: string | undefined;
  /** The trace as text, as lines, or as objects. */
  readonly frames: unknown;
  readonly used: readonly string[];
  readonly cause: Link | undefined;
}

const TYPES = ["class", "type", "Type", "name", "exceptionType", "exc_type", "ClassName", "className"];
const MESSAGES = ["message", "Message", "msg", "localizedMessage"];
const FRAMES = ["trace", "frames", "extendedStackTrace", "stackTrace", "stack_trace", "stacktrace", "backtrace", "StackTrace"];
const TEXTS = ["StackTraceString", "stack"];
const CAUSES = ["previous", "cause", "causedBy", "InnerException", "innerException", "inner"];

/** The trace of an error and its causes, where they are spread over members; undefined where a text holds them already. */
export function errorChainOf(error: Members): ErrorChain | undefined {
  const outer = linkOf(error, 0);
  const stack = phpText(outer) ?? javaText(outer) ?? rubyText(outer) ?? dotnetText(outer) ?? causedText(outer);
  // JBoss names lines without files, for which Java has no way to print them: they stay to be read.
  const isWhole = !listOf(outer.frames).some(
    (frame) => memberOf(frame, "line") !== undefined && stack?.includes("(Unknown Source)"),
  );
  return stack === undefined ? undefined : { stack, used: new Set(isWhole ? outer.used : []) };
}

function linkOf(error: Members, depth: number): Link {
  const used: string[] = [];
  const first = (names: readonly string[]): unknown => {
    const name = names.find((one) => memberOf(error, one) !== undefined && memberOf(error, one) !== null);
    if (name !== undefined) used.push(name);
    return name === undefined ? undefined : memberOf(error, name);
  };
  const frames = first([...FRAMES, ...TEXTS]);
  const given = depth < MAX_CAUSES ? first(CAUSES) : undefined;
  // Quarkus: `causedBy: {exception: {...}}`.
  const cause = memberOf(given, "exception") ?? given;
  const [type, message, file] = [firstText(error, TYPES), firstText(error, MESSAGES), firstText(error, ["file"])];
  return { type, message, file, frames, used, cause: hasMembers(cause) ? linkOf(cause, depth + 1) : undefined };
}

function firstText(error: Members, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = memberOf(error, name);
    if (typeof value === "string" && value !== "") return value.slice(0, MAX_LINE_CHARS);
  }
  return undefined;
}

/** The links of a chain, the outermost first. */
function linksOf(outer: Link): readonly Link[] {
  const links: Link[] = [];
  for (let link: Link | undefined = outer; link !== undefined; link = link.cause) links.push(link);
  return links;
}

function headOf({ type, message }: Link): string {
  return message === undefined ? (type ?? "Error") : `${type ?? "Error"}: ${message}`;
}

const PHP_PLACE = /^(.{1,1000}):(\d{1,7})$/;

/** Monolog: `class`, `message`, `file`, and a `trace` of places. PHP prints the first cause first. */
function phpText(outer: Link): string | undefined {
  if (outer.type === undefined || !isList(outer.frames, (place) => typeof place === "string" && PHP_PLACE.test(place)))
    return undefined;
  if (outer.file === undefined || !PHP_PLACE.test(outer.file)) return undefined;
  const texts = linksOf(outer)
    .toReversed()
    .map((link, index) => {
      const lines = listOf(link.frames).map((place, frame) => `#${frame} ${String(place).replace(PHP_PLACE, "$1($2)")}: `);
      const opening = index === 0 ? "PHP Fatal error:  Uncaught" : "Next";
      return [
        `${opening} ${headOf(link)} in ${link.file ?? "unknown:0"}`,
        "Stack trace:",
        ...lines,
        `#${lines.length} {main}`,
      ].join("\n");
    });
  return `${texts.join("\n\n")}\n  thrown`;
}

/** Log4j 2, JBoss: frames of `class`, `method`, `file`, `line`. */
function javaText(outer: Link): string | undefined {
  if (!isList(outer.frames, (frame) => javaFrame(frame) !== undefined)) return undefined;
  return linksOf(outer)
    .map((link) => [headOf(link), ...listOf(link.frames).map((frame) => javaFrame(frame) ?? "")].join("\n"))
    .join("\nCaused by: ");
}

/** A frame as Java prints it; undefined for what is none of Java. */
export function javaFrame(frame: unknown): string | undefined {
  const owner = memberOf(frame, "class") ?? memberOf(frame, "className") ?? memberOf(frame, "declaringClass");
  const method = memberOf(frame, "method") ?? memberOf(frame, "methodName");
  if (typeof owner !== "string" || typeof method !== "string") return undefined;
  const file = memberOf(frame, "file") ?? memberOf(frame, "fileName");
  const line = memberOf(frame, "line") ?? memberOf(frame, "lineNumber");
  const isNative = memberOf(frame, "native") === true || memberOf(frame, "nativeMethod") === true;
  const number = typeof line === "number" && line > 0 ? `:${line}` : "";
  const place = isNative ? "Native Method" : typeof file === "string" ? file + number : "Unknown Source";
  return `\tat ${owner}.${method}(${place})`;
}

const RUBY_FRAME = /^[^\s:][^\n]{0,1000}:\d{1,7}:in ['`]/;

/** Semantic Logger: a list of lines, and causes of the same shape. Without causes the lines alone are read well. */
function rubyText(outer: Link): string | undefined {
  if (outer.cause === undefined || !isList(outer.frames, (line) => typeof line === "string" && RUBY_FRAME.test(line)))
    return undefined;
  return linksOf(outer)
    .map((link) => {
      const [place = "-e:0:in 'unknown'", ...rest] = listOf(link.frames).map(String);
      return [`${place}: ${link.message ?? ""} (${link.type ?? "StandardError"})`, ...rest.map((line) => `\tfrom ${line}`)].join(
        "\n",
      );
    })
    .join("\n");
}

const DOTNET_FRAME = /^\s{0,8}at [^\n]{1,2000}(?:\n|$)/;

/** Json.NET, Serilog and NLog: the inner exception is an object, and the trace a text without a headline. */
function dotnetText(outer: Link): string | undefined {
  if (outer.type === undefined || typeof outer.frames !== "string" || !DOTNET_FRAME.test(outer.frames)) return undefined;
  return dotnetLink(outer);
}

function dotnetLink(link: Link): string {
  const inner =
    link.cause === undefined ? "" : `\n ---> ${dotnetLink(link.cause)}\n   --- End of inner exception stack trace ---`;
  return `${headOf(link)}${inner}${typeof link.frames === "string" ? `\n${link.frames}` : ""}`;
}

/** JavaScript: each has a stack of its own, which names its causes only where the logger has put them there. */
function causedText(outer: Link): string | undefined {
  const stacks = linksOf(outer).map(({ frames }) => frames);
  const [first, second] = stacks;
  if (typeof first !== "string" || typeof second !== "string" || first.includes(second.split("\n", 1)[0] ?? "")) return undefined;
  return stacks.filter((stack) => typeof stack === "string").join("\ncaused by: ");
}

function listOf(frames: unknown): readonly unknown[] {
  return Array.isArray(frames) ? frames.slice(0, MAX_FRAMES) : [];
}

function isList(frames: unknown, fits: (frame: unknown) => boolean): boolean {
  return Array.isArray(frames) && frames.length > 0 && frames.slice(0, MAX_FRAMES).every(fits);
}

import type { ExceptionValue, Frame } from "../../record/exception.ts";
import { frameOf, indentOf, isBlank, MAX_MESSAGE_LINES, splitName, type Dialect } from "./dialect.ts";
import { Chain, type Thrown } from "./java-chain.ts";
import type { Shape } from "./shape.ts";
import { findTypeToken } from "./type-token.ts";

/** cats-effect names what it traced before the place: "at flatMap @ com.acme.Mail$.send(Mail.scala:11)". */
const FRAME =
  /^at (?:[\w$]+ @ )?(?=[^\s()]*\.)[^\s()]+(?: (?=\(\w+\.(?:clj\w?|java):))?\((?:[^\s()]+\.[a-z]\w*(?::\d+)?|Native Method|Unknown Source|<[^>]*>(?::\d+)?)\)/;
const OMITTED = /^\s*\.\.\. (\d+) (?:more|common frames omitted)/;
/** clojure.stacktrace says "at" once, and puts a blank before the bracket. */
const BARE = /^(?=[^\s()]*\.)[^\s()]+ \((?:[^\s()]+\.\w+:\d+|Unknown Source)\)$/;
/** What the exception below is to the one above it. */
const RELATION = /^(?:Caused by|Wrapped by|Suppressed): /;
const THREAD = /^Exception in thread ".*?" /;
/** A class, with its module or loader, at the beginning of a line; what overrides toString() goes on with a brace. */
const CLASS =
  /^(?:[\w.$-]+(?:@[\w.+-]+)?\/)?((?:[A-Za-z_$][\w$]*\.)+[A-Za-z_$][\w$]*|[A-Z][\w$]*(?:Exception|Error|Throwable))(?:: ?|(?=\{)|\s*$)/;

/** What a case class of Scala prints, where only an exception can stand: "OutOfStock(sku-1)". */
const CASE_CLASS = /^([A-Za-z_$][\w.$]*)(?=\(.*\)$)/;

/** java.util.logging writes two lines: "Nov 20, 2026 10:37:37 AM com.acme.shop.Shop main", then "SEVERE: no". */
const DATED = /^[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d\s[AP]M \S+(?: \S+)?$/;
/** A class whose name does not say that it is an error, and its message. */
const QUALIFIED = /^(?:[a-z_][\w$]{0,60}\.){1,12}[A-Z][\w$]{0,100}(?:: |$)/;
const JUL_LEVELS = ["SEVERE", "WARNING", "INFO", "CONFIG", "FINE", "FINER", "FINEST"];

const shapes: readonly Shape[] = [
  ...JUL_LEVELS.map((level): Shape => ({ prefix: `${level}: `, pattern: /^[A-Z]+: \S/, follows: ["dated"], to: "prose" })),
  { prefix: "Exception in thread ", opens: true, to: "message" },
  { prefix: "at ", pattern: /^at [^\s()]+ \(\w+\.(?:clj\w?|java):\d+\)$/, inside: true, to: "stack" },
  { prefix: "at ", pattern: FRAME, inside: true, to: "frames" },
  { prefix: "... ", pattern: /^\.\.\. \d+ (?:more|common frames omitted)/, inside: true, to: "frames" },
  { prefix: "Caused by: ", inside: true, to: "message" },
  { prefix: "Wrapped by: ", inside: true, to: "message" },
  { prefix: "Suppressed: ", inside: true, to: "message" },
  // The end of a field that the whole trace was quoted in.
  { prefix: '"', pattern: /^"$/, follows: ["frames"], to: "frames" },
  { prefix: "[CIRCULAR REFERENCE", inside: true, to: "frames" },
];

export const java: Dialect = {
  name: "java",
  shapes,
  head: (line) => (DATED.test(line) ? "dated" : QUALIFIED.test(line) ? "header" : undefined),
  // Below a line of a logger, what it logged.
  indented: { stack: (text) => (BARE.test(text) ? "stack" : undefined) },
  atMargin: { prose: (line) => (CLASS.test(line) ? "header" : undefined) },
  probe: (text) => text.includes("at ") && /\.\w+(?::\d+)?\)|Native Method\)|Unknown Source\)/.test(text),
  parse(lines) {
    const frame = lines.findIndex((line) => isFrame(line));
    if (frame < 0) return undefined;
    const header = findHeader(lines, frame);
    // A thread dump is nobody's exception.
    if (header?.type === "java.lang.Thread.State") return undefined;
    const first = header?.line ?? frame;
    const values = readValues(lines, first, header);
    if (header === undefined && (values.at(-1)?.frames.length ?? 0) < 2) return undefined;
    return { platform: "java", values, first, prefix: header?.prefix ?? "" };
  },
};

interface Header {
  readonly line: number;
  readonly prefix: string;
  readonly type: string;
  readonly value: string;
}

function isFrame(line: string): boolean {
  return FRAME.test(line.trimStart());
}

/** Whether a line without its indent goes on with the frames above it. */
function isFurther(text: string, { frames }: Thrown): boolean {
  return (text.startsWith("at ") && FRAME.test(text)) || (frames.length > 0 && BARE.test(text));
}

/** The nearest line above the first frame that says what was thrown. */
function findHeader(lines: readonly string[], frame: number): Header | undefined {
  const lowest = Math.max(0, frame - MAX_MESSAGE_LINES);
  for (let i = frame - 1; i >= lowest; i -= 1) {
    const line = (lines[i] ?? "").trim();
    const thread = THREAD.exec(line)?.[0] ?? "";
    const said = line.slice(thread.length).replace(/^(?:Caused|Wrapped) by: /, "");
    const name = CLASS.exec(said) ?? (thread === "" ? null : CASE_CLASS.exec(said));
    if (name !== null) return { line: i, prefix: "", type: name[1] ?? "", value: said.slice(name[0].length) };
  }
  for (let i = frame - 1; i >= lowest; i -= 1) {
    const line = (lines[i] ?? "").trim();
    const token = findTypeToken(line);
    if (token === undefined) continue;
    const prefix = line.slice(0, token.start);
    return { line: i, prefix, type: line.slice(token.start, token.end), value: line.slice(token.end).replace(/^: ?/, "") };
  }
  return undefined;
}

/** Reads from the header on to the last line of the trace. */
function readValues(lines: readonly string[], first: number, header: Header | undefined): ExceptionValue[] {
  const opening = lines[first] ?? "";
  let thrown: Thrown = { type: header?.type, value: [header?.value ?? ""], frames: [], omitted: 0 };
  const chain = new Chain(thrown, header === undefined ? 0 : indentOf(opening));
  /** Whether its message has ended. */
  let seen = header === undefined;
  for (let i = header === undefined ? first : first + 1; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const indent = indentOf(line);
    const text = line.slice(indent);
    const relation = RELATION.exec(text)?.[0];
    if (relation !== undefined) {
      const said = text.slice(relation.length);
      if (said.startsWith("[CIRCULAR REFERENCE")) continue;
      thrown = thrownIn(said);
      if (relation === "Suppressed: ") chain.suppresses(thrown, indent);
      else if (relation === "Caused by: ") chain.isCausedBy(thrown, indent);
      else chain.isWrappedBy(thrown, indent);
      seen = false;
    } else if (isFurther(text, thrown)) {
      seen = true;
      thrown.frames.push(javaFrame(text));
    } else if (OMITTED.test(line)) {
      seen = true;
      thrown.omitted += Number(OMITTED.exec(line)?.[1]);
    } else if (!seen) thrown.value.push(line);
    else if (!isBlank(line) && !text.startsWith("[CIRCULAR REFERENCE")) break;
  }
  return chain.values();
}

function thrownIn(said: string): Thrown {
  const name = CLASS.exec(said) ?? CASE_CLASS.exec(said);
  const token = name === null ? said.indexOf(": ") : -1;
  const type = name?.[1] ?? (token > 0 ? said.slice(0, token) : undefined);
  return {
    type,
    value: [name === null ? said.slice(token < 0 ? 0 : token + 2) : said.slice(name[0].length)],
    frames: [],
    omitted: 0,
  };
}

/** The frame in "at java.base/java.lang.Thread.run(Thread.java:840) ~[jar:version]", with or without the "at". */
export function javaFrame(text: string): Frame {
  const open = text.indexOf("(");
  const source = text.slice(open + 1, text.indexOf(")", open));
  const called = text.slice(text.startsWith("at ") ? 3 : 0, open).trimEnd();
  // Before a blank, clojure.stacktrace shortens a name to "clojure.core/map".
  const isClojure = called.includes("/") && text.charCodeAt(open - 1) === 0x20;
  const { module, name } = isClojure ? splitName(called, "/") : splitName(withoutLoader(called));
  const [, file, lineno] = /^([^:]+)(?::(\d+))?$/.exec(source) ?? [];
  return frameOf({
    function: name,
    module,
    filename: source === "Native Method" || source === "Unknown Source" ? undefined : file,
    lineno: lineno === undefined ? undefined : Number(lineno),
    in_app: !isLibrary(module?.slice(module.lastIndexOf(" ") + 1) ?? ""),
  });
}

/** Without "app//" or "java.base@17/"; the slash of "Lambda$14/0x0800c03000" is part of a class. */
function withoutLoader(name: string): string {
  for (let slash = name.indexOf("/"); slash >= 0; slash = name.indexOf("/")) {
    const next = name.charCodeAt(slash + 1);
    if (next >= 0x30 && next <= 0x39) break;
    name = name.slice(slash + 1);
  }
  return name;
}

/** Packages that are never the application: the platform's, the languages', and what Sentry's grouping calls frameworks. */
const LIBRARIES: ReadonlySet<string> = new Set(
  `java javax jakarta jdk sun com.sun com.oracle oracle kotlin kotlinx scala clojure
  _COROUTINE groovy groovyjarjar android androidx com.android dalvik com.google.android akka cats ch.qos.logback com.fasterxml com.google.common com.microsoft com.mysql
  com.zaxxer feign io.grpc io.ktor io.micronaut io.netty io.opentelemetry io.quarkus io.reactivex io.sentry io.undertow io.vertx
  oauth okhttp3 org.apache org.codehaus org.eclipse.jetty org.glassfish org.gradle org.h2 org.hibernate org.jboss org.jdesktop org.jetbrains
  org.junit org.postgresql org.slf4j org.springframework org.web3j reactor retrofit2 rx nrepl zio`.split(/\s+/),
);

/** Whether the first one, two or three names of a package are those of a library. */
function isLibrary(module: string): boolean {
  let dot = -1;
  for (let names = 0; names < 3; names += 1) {
    dot = module.indexOf(".", dot + 1);
    if (dot < 0) return false;
    if (LIBRARIES.has(module.slice(0, dot))) return true;
  }
  return false;
}

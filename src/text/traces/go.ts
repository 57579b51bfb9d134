import type { ExceptionValue, Frame } from "../../record/exception.ts";
import { exceptionOf, isBlank, messageOf, type Dialect, type Found } from "./dialect.ts";
import { isFunction, parsePkgErrors, STAMP } from "./go-errors.ts";
import { goFrame, goStack } from "./go-frame.ts";
import type { Shape } from "./shape.ts";

const GOROUTINE = /^goroutine \d+ [^[]*\[[^\]]*\]:$/;
const PLACE = /^\t(\S.*?):(\d+)(?: \+0x[0-9a-f]+)?(?: fp=0x.*)?$/;
const TRIMMED_PLACE = /^[\w.@-][^\s:]{0,1000}\.(?:go|s):\d{1,7}(?: \+0x[0-9a-f]+)?(?: fp=0x.*)?$/;
const PANIC =
  /^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d+)? )?(?:http: panic serving \S+: |(panic|fatal error|SIG[A-Z]{2,7}): )(.*)$/;
/** What the runtime says about itself or about a signal, before, behind or instead of a panic. */
const ASIDE = /^\[signal |^runtime stack:|^runtime: |^PC=0x|^signal arrived /;
const ELIDED = /^\.\.\.(?:additional|\d+) frames elided/;
const RECOVERED = / ?\[recovered(?:, repanicked)?\]$/;
/** Behind a crash outside of Go: "rax    0x0". */
const REGISTER = /^(?:r\w{1,5}|[cfg]s) +0x[0-9a-f]+$/;
/** `main.(*T).Method(0x1, {0x2, 0x3})`, `main.inner(...)`, `main.Map[...](...)`. */
const CALL = /^[\w./%*()[\]{}·~@,$<>-]+(?: [\w.*{}()]+)*\([^()]*\)$/;

const shapes: readonly Shape[] = [
  { prefix: "panic: ", opens: true, to: "panic" },
  { prefix: "panic: ", indented: true, follows: ["panic"], to: "panic" },
  { prefix: "fatal error: ", opens: true, to: "panic" },
  { prefix: "runtime: goroutine stack exceeds ", opens: true, to: "announced" },
  { prefix: "runtime: sp=", follows: ["announced"], to: "announced" },
  { prefix: "fatal error: ", follows: ["announced"], to: "panic" },
  { prefix: "SIG", pattern: /^SIG[A-Z]{2,7}: [a-z]/, opens: true, to: "panic" },
  { prefix: "PC=0x", follows: ["panic"], to: "panic" },
  { prefix: "signal arrived ", follows: ["panic"], to: "panic" },
  { prefix: "[signal SIG", follows: ["panic"], to: "panic" },
  // An error that was printed with its stack is the message of a panic.
  { prefix: "/", pattern: /^\/\S.*?:\d+$/, indented: true, follows: ["panic"], to: "panic" },
  { prefix: "????/??/?? ??:??:?? http: panic serving ", opens: true, to: "panic" },
  { prefix: "goroutine ", pattern: GOROUTINE, opens: true, follows: ["prose", "panic", "calls", "header"], to: "calls" },
  { prefix: "goroutine running on other thread; stack unavailable", indented: true, follows: ["calls"], to: "calls" },
  { prefix: "runtime stack:", follows: ["panic", "calls"], to: "calls" },
  { prefix: "/", pattern: /^\/\S.*?:\d+(?: \+0x[0-9a-f]+)?(?: fp=0x.*)?$/, indented: true, inside: true, to: "calls" },
  { prefix: "_", pattern: /^_cgo_\w+\.go:\d+ /, indented: true, follows: ["calls"], to: "calls" },
  { prefix: "created by ", inside: true, to: "calls" },
  { prefix: "...", pattern: ELIDED, follows: ["calls"], to: "calls" },
  { prefix: "r", pattern: REGISTER, follows: ["calls"], to: "calls" },
  { prefix: "cs ", pattern: REGISTER, follows: ["calls"], to: "calls" },
  { prefix: "fs ", pattern: REGISTER, follows: ["calls"], to: "calls" },
  { prefix: "gs ", pattern: REGISTER, follows: ["calls"], to: "calls" },
  { prefix: "exit status ", follows: ["calls"], to: "frames" },
];

export const go: Dialect = {
  name: "go",
  shapes,
  atMargin: {
    // Stacks that errors and loggers print name functions without their arguments.
    calls: (line) => (isCall(line) || isFunction(line) ? "calls" : undefined),
    prose: (line) => (isFunction(line) && /^main\.|\/|\(\*/.test(line) ? "calls" : undefined),
  },
  // Built with -trimpath: "example.com/acme/shop/cart.go:7".
  indented: { calls: (line) => (TRIMMED_PLACE.test(line) ? "calls" : undefined) },
  probe: (text) => text.includes("\n\t") && /\.(?:go|s):\d/.test(text),
  parse(lines) {
    const goroutine = lines.findIndex((line, i) => GOROUTINE.test(line) && isCall(lines[i + 1] ?? ""));
    return goroutine < 0 ? parsePkgErrors(lines) : parsePanic(lines, goroutine);
  },
};

function isCall(line: string): boolean {
  return line.length < 4_096 && CALL.test(line);
}

function parsePanic(lines: readonly string[], goroutine: number): Found | undefined {
  const stack = firstStack(lines, goroutine);
  if (stack === undefined) return undefined;
  const { first, panics } = findPanics(lines, goroutine);
  if (panics.length === 0) {
    // A stack that was logged: what panicked is said, if at all, in the text above.
    const type = stack.panicAt >= 0 ? "panic" : undefined;
    const frames = goStack(stack.frames.slice(Math.max(0, stack.panicAt)));
    const before = messageOf(lines.slice(Math.max(0, goroutine - 1), goroutine)).replace(STAMP, "");
    const values = [exceptionOf(type, type === undefined ? undefined : before, frames)];
    return { platform: "go", values, first: goroutine, prefix: "" };
  }
  // Above `panic(` runs what recovers, below it what panicked; the last panic of several is that of the recovering code.
  const values = panics.map(({ type, value }, i): ExceptionValue => {
    const last = i === panics.length - 1;
    const all = panics.length > 1 && last;
    return exceptionOf(type, value, goStack(all ? stack.frames : stack.frames.slice(Math.max(0, stack.panicAt))));
  });
  return { platform: "go", values, first, prefix: "" };
}

interface Panic {
  readonly type: string;
  readonly value: string;
}

/** What the lines above the first goroutine say: "panic: a [recovered]" with "panic: b" below it are two. */
function findPanics(lines: readonly string[], goroutine: number): { readonly first: number; readonly panics: Panic[] } {
  let first = goroutine - 1;
  const lowest = Math.max(0, goroutine - 100);
  while (first >= lowest && !PANIC.test(lines[first] ?? "")) first -= 1;
  if (first < lowest) return { first: goroutine, panics: [] };
  const panics: { type: string; value: string }[] = [];
  for (let i = first; i < goroutine; i += 1) {
    const line = lines[i] ?? "";
    const said = PANIC.exec(i === first ? line : line.replace(/^\t+/, ""));
    const previous = panics.at(-1);
    if (said !== null) panics.push({ type: said[1] ?? "panic", value: said[2] ?? "" });
    else if (previous !== undefined && !isBlank(line) && !ASIDE.test(line) && !isCall(line)) {
      // The runtime indents the further lines of a message.
      if (!PLACE.test(line) && !line.startsWith("goroutine ")) previous.value += `\n${line.replace(/^\t/, "")}`;
    }
  }
  while (first > lowest && lines[first - 1]?.startsWith("runtime: ") === true) first -= 1;
  return { first, panics: panics.map(({ type, value }) => ({ type, value: value.replace(RECOVERED, "") })) };
}

interface Stack {
  readonly frames: Frame[];
  /** How many of them are above the last `panic(...)`; -1: there is none. */
  readonly panicAt: number;
}

/** The stack of the first goroutine that runs more than the runtime: an idle one comes first where a signal ended the program. */
function firstStack(lines: readonly string[], goroutine: number): Stack | undefined {
  for (let i = goroutine; i < lines.length; i += 1) {
    const stack = GOROUTINE.test(lines[i] ?? "") ? readStack(lines, i + 1) : undefined;
    if (stack !== undefined && stack.frames.length > 0) return stack;
  }
  return undefined;
}

/** The frames of one goroutine: two lines each, newest call first; the runtime's own are left out, as the SDK does. */
function readStack(lines: readonly string[], first: number): Stack {
  const frames: Frame[] = [];
  let panicAt = -1;
  for (let i = first; i + 1 < lines.length; i += 2) {
    const call = lines[i] ?? "";
    if (ELIDED.test(call)) {
      i -= 1;
      continue;
    }
    const place = PLACE.exec(lines[i + 1] ?? "");
    if (place === null || call.startsWith("created by ") || !isCall(call)) break;
    const frame = goFrame(call.slice(0, call.lastIndexOf("(")), place[1] ?? "", Number(place[2]));
    const panics = frame.function === "panic" || (frame.module === "runtime" && frame.function === "gopanic");
    if (panics) panicAt = frames.length;
    else if (frame.module !== "runtime" && frame.module !== "testing") frames.push(frame);
  }
  return { frames, panicAt };
}

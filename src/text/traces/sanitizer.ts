import type { Frame } from "../../record/exception.ts";
import { exceptionOf, oldestFirst, type Dialect, type Found } from "./dialect.ts";
import { readNativeFrame } from "./native-frame.ts";
import type { Shape } from "./shape.ts";

// Reports of AddressSanitizer, LeakSanitizer, MemorySanitizer, ThreadSanitizer and UndefinedBehaviorSanitizer. A report
// has several stacks, each numbered from #0: the first is where it happened, the others say who freed and allocated.

/** `==1568==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x6020 ...`, `WARNING: ThreadSanitizer: data race (pid=9)`. */
const HEAD = /^(?:==\d+==)?(?:ERROR|WARNING): (\w+Sanitizer): (.*)$/;
/** `stock.c:23:50: runtime error: signed integer overflow: ...` */
const UNDEFINED = /^(\S+?):\d+(?::\d+)?: runtime error: (.*)$/;
const SUMMARY = /^SUMMARY: (\w+Sanitizer): (.*)$/;
/** Where what happened ends in the first line, and where it happened begins. */
const WHERE = / (?:on (?:unknown )?address |\(pc |\(pid=|on 0x)/;
/** What stands between the stacks of a report and behind them. */
const BETWEEN: readonly string[] = [
  "READ of size ",
  "WRITE of size ",
  "freed by thread T",
  "previously allocated by thread T",
  "allocated by thread T",
  "Address 0x",
  "HINT: ",
  "SUMMARY: ",
  "Shadow ",
  "=>0x",
  "Direct leak of ",
  "Indirect leak of ",
  "Thread T",
  "AddressSanitizer can ",
  "Uninitialized value ",
  "Register values:",
  "MemorySanitizer can ",
];
/** A report has more lines than this only when it is none. */
const MAX_REPORT_LINES = 4_000;

/** What a signal makes each of them say before its report, which it draws a line above. */
const DEADLY: readonly string[] = ["Address", "Thread", "Memory", "UndefinedBehavior", "Leak", "HWAddress"];

const shapes: readonly Shape[] = [
  ...DEADLY.map((name): Shape => ({ prefix: `${name}Sanitizer:DEADLYSIGNAL`, opens: true, to: "dump" })),
  { prefix: "=", pattern: /^={65}$/, follows: ["dump"], to: "dump" },
  { prefix: "==?", pattern: HEAD, opens: true, follows: ["dump"], to: "dump" },
  { prefix: "==?", pattern: /^==\d+==(?:ABORTING$|The signal is caused|Hint: |Register values:)/, follows: ["dump"], to: "dump" },
  { prefix: "WARNING: ", pattern: HEAD, opens: true, to: "dump" },
  ...BETWEEN.map((prefix): Shape => ({ prefix, follows: ["dump"], to: "dump" })),
  { prefix: "0x", pattern: /^0x[\da-f]{6,16}(?::| is (?:located|a wild))/, follows: ["dump"], to: "dump" },
  { prefix: "Exiting", pattern: /^Exiting$/, follows: ["dump"], to: "frames" },
  // ThreadSanitizer draws a line below its report.
  { prefix: "==================", follows: ["dump"], to: "frames" },
];

export const sanitizer: Dialect = {
  name: "sanitizer",
  shapes,
  probe: (text) => text.includes("Sanitizer: ") || text.includes(": runtime error: "),
  parse(lines) {
    const head = lines.findIndex((line) => HEAD.test(line) || UNDEFINED.test(line));
    if (head < 0) return undefined;
    const stack = readFirstStack(lines, head + 1);
    return stack === undefined ? undefined : found(lines, head, stack);
  },
};

function found(lines: readonly string[], head: number, stack: readonly Frame[]): Found {
  const line = lines[head] ?? "";
  const [, tool, said = ""] = HEAD.exec(line) ?? [];
  // The line above is drawn, and "AddressSanitizer:DEADLYSIGNAL" says nothing more.
  let first = head;
  while (first > 0 && /^(?:=+|\w+:DEADLYSIGNAL)$/.test(lines[first - 1] ?? "")) first -= 1;
  const value = tool === undefined ? UNDEFINED.exec(line)?.[2] : summaryOf(lines, head, tool, said.split(WHERE, 1)[0] ?? said);
  return { platform: "native", values: [exceptionOf(tool ?? "runtime error", value, oldestFirst(stack))], first, prefix: "" };
}

/** The summary tells what and where without addresses, so that it is the same each time; it may count instead. */
function summaryOf(lines: readonly string[], head: number, tool: string, what: string): string {
  for (let i = head + 1; i < Math.min(lines.length, head + MAX_REPORT_LINES); i += 1) {
    const [, by, said] = SUMMARY.exec(lines[i] ?? "") ?? [];
    if (said !== undefined) return by === tool && said.startsWith(what) ? said : what;
    if (HEAD.test(lines[i] ?? "")) break;
  }
  return what;
}

/** The frames of the first stack below a line, newest first; undefined when there is none before the next report. */
function readFirstStack(lines: readonly string[], from: number): Frame[] | undefined {
  const frames: Frame[] = [];
  for (let i = from; i < Math.min(lines.length, from + MAX_REPORT_LINES); i += 1) {
    const line = lines[i] ?? "";
    const frame = /^\s+#\d/.test(line) ? readNativeFrame(line.trim()) : undefined;
    if (frame !== undefined) frames.push(frame);
    else if (frames.length > 0) break;
    else if (HEAD.test(line) || UNDEFINED.test(line)) return undefined;
  }
  return frames.length === 0 ? undefined : frames;
}

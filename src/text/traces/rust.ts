import type { ExceptionValue } from "../../record/exception.ts";
import { exceptionOf, MAX_VALUES, messageOf, oldestFirst, type Dialect } from "./dialect.ts";
import { CAUSES, causesOf, findChain } from "./rust-chain.ts";
import { readStack, rustFrame, withoutMachinery } from "./rust-frame.ts";
import type { Shape } from "./shape.ts";

/** Since 1.73: the place, then the message in the next lines; since 1.91 with the thread's id. */
const PANIC = /^(.*?)thread '[^']*' (?:\(\d+\) )?panicked at (.*)$/;
const PLACE_ONLY = /^(.+):(\d+):(\d+):$/;
/** Before: the message in quotes, then the place. */
const QUOTED = /^'(.*)', ([^'\n]{1,1000}?):(\d+)(?::(\d+))?$/s;
/** One of these is in every text that holds a panic or a chain of errors. */
const MARKS = ["panicked ", "Caused by:\n", "Caused by:\r", "   0: "];
const BACKTRACE = "stack backtrace:";
const NOTE = /^note: |^thread caused non-unwinding panic|^thread panicked while |^fatal runtime error: /;

const shapes: readonly Shape[] = [
  {
    prefix: "thread ",
    pattern: { test: (line) => PLACE_ONLY.test(PANIC.exec(line)?.[2] ?? "") },
    opens: true,
    follows: ["message", "frames", "backtrace"],
    to: "announced",
  },
  {
    prefix: "thread ",
    pattern: { test: (line) => PANIC.test(line) },
    opens: true,
    follows: ["message", "frames", "backtrace"],
    to: "message",
  },
  { prefix: BACKTRACE, inside: true, to: "backtrace" },
  { prefix: "Stack backtrace:", inside: true, to: "backtrace" },
  { prefix: CAUSES, pattern: /^Caused by:$/, inside: true, to: "header" },
  { prefix: "Location:", pattern: /^Location:$/, follows: ["header"], to: "header" },
  { prefix: "The application panicked (crashed).", opens: true, to: "announced" },
  { prefix: "Run with COLORBT_SHOW_HIDDEN=", inside: true, to: "frames" },
  { prefix: "Run with RUST_BACKTRACE=", inside: true, to: "frames" },
  { prefix: "Backtrace omitted. Run with RUST_BACKTRACE=", inside: true, to: "frames" },
  ...Array.from({ length: 10 }, (_, i): Shape => {
    return {
      prefix: `${i}`,
      pattern: /^\d+: +(?:0x[0-9a-f]+ - \S|[\w<&*[({]\S*::|<.*::|(?:main|_start|rust_begin_unwind|__libc_start_\w+|clone3?)$)/,
      indented: true,
      inside: true,
      to: "backtrace",
    };
  }),
  {
    prefix: "at ",
    pattern: /^at [/.<\w][^ ]*\.(?:rs|c|h|S|cpp|cc):\d+(?::\d+)?$/,
    indented: true,
    inside: true,
    to: "backtrace",
  },
  { prefix: "note: run with `RUST_BACKTRACE", inside: true, to: "frames" },
  { prefix: "note: Some details are omitted", inside: true, to: "frames" },
  { prefix: "thread caused non-unwinding panic", inside: true, to: "frames" },
  { prefix: "thread panicked while ", inside: true, to: "frames" },
];

export const rust: Dialect = {
  name: "rust",
  shapes,
  probe: (text) => MARKS.some((mark) => text.includes(mark)),
  parse(lines) {
    const values: ExceptionValue[] = [];
    let first = -1;
    let prefix = "";
    for (let i = 0; i < lines.length && values.length < MAX_VALUES; i += 1) {
      const panic = PANIC.exec(lines[i] ?? "");
      if (panic === null) continue;
      if (first < 0) {
        first = i;
        prefix = panic[1] ?? "";
      }
      values.push(...readPanic(lines, i, panic[2] ?? ""));
    }
    return first < 0 ? findChain(lines) : { platform: "native", values, first, prefix };
  },
};

/** One panic: its message up to the backtrace or a note, and the frames; before it the causes that the message lists. */
function readPanic(lines: readonly string[], at: number, said: string): ExceptionValue[] {
  const message: string[] = [];
  let end = at + 1;
  for (; end < lines.length; end += 1) {
    const line = lines[end] ?? "";
    if (line.trim() === BACKTRACE || NOTE.test(line) || PANIC.test(line)) break;
    message.push(line);
  }
  const place = PLACE_ONLY.exec(said);
  const whole = place === null ? [said, ...message].join("\n") : said;
  const quoted = place === null ? QUOTED.exec(whole.trimEnd()) : null;
  const value = place === null ? (quoted?.[1] ?? whole) : messageOf(message);
  const [file, lineno, colno] = place === null ? [quoted?.[2], quoted?.[3], quoted?.[4]] : [place[1], place[2], place[3]];
  const stack = lines[end]?.trim() === BACKTRACE ? readStack(lines, end + 1) : [];
  const thrown = file === undefined ? [] : [rustFrame(undefined, file, Number(lineno), Number(colno ?? 0))];
  const frames = oldestFirst(stack.length > 0 ? withoutMachinery(stack) : thrown);
  const listed = message.indexOf(CAUSES);
  if (place === null || listed < 0) return [exceptionOf("panic", value.trim(), frames)];
  const causes = causesOf(message, listed).causes.map((cause) => exceptionOf(undefined, cause, []));
  return [...causes.toReversed(), exceptionOf("panic", messageOf(message.slice(0, listed)), frames)];
}

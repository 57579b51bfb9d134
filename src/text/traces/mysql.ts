import type { Frame } from "../../record/exception.ts";
import { exceptionOf, frameOf, messageOf, oldestFirst, type Dialect, type Found } from "./dialect.ts";
import { opensQuote } from "./quote.ts";
import type { Shape } from "./shape.ts";

// What MySQL and MariaDB print when the server itself dies, and their clients for a statement of several lines:
//
//     261120 14:25:39 [ERROR] mariadbd got signal 11 ;
//     ...
//     mariadbd(handle_fatal_signal+0x269)[0x55735f7e30f9]
//     libc_sigaction.c:0(__restore_rt)[0x7f3a16e5a050]

const DIED = /(?:^|[\s/])((?:mysqld|mariadbd)(?:-\w+)?(?:\.exe)? got ((?:signal|exception) \w+)) ;$/;
/** `file(function+0x1f)[0x55]`, or `file.c:12(function)[0x55]` where the server knows the source. */
const FRAME = /^(\/?[^\s():[]+)(?::(\d+))?(?:\((.*?)(?:\+0x[\da-f]+)?\))? ?\[0x[\da-f]+\]$/;
const CLIENT = /^(ERROR \d{4,5} \(\w{5}\))(?: at line \d+)?: (.*)$/;

/** What it says last, about the machine and about help. */
const LAST: readonly string[] = [
  "Writing a core file",
  "Resource Limits",
  "Core pattern: ",
  "Kernel version: ",
  "information that should help you find out ",
];

export const mysql: Dialect = {
  name: "mysql",
  shapes: [
    { prefix: "/", pattern: FRAME, follows: ["message"], to: "message" },
    ...LAST.map((prefix): Shape => ({ prefix, follows: ["message"], to: "message" })),
  ],
  atMargin: { message: (line) => (FRAME.test(line) ? "message" : undefined) },
  head(line) {
    if (DIED.test(line)) return "message";
    if (!CLIENT.test(line)) return undefined;
    return opensQuote(line) ? "quoted" : "header";
  },
  probe: (text) => / got (?:signal|exception) /.test(text) || /^ERROR \d{4,5} \(/m.test(text),
  parse(lines) {
    for (const [i, line] of lines.entries()) {
      const died = DIED.exec(line.slice(0, 512));
      if (died !== null) return parseCrash(lines, i, died);
      const refused = CLIENT.exec(line);
      if (refused !== null) return parseClient(lines, i, refused);
    }
    return undefined;
  },
};

function parseCrash(lines: readonly string[], first: number, [, value, type]: RegExpExecArray): Found | undefined {
  const frames: Frame[] = [];
  for (const line of lines.slice(first + 1)) {
    const [, path, lineno, name] = line.length < 2_048 ? (FRAME.exec(line) ?? []) : [];
    if (path !== undefined) frames.push(nativeFrame(path, lineno, name));
  }
  if (frames.length === 0) return undefined;
  return { platform: "native", values: [exceptionOf(type, value, oldestFirst(frames))], first, prefix: "" };
}

/** The message quotes the statement, newlines included. */
function parseClient(lines: readonly string[], first: number, [, type, said = ""]: RegExpExecArray): Found | undefined {
  let end = first + 1;
  while (end < lines.length && !CLIENT.test(lines[end] ?? "") && !/^(?:-{14}|Bye)$/.test(lines[end] ?? "")) end += 1;
  const value = messageOf([said, ...lines.slice(first + 1, end)]);
  return { platform: "other", values: [exceptionOf(type, value, [])], first, prefix: "" };
}

/** What runs when the signal has come. */
const REPORTING = /^(?:my_print_stacktrace|handle_fatal_signal|print_fatal_signal)\b/;

/** The server's own code is the application; libraries and the report itself are not. */
function nativeFrame(path: string, lineno: string | undefined, name: string | undefined): Frame {
  const source = lineno !== undefined;
  const frame = frameOf({
    function: name,
    filename: source ? path : undefined,
    lineno: source ? Number(lineno) : undefined,
    in_app: /(?:^|\/)(?:mysqld|mariadbd)[^/]*$/.test(path) && !REPORTING.test(name ?? ""),
  });
  return source ? frame : { ...frame, package: path };
}

import type { ExceptionValue, Frame } from "../../record/exception.ts";
import { absolute, exceptionOf, frameOf, isBlank, MAX_VALUES, messageOf, oldestFirst, type Dialect } from "./dialect.ts";
import type { Shape } from "./shape.ts";

/** Since 1.73: the place, then the message in the next lines; since 1.91 with the thread's id. */
const PANIC = /^(.*?)thread '[^']*' (?:\(\d+\) )?panicked at (.*)$/;
const PLACE_ONLY = /^(.+):(\d+):(\d+):$/;
/** Before: the message in quotes, then the place. */
const QUOTED = /^'(.*)', (.+?):(\d+)(?::(\d+))?$/;
const NUMBERED = /^\s*\d+: +(?:0x[0-9a-f]+ - )?(.+)$/;
const AT = /^\s+at (.+?):(\d+)(?::(\d+))?$/;
const BACKTRACE = "stack backtrace:";
const NOTE = /^note: |^thread caused non-unwinding panic|^thread panicked while |^fatal runtime error: /;

const shapes: readonly Shape[] = [
  {
    prefix: "thread ",
    pattern: { test: (line) => PANIC.test(line) },
    opens: true,
    follows: ["message", "frames", "backtrace"],
    to: "message",
  },
  { prefix: BACKTRACE, inside: true, to: "backtrace" },
  ...Array.from({ length: 10 }, (_, i): Shape => {
    return {
      prefix: `${i}`,
      pattern: /^\d+: +(?:0x[0-9a-f]+ - \S|[\w<&*[({]\S*::|(?:main|_start|rust_begin_unwind|__libc_start_\w+|clone3?)$)/,
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
  probe: (text) => text.includes("panicked at "),
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
      values.push(readPanic(lines, i, panic[2] ?? ""));
    }
    return first < 0 ? undefined : { platform: "native", values, first, prefix };
  },
};

/** One panic: its message up to the backtrace or a note, and the frames. */
function readPanic(lines: readonly string[], at: number, said: string): ExceptionValue {
  const message: string[] = [];
  let end = at + 1;
  for (; end < lines.length; end += 1) {
    const line = lines[end] ?? "";
    if (line.trim() === BACKTRACE || NOTE.test(line) || PANIC.test(line)) break;
    message.push(line);
  }
  const place = PLACE_ONLY.exec(said);
  const whole = place === null ? [said, ...message].join("\n") : said;
  const quoted = place === null ? QUOTED.exec(whole.trimEnd().replaceAll("\n", "\u2028")) : null;
  const value = place === null ? (quoted?.[1]?.replaceAll("\u2028", "\n") ?? whole) : messageOf(message);
  const [file, lineno, colno] = place === null ? [quoted?.[2], quoted?.[3], quoted?.[4]] : [place[1], place[2], place[3]];
  const stack = lines[end]?.trim() === BACKTRACE ? readStack(lines, end + 1) : [];
  const thrown = file === undefined ? [] : [rustFrame(undefined, file, Number(lineno), Number(colno ?? 0))];
  return exceptionOf("panic", value.trim(), oldestFirst(stack.length > 0 ? withoutMachinery(stack) : thrown));
}

function readStack(lines: readonly string[], first: number): Frame[] {
  const frames: Frame[] = [];
  let name: string | undefined;
  const close = (): void => {
    if (name !== undefined) frames.push(rustFrame(name, undefined, 0, 0));
    name = undefined;
  };
  for (let i = first; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const at = AT.exec(line);
    if (at !== null) {
      frames.push(rustFrame(name, at[1], Number(at[2]), Number(at[3] ?? 0)));
      name = undefined;
      continue;
    }
    if (isBlank(line) || !/^\s/.test(line)) break;
    close();
    // Inlined functions have no number of their own.
    name = (NUMBERED.exec(line)?.[1] ?? line.trim()).replace(/^- /, "");
  }
  close();
  return frames;
}

/** Without what runs because of the panic: everything above the function that called it. */
function withoutMachinery(newestFirst: readonly Frame[]): readonly Frame[] {
  let cut = 0;
  for (const [i, { function: name = "" }] of newestFirst.entries()) if (MACHINERY.test(name)) cut = i + 1;
  return cut < newestFirst.length ? newestFirst.slice(cut) : newestFirst;
}

const MACHINERY =
  /^(?:std::panicking::(?:begin_panic|rust_panic|panic_handler|default_hook)|core::panicking::|__rustc::rust_begin_unwind|rust_begin_unwind|core::(?:option|result)::(?:unwrap|expect)_failed|core::slice::index::slice_|alloc::raw_vec::(?:capacity_overflow|handle_error))/;
const SYSTEM =
  /^<*(?:&(?:mut )?)?(?:dyn )?(?:std|core|alloc|backtrace|sentry\w*|test|proc_macro|__rustc|__rust_\w*|rust_begin_unwind|_?_?_?rust_\w+)(?:\[[0-9a-f]{8,}\])?(?:::|$)|^(?:_start|__libc_start\w*|clone3?|start_thread|<unknown>|main)$/;

function rustFrame(symbol: string | undefined, path: string | undefined, lineno: number, colno: number): Frame {
  // "::h0123456789abcdef" and "[0123456789abcdef]" are the compiler's.
  const name = symbol?.replace(/::h[0-9a-f]{16}$/, "").replaceAll(/\[[0-9a-f]{16}\]/g, "");
  const library = path !== undefined && /^\/rustc\/|[\\/]\.cargo[\\/]registry[\\/]|[\\/]rustlib[\\/]|^\.\/csu\//.test(path);
  return frameOf({
    function: name,
    filename: path,
    abs_path: path === undefined ? undefined : absolute(path),
    lineno,
    colno,
    in_app: !library && !(name !== undefined && SYSTEM.test(name)),
  });
}

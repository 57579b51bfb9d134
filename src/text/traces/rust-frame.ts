import type { Frame } from "../../record/exception.ts";
import { frameOf, isBlank } from "./dialect.ts";

const NUMBERED = /^\s*\d+: +(?:0x[0-9a-f]+ - )?(.+)$/;
const AT = /^\s+at (.+?):(\d+)(?::(\d+))?$/;
/** In color-eyre's stacks: "⋮ 4 frames hidden ⋮". */
const HIDDEN = /^\s*⋮ \d+ frames? hidden ⋮\s*$/;

/** A backtrace from the line behind its title, newest call first. */
export function readStack(lines: readonly string[], first: number): Frame[] {
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
    if (HIDDEN.test(line)) continue;
    // Inlined functions have no number of their own.
    name = (NUMBERED.exec(line)?.[1] ?? line.trim()).replace(/^- /, "");
  }
  close();
  return frames;
}

/** Without what runs because of the panic: everything above the function that called it. */
export function withoutMachinery(newestFirst: readonly Frame[]): readonly Frame[] {
  let cut = 0;
  for (const [i, { function: name = "" }] of newestFirst.entries()) if (MACHINERY.test(name)) cut = i + 1;
  return cut < newestFirst.length ? newestFirst.slice(cut) : newestFirst;
}

const MACHINERY =
  /^(?:std::panic(?:king)?::(?:begin_panic|rust_panic|panic_handler|default_hook|panic_any)|core::panicking::|__rustc::rust_begin_unwind|rust_begin_unwind|core::(?:option|result)::(?:unwrap|expect)_failed|core::slice::index::slice_|alloc::raw_vec::(?:capacity_overflow|handle_error))/;
const SYSTEM =
  /^(?:<[A-Z] as )?<*(?:&(?:mut )?)?(?:dyn )?(?:std|core|alloc|backtrace|sentry\w*|anyhow|eyre|color_eyre|log|tokio|tracing_core|futures_core|futures_util|test|proc_macro|__rustc|__rust_\w*|rust_begin_unwind|_?_?_?rust_\w+)(?:\[[0-9a-f]{8,}\])?(?:::|$)|^(?:_start|__libc_start\w*|clone3?|start_thread|<unknown>)$/;

/**
 * A call by the conventions of Sentry's SDK for Rust (sentry-rust, sentry-backtrace/src/process.rs, parse.rs and
 * trim.rs): the last part of the path as `filename`, the path as it is printed as `abs_path`, the name without hashes. By
 * the name alone the SDK tells the standard library, itself and some crates from the application; it takes every other
 * crate and the start-up code of libc for the application's. Here both are libraries, by the path where one is printed.
 * What is undefined or 0 is not known.
 */
export function rustFrame(symbol: string | undefined, path: string | undefined, lineno: number, colno: number): Frame {
  // "::h0123456789abcdef" and "[0123456789abcdef]" are the compiler's, "<unknown>" is color-eyre's word for no hash.
  const name = symbol?.replace(/(?:::h[0-9a-f]{16}|(?<=.)<unknown>)$/, "").replaceAll(/\[[0-9a-f]{16}\]/g, "");
  const library = path !== undefined && /^\/rustc\/|[\\/]\.cargo[\\/]registry[\\/]|[\\/]rustlib[\\/]|^\.\/csu\//.test(path);
  // The "main" of C that calls Rust's has no place.
  const startup = name === "main" && path === undefined;
  return frameOf({
    function: name,
    filename: path?.replace(/^.*[\\/]/, ""),
    abs_path: path,
    lineno,
    colno,
    in_app: !library && !startup && !(name !== undefined && SYSTEM.test(name)),
  });
}

/**
 * Where a join stands after a line, and so what may come next beside lines that can only be the inside of a trace:
 *
 * - `prose`: a loud line; a trace may follow it.
 * - `header`: "Type: message"; its message may go on indented.
 * - `message`: the same, where a trace is certain; its message may go on with anything but a new record, when frames follow.
 * - `announced`: behind a line that says a message follows; that, then the same.
 * - `quoted`: within a quotation of several lines; anything up to the line that closes it.
 * - `dated`: behind the line that java.util.logging writes above its own; the level and the message.
 * - `frames`: among the frames; nothing else.
 * - `object`: within the braces behind a JavaScript error; anything indented, then the brace.
 * - `source`: behind `file:line`; a line of source, then the carets.
 * - `code`: among Python's frames; indented source, then "Type: message" at the margin.
 * - `caller`: among the same frames where no exception follows; source.
 * - `said`: behind that; what databases add to a message, notes that are indented.
 * - `between`: behind "During handling of the above exception"; the next traceback or "Type: message".
 * - `backtrace`: among Rust's frames; inlined functions have no number.
 * - `calls`: among Go's frames; a function and its arguments at the margin.
 * - `panic`: behind Go's panic; the rest of its message, indented.
 * - `list`: among Ruby's frames, which may stand at the margin; the next exception.
 * - `entry`: behind the first line of a logger that writes the rest indented; anything indented.
 * - `stack`: among frames that have no word before them, indented.
 * - `dump`: within what a debugger, a sanitizer or a crashed program says of itself; anything indented.
 * - `report`: behind a database's error; the rest of its message, indented, and what the server adds to it.
 * - `excerpt`: among the numbered lines of source that Bun prints before an error; more of them, then the carets.
 * - `crash`: behind what .NET says when it gives up, and among the frames; the exception.
 * - `uncaught`: behind what Deno says of an error that nobody caught; members, frames, a line of source with its carets.
 * - `box`: within Flutter's report of an error; anything up to its border or the frames.
 * - `process`: among Elixir's and Erlang's frames; what a process says of itself, indented or by name.
 */
export type State =
  | "prose"
  | "header"
  | "message"
  | "frames"
  | "object"
  | "source"
  | "caller"
  | "announced"
  | "quoted"
  | "dated"
  | "crash"
  | "uncaught"
  | "box"
  | "code"
  | "said"
  | "between"
  | "backtrace"
  | "calls"
  | "panic"
  | "list"
  | "excerpt"
  | "process"
  | "entry"
  | "stack"
  | "dump"
  | "report";

/** A kind of line that traces of a language are made of. */
export interface Shape {
  /** What it begins with behind its white space: not empty; "?" stands for a digit. */
  readonly prefix: string;
  /** What the line without its white space at the beginning must pass; undefined: the prefix says enough. */
  readonly pattern?: { test(line: string): boolean };
  /** Only with white space before it. */
  readonly indented?: true;
  /** A trace may begin with it, whatever the level of the record. */
  readonly opens?: true;
  /** By itself it can only be the inside of a trace. */
  readonly inside?: true;
  /** Otherwise: states in which it belongs to the open trace. */
  readonly follows?: readonly State[];
  /** Where it leads; undefined: it changes nothing. */
  readonly to: State | undefined;
}

/** Longer lines are not looked at beyond this. */
export const MAX_LOOK_CHARS = 2_048;

/** Whether text from `at` begins with a shape's prefix. */
export function startsLike(text: string, at: number, prefix: string): boolean {
  for (let i = 0; i < prefix.length; i += 1) {
    const wanted = prefix.charCodeAt(i);
    const unit = text.charCodeAt(at + i);
    if (wanted === 0x3f ? !(unit >= 0x30 && unit <= 0x39) : unit !== wanted) return false;
  }
  return true;
}

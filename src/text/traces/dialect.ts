import type { ExceptionValue, Frame, ParsedTrace } from "../../record/exception.ts";
import type { Shape, State } from "./shape.ts";

// What a language's file offers: how its traces look line by line, and how they are read.

/** Sentry keeps as many frames of a stack. */
export const MAX_FRAMES = 250;
/** Exceptions of one chain; longer chains are loops. */
export const MAX_VALUES = 50;
/** How far before its first frame an exception's own line is looked for: the longest message that is read. */
export const MAX_MESSAGE_LINES = 100;

/** A trace in a text of many lines. */
export interface Found extends ParsedTrace {
  /** The line it begins in. */
  readonly first: number;
  /** What that line says before it, when that is something for a person to read; "" otherwise. */
  readonly prefix: string;
  /** What of that line is to be read, where it is not all of it. */
  readonly said?: string;
}

export interface Dialect {
  readonly name: string;
  /** The lines of its traces, for joining. */
  readonly shapes: readonly Shape[];
  /** Lines at the margin that belong to an open trace by their place alone: the state they lead to, undefined when they do not. */
  readonly atMargin?: { readonly [state in State]?: (line: string) => State | undefined };
  /** The same for lines with white space before them, which the function gets without it. */
  readonly indented?: { readonly [state in State]?: (line: string) => State | undefined };
  /**
   * The state that a line leads to by more than how it begins, when it is loud or `mayEndHead` holds for it; undefined
   * when it opens nothing of this language.
   */
  readonly head?: (line: string) => State | undefined;
  /** A cheap look: false when the text cannot hold a trace of this language. */
  probe(text: string): boolean;
  /** The first trace in the text; undefined when there is none, or none that is certain. Linear in the text's length. */
  parse(lines: readonly string[]): Found | undefined;
}

/** Frames printed newest call first, in Sentry's order; of too many the newest are kept. */
export function oldestFirst(newestFirst: readonly Frame[]): Frame[] {
  return newestFirst.slice(0, MAX_FRAMES).toReversed();
}

/** Of too many frames in Sentry's order the newest. */
export function newest(frames: readonly Frame[]): Frame[] {
  return frames.slice(-MAX_FRAMES);
}

/** An exception without the properties it does not have. */
export function exceptionOf(
  type: string | undefined,
  value: string | undefined,
  frames: Frame[],
  module?: string,
): ExceptionValue {
  const made: ExceptionValue = { frames };
  if (type !== undefined && type !== "") made.type = type;
  if (value !== undefined && value !== "") made.value = value;
  if (module !== undefined && module !== "") made.module = module;
  return made;
}

/** Splits "java.lang.IllegalStateException" at its last dot: module, then name. */
export function splitName(name: string, separator = "."): { readonly module: string | undefined; readonly name: string } {
  const at = name.lastIndexOf(separator);
  return at <= 0 ? { module: undefined, name } : { module: name.slice(0, at), name: name.slice(at + separator.length) };
}

/** A place in a file; what is undefined is left out. */
export function frameOf(place: {
  readonly function?: string | undefined;
  readonly module?: string | undefined;
  readonly filename?: string | undefined;
  readonly abs_path?: string | undefined;
  readonly lineno?: number | undefined;
  readonly colno?: number | undefined;
  readonly in_app: boolean;
}): Frame {
  const frame: Frame = {};
  if (place.function !== undefined && place.function !== "") frame.function = place.function;
  if (place.module !== undefined && place.module !== "") frame.module = place.module;
  if (place.filename !== undefined && place.filename !== "") frame.filename = place.filename;
  if (place.abs_path !== undefined && place.abs_path !== "") frame.abs_path = place.abs_path;
  if (place.lineno !== undefined && place.lineno > 0) frame.lineno = place.lineno;
  if (place.colno !== undefined && place.colno > 0) frame.colno = place.colno;
  frame.in_app = place.in_app;
  return frame;
}

/** The path when it is an absolute one. */
export function absolute(path: string): string | undefined {
  return /^(?:\/|[A-Za-z]:[\\/]|\\\\)/.test(path) ? path : undefined;
}

/** How far a line is indented. */
export function indentOf(line: string): number {
  let at = 0;
  while (line.charCodeAt(at) === 0x20 || line.charCodeAt(at) === 0x09) at += 1;
  return at;
}

export function isBlank(line: string): boolean {
  return indentOf(line) === line.length;
}

/** Lines of a message, without blank ones at either end. */
export function messageOf(lines: readonly string[]): string {
  return lines.join("\n").trim();
}

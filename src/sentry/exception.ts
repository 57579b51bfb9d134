import type { ExceptionValue, Frame, ParsedTrace } from "../record/exception.ts";
import type { LogRecord } from "../record/record.ts";
import { clip, clipLong } from "./bounds.ts";
import { joined, jsonText, quoted } from "./json-text.ts";

/** How much of a trace is sent; each step gives up more, for events that would be too big. */
export type Detail = "full" | "no_source" | "fewer_frames" | "least";

const MAX_VALUES = 50;
/** Relay keeps the newest 250 frames of a stack, and the source lines of at most 50. */
const MAX_FRAMES = 250;
const MAX_FRAMES_WITH_SOURCE = 50;
const SOURCE_LINES = 5;
const MAX_SOURCE_CHARS = 256;
/** A text longer than any event may be will not be used, so the rest of it need not be written. */
const HOPELESS_CHARS = 1_000_000;
const MAX_VALUE_CHARS = 8_192;

/**
 * `exception` of an event as JSON text: causes root first, frames oldest first. With an error type but no stack trace,
 * type and value alone; undefined when the record names no error.
 */
export function exceptionJson(record: LogRecord, trace: ParsedTrace | undefined, detail: Detail): string | undefined {
  if (trace !== undefined && trace.values.length > 0) return `{"values":[${chainJson(record, trace.values, detail)}]}`;
  if (record.errorType === undefined) return undefined;
  const value = clipLong(record.errorMessage ?? record.message, MAX_VALUE_CHARS);
  return `{"values":[{"type":${quoted(clip(record.errorType, 256))},"value":${quoted(value)}}]}`;
}

/** As {@link exceptionJson}, as a value. */
export function exceptionOf(record: LogRecord, trace: ParsedTrace | undefined, detail: Detail): unknown {
  const json = exceptionJson(record, trace, detail);
  return json === undefined ? undefined : JSON.parse(json);
}

function chainJson(record: LogRecord, values: readonly ExceptionValue[], detail: Detail): string {
  const most = detail === "least" ? 3 : detail === "fewer_frames" ? 10 : MAX_VALUES;
  const kept = values.length > most ? values.slice(-most) : values;
  let json = "";
  for (const [index, value] of kept.entries()) {
    // The headline is the last one and has id 0; each one's cause stands before it.
    const id = kept.length - 1 - index;
    const ids = kept.length === 1 ? "" : id === 0 ? `,"exception_id":0` : `,"exception_id":${id},"parent_id":${id - 1}`;
    let members = `"mechanism":{"type":"logging","handled":true${ids}}`;
    // Relay drops an exception that has neither; a logged stack (zap, goroutine dumps) is told apart by what the record says.
    const isNamed = value.type !== undefined || value.value !== undefined;
    members = text(members, "type", isNamed ? value.type : record.errorType, 256);
    const said = isNamed ? value.value : (record.errorMessage ?? firstLine(record.message));
    if (said !== undefined) members += `,"value":${quoted(clipLong(said, detail === "least" ? 1_024 : MAX_VALUE_CHARS))}`;
    members = text(members, "module", value.module, 256);
    if (value.frames.length > 0) members += `,"stacktrace":{"frames":[${framesJson(value.frames, detail)}]}`;
    json = joined(json, `{${members}}`);
    if (json.length > HOPELESS_CHARS) break;
  }
  return json;
}

function firstLine(message: string): string {
  const end = message.indexOf("\n");
  return end < 0 ? message : message.slice(0, end);
}

function framesJson(frames: readonly Frame[], detail: Detail): string {
  const most = detail === "least" ? 10 : detail === "fewer_frames" ? 50 : MAX_FRAMES;
  const kept = frames.length > most ? frames.slice(-most) : frames;
  const half = MAX_FRAMES_WITH_SOURCE / 2;
  let json = "";
  for (const [index, frame] of kept.entries()) {
    const withSource = detail === "full" && (index < half || index >= kept.length - half);
    json = joined(json, `{${frameJson(frame, withSource)}}`);
    if (json.length > HOPELESS_CHARS) break;
  }
  return json;
}

function frameJson(frame: Frame, withSource: boolean): string {
  let json = text("", "function", frame.function, 256);
  json = text(json, "module", frame.module, 256);
  json = text(json, "package", frame.package, 256);
  json = text(json, "instruction_addr", frame.instruction_addr, 32);
  json = text(json, "filename", frame.filename, 256);
  json = text(json, "abs_path", frame.abs_path, 256);
  json = position(json, "lineno", frame.lineno);
  json = position(json, "colno", frame.colno);
  if (frame.in_app !== undefined) json = joined(json, `"in_app":${frame.in_app}`);
  if (!withSource || frame.context_line === undefined) return json;
  if (frame.pre_context !== undefined) json = joined(json, `"pre_context":${sourceJson(frame.pre_context.slice(-SOURCE_LINES))}`);
  json = text(json, "context_line", frame.context_line, MAX_SOURCE_CHARS);
  if (frame.post_context === undefined) return json;
  return joined(json, `"post_context":${sourceJson(frame.post_context.slice(0, SOURCE_LINES))}`);
}

function text(json: string, name: string, value: string | undefined, maxChars: number): string {
  return value === undefined ? json : joined(json, `"${name}":${quoted(clip(value, maxChars))}`);
}

/** Lines and columns count from 1; Relay drops others. */
function position(json: string, name: string, value: number | undefined): string {
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= 0xffff_ffff
    ? joined(json, `"${name}":${value}`)
    : json;
}

function sourceJson(lines: readonly string[]): string {
  return jsonText(lines.map((line) => clip(line, MAX_SOURCE_CHARS)));
}

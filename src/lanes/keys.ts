import { fieldText } from "../record/field.ts";
import type { LogRecord } from "../record/record.ts";

/** What names a stream, best first; see DESIGN: the first present one, never the peer's port. */
export const STREAM_FIELDS = ["container_id", "pod", "container_name", "service", "program", "tag"] as const;

/** Longest key kept, in characters: what a sender writes into a trace id must not fill our memory. */
const MAX_KEY_CHARS = 512;

/** The name of a record's stream: input, host, and what writes there. */
export function streamOf(record: LogRecord): string {
  return streamName(record.from.input, record.host ?? record.from.peer, sourceOf(record));
}

/** The same from its parts. */
export function streamName(input: string, host: string, source: string): string {
  return `stream ${input}\n${host}\n${source}`.slice(0, MAX_KEY_CHARS);
}

function sourceOf(record: LogRecord): string {
  for (const field of STREAM_FIELDS) {
    const text = fieldText(record, field);
    if (text === undefined || text === "") continue;
    const container = field === "pod" ? fieldText(record, "container_name") : undefined;
    return container === undefined ? text : `${text}/${container}`;
  }
  return "";
}

/**
 * Which process of a program wrote a record, as its sender says (syslog): the traces of two may come in turns. Undefined
 * where something else than a program names the stream.
 */
export function processOf(record: LogRecord): string | undefined {
  if (!record.fields.has("program") || !record.fields.has("pid")) return undefined;
  const source = STREAM_FIELDS.find((field) => (fieldText(record, field) ?? "") !== "");
  return source === "program" ? fieldText(record, "pid") : undefined;
}

/** The keys of the trails that a record belongs to. */
export function trailKeys(record: LogRecord, names: readonly string[]): string[] {
  const keys: string[] = [];
  for (const name of names) {
    if (name === "stream") keys.push(streamOf(record));
    else {
      const value = fieldText(record, name);
      if (value !== undefined && value !== "") keys.push(keyOf(name, value));
    }
  }
  return keys;
}

/** The key of a field's value. */
export function keyOf(name: string, value: string): string {
  return value.length < MAX_KEY_CHARS ? `${name} ${value}` : `${name} ${value.slice(0, MAX_KEY_CHARS)}`;
}

import type { DataCategory } from "../../record/parcel.ts";
import { skipValue } from "../../scan/json.ts";
import { clip } from "../../sentry/bounds.ts";
import { JsonView } from "../../sentry/json-view.ts";

/** What stands beside the envelope of a dead letter, as JSON. Texts may hold anything but are bounded. */
export interface Note {
  /** Name of the upstream that it was meant for. */
  readonly upstream: string;
  /** The door it left by, one of the outcomes; as written, when it is none that this version knows. */
  readonly reason: string;
  readonly cause: string;
  /** HTTP status of the answer that refused it; undefined where none did. */
  readonly status: number | undefined;
  readonly category: DataCategory;
  /** 32 hex digits for an event, "" for logs. */
  readonly eventId: string;
  /** One for an event, else the number of logs in the envelope. */
  readonly items: number;
  /** Log records that it settled. */
  readonly records: number;
  /** Unix milliseconds; undefined when what is written is no time. The moment of death is in the letter's id. */
  readonly bornMs: number | undefined;
  readonly title: string;
  readonly level: string;
  /** How often `dlq retry` has tried it. */
  readonly attempts: number;
}

const MAX_NAME_CHARS = 200;
const MAX_CAUSE_CHARS = 1_000;
/** Hostile nesting would overflow the stack of whoever prints it. */
const MAX_DEPTH = 8;

/** The text of the file. It never takes more than {@link MAX_NOTE_BYTES}. */
export function noteJson(note: Note, diedMs: number): string {
  const written = {
    upstream: clip(note.upstream, MAX_NAME_CHARS),
    reason: note.reason,
    cause: clip(note.cause, MAX_CAUSE_CHARS),
    status: note.status,
    category: note.category,
    event_id: note.eventId,
    items: note.items,
    records: note.records,
    born: note.bornMs === undefined ? undefined : timeText(note.bornMs),
    died: timeText(diedMs),
    title: clip(note.title, MAX_NAME_CHARS),
    level: clip(note.level, MAX_NAME_CHARS),
    attempts: note.attempts,
  };
  return `${JSON.stringify(written, undefined, 2)}\n`;
}

/** More than the longest note: every character escaped takes six bytes. */
export const MAX_NOTE_BYTES = 32_768;

/** Reads what {@link noteJson} wrote, by whatever version; undefined when the bytes are no note. */
export function parseNote(json: Buffer): Note | undefined {
  if (skipValue(json, 0, json.length, MAX_DEPTH) < 0) return undefined;
  const view = JsonView.parse(json.toString("utf8"));
  const upstream = view.get("upstream").text;
  const reason = view.get("reason").text;
  const category = view.get("category").text;
  if (upstream === "" || reason === "" || (category !== "error" && category !== "log_item")) return undefined;
  const born = Date.parse(view.get("born").text);
  const eventId = view.get("event_id").text;
  return {
    upstream: clip(upstream, MAX_NAME_CHARS),
    reason: clip(reason, MAX_NAME_CHARS),
    cause: clip(view.get("cause").text, MAX_CAUSE_CHARS),
    status: countOf(view.get("status")),
    category,
    eventId: /^[0-9a-f]{32}$/.test(eventId) ? eventId : "",
    items: countOf(view.get("items")) ?? 1,
    records: countOf(view.get("records")) ?? 0,
    bornMs: Number.isNaN(born) ? undefined : born,
    title: clip(view.get("title").text, MAX_NAME_CHARS),
    level: clip(view.get("level").text, MAX_NAME_CHARS),
    attempts: countOf(view.get("attempts")) ?? 0,
  };
}

function countOf(view: JsonView): number | undefined {
  const count = view.number;
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

/** A time that no calendar has is left out. */
function timeText(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

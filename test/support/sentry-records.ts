import type { EventDefaults, EventParts } from "../../src/sentry/event.ts";
import type { Provenance } from "../../src/record/provenance.ts";
import { newRecord, type FieldValue, type LogRecord } from "../../src/record/record.ts";

/** Friday, 20 November 2026, 10:00:00.123 UTC. */
export const NOON_MS = Date.UTC(2026, 10, 20, 10, 0, 0, 123);
export const EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc";
export const DEFAULTS: EventDefaults = { tags: ["service", "namespace", "pod", "container_name"], version: "0.1.0" };

export function provenance(overrides: Partial<Provenance> = {}): Provenance {
  return { input: "edge", peer: "10.0.0.7", receivedMs: NOON_MS, tag: "", labels: undefined, metadata: undefined, ...overrides };
}

export interface RecordOptions extends Partial<Omit<LogRecord, "fields" | "from">> {
  readonly fields?: Readonly<Record<string, FieldValue>>;
  readonly from?: Partial<Provenance>;
}

/** An error record; override what matters to the test. */
export function record(options: RecordOptions = {}): LogRecord {
  const { fields = {}, from = {}, ...own } = options;
  const made = newRecord(provenance(from), own.message ?? "payment failed");
  made.severity = 17;
  Object.assign(made, own);
  for (const [name, value] of Object.entries(fields)) made.fields.set(name, value);
  return made;
}

export function eventParts(made: LogRecord, overrides: Partial<EventParts> = {}): EventParts {
  const { message } = made;
  const rest = { eventId: EVENT_ID, template: message, params: [], trace: undefined, fingerprint: [message], breadcrumbs: [] };
  return { record: made, message, ...rest, ...overrides };
}

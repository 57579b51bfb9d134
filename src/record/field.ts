import type { FieldValue, LogRecord } from "./record.ts";
import { severityName } from "./severity.ts";

const OWN = new Map<string, (record: LogRecord) => FieldValue | undefined>([
  ["message", (record) => record.message],
  ["severity", (record) => severityName(record.severity)],
  ["level", (record) => severityName(record.severity)],
  ["logger", (record) => record.logger],
  ["service", (record) => record.service],
  ["host", (record) => record.host],
  ["environment", (record) => record.environment],
  ["release", (record) => record.release],
  ["dist", (record) => record.dist],
  ["transaction", (record) => record.transaction],
  ["trace_id", (record) => record.traceId],
  ["span_id", (record) => record.spanId],
  ["request_id", (record) => record.requestId],
  ["user_id", (record) => record.user?.id],
  ["user_email", (record) => record.user?.email],
  ["client_ip", (record) => record.user?.ip_address ?? record.request?.remoteAddress],
  ["method", (record) => record.request?.method],
  ["url", (record) => record.request?.url],
  ["status", (record) => record.request?.status],
  ["error_type", (record) => record.errorType],
  ["input", (record) => record.from.input],
  ["peer", (record) => record.from.peer],
  ["tag", (record) => (record.from.tag === "" ? undefined : record.from.tag)],
]);

/**
 * The value a name stands for in matches, tags and trail keys: the record's own properties, then its fields, then
 * labels; "a.b" also looks inside the object `a`. Undefined when the record has none.
 */
export function fieldOf(record: LogRecord, name: string): FieldValue | undefined {
  const own = OWN.get(name)?.(record);
  if (own !== undefined) return own;
  const direct = record.fields.get(name);
  if (direct !== undefined) return direct;
  const label = record.from.labels?.get(name);
  if (label !== undefined) return label;
  return name.includes(".") ? inside(record.fields, name) : undefined;
}

function inside(fields: ReadonlyMap<string, FieldValue>, name: string): FieldValue | undefined {
  const [head, ...rest] = name.split(".");
  let value = fields.get(head ?? "");
  for (const part of rest) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, part)) return undefined;
    value = (value as { readonly [key: string]: FieldValue })[part];
  }
  return value;
}

/** A field as text; undefined when it is absent, null or a container. */
export function fieldText(record: LogRecord, name: string): string | undefined {
  const value = fieldOf(record, name);
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

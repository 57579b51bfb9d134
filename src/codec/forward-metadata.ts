import type { MsgpackValue } from "../scan/msgpack-value.ts";

type Members = { [key: string]: MsgpackValue };

/** OpenTelemetry severity numbers by fours, from 1. */
const SEVERITIES = ["trace", "debug", "info", "warning", "error", "fatal"] as const;
const HEX = /^[0-9a-f]+$/i;

/**
 * Adds what Fluent Bit keeps beside a record to the record: for OpenTelemetry logs severity, trace and attributes,
 * otherwise the metadata as a member of that name. What the record says itself stays.
 */
export function applyMetadata(record: Members, metadata: MsgpackValue): void {
  if (!isMap(metadata)) return;
  const { otlp, ...others } = metadata;
  if (isMap(otlp)) applyOtlp(record, otlp);
  if (Object.keys(others).length > 0) fill(record, "metadata", others);
}

/** Whether a value is a map. */
export function isMap(value: MsgpackValue | undefined): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function applyOtlp(record: Members, otlp: Members): void {
  const number = otlp["severity_number"];
  const text = otlp["severity_text"];
  const severity = typeof number === "number" ? SEVERITIES[Math.ceil(number / 4) - 1] : undefined;
  if (severity !== undefined) fill(record, "severity", severity);
  else if (typeof text === "string" && text !== "") fill(record, "severity", text);
  const traceId = identifier(otlp["trace_id"], 16);
  if (traceId !== undefined) fill(record, "trace_id", traceId);
  const spanId = identifier(otlp["span_id"], 8);
  if (spanId !== undefined) fill(record, "span_id", spanId);
  const attributes = otlp["attributes"];
  if (!isMap(attributes)) return;
  for (const [key, value] of Object.entries(attributes)) fill(record, key, value);
}

/** An id of so many bytes as hex. It comes as hex, or as bytes that happened to be text and can be turned back. */
function identifier(value: MsgpackValue | undefined, size: number): string | undefined {
  if (typeof value !== "string") return undefined;
  if (value.length === size * 2 && HEX.test(value)) return value;
  const bytes = Buffer.from(value);
  return bytes.length === size ? bytes.toString("hex") : undefined;
}

function fill(record: Members, key: string, value: MsgpackValue): void {
  if (Object.hasOwn(record, key)) return;
  if (key === "__proto__") Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
  else record[key] = value;
}

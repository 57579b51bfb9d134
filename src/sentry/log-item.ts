import type { FieldValue, LogRecord } from "../record/record.ts";
import { clip, clipBytes } from "./bounds.ts";
import type { EventDefaults } from "./event.ts";
import { joined, quoted } from "./json-text.ts";
import { logLevel } from "./level.ts";
import { firstValid, validEnvironment, validRelease } from "./release.ts";
import { validSpanId, validTraceId } from "./trace-ids.ts";

/** What a log entry needs beside its record. */
export interface LogParts {
  readonly template: string;
  readonly params: readonly string[];
  /** 32 lower-case hex digits, for a record that names no trace: the same for all records of one stream. */
  readonly traceId: string;
}

/** A log stays below 64 KiB: half for its text, a third for its attributes. Both are counted as written in JSON. */
const MAX_BODY_BYTES = 32_768;
const MAX_ATTRIBUTES_BYTES = 24_576;
const MAX_VALUE_BYTES = 8_192;
const MAX_KEY_CHARS = 200;
const MAX_PARAMS = 32;

/**
 * One entry of a log container, as JSON text. Levels are those of logs ("warn"); attributes carry their types, since
 * one whose type and value do not agree is dropped.
 */
export function logJson(record: LogRecord, parts: LogParts, defaults: EventDefaults): string {
  const { severity } = record;
  const trace = validTraceId(record.traceId) ?? parts.traceId;
  const spanId = validSpanId(record.spanId);
  const span = spanId === undefined ? "" : `,"span_id":"${spanId}"`;
  // Microseconds: logs of one millisecond keep their order.
  const head = `{"timestamp":${Math.round(record.timeMs * 1_000) / 1e6},"trace_id":"${trace}"${span},"level":"${logLevel(severity)}"`;
  return `${head},"severity_number":${severity},"body":${bodyJson(record.message)},"attributes":{${attributesOf(record, parts, defaults)}}}`;
}

/** Escapes can make a text six times as long, so what matters is the length in JSON. */
function bodyJson(message: string): string {
  const json = quoted(clipBytes(message, MAX_BODY_BYTES));
  return Buffer.byteLength(json) <= MAX_BODY_BYTES + 2 ? json : quoted(clipBytes(message, MAX_BODY_BYTES / 6));
}

function attributesOf(record: LogRecord, parts: LogParts, defaults: EventDefaults): string {
  const attributes = new Attributes();
  const { from, user, request } = record;
  attributes.text("sentry.environment", firstValid(validEnvironment, record.environment, defaults.environment));
  attributes.text("sentry.release", firstValid(validRelease, record.release, defaults.release));
  attributes.text("sentry.sdk.name", "crumbtrail");
  attributes.text("sentry.sdk.version", defaults.version);
  attributes.text("sentry.origin", "auto.log.crumbtrail");
  if (parts.params.length > 0) {
    attributes.text("sentry.message.template", parts.template);
    for (let index = 0; index < parts.params.length && index < MAX_PARAMS; index += 1) {
      attributes.text(`sentry.message.parameter.${index}`, parts.params[index]);
    }
  }
  attributes.text("server.address", record.host ?? defaults.serverName ?? from.peer);
  attributes.text("logger.name", record.logger);
  attributes.text("service.name", record.service);
  attributes.text("input", from.input);
  attributes.text("request_id", record.requestId);
  attributes.text("transaction", record.transaction);
  attributes.text("user.id", user?.id);
  attributes.text("user.name", user?.username ?? user?.name);
  attributes.text("user.email", user?.email);
  attributes.text("client.address", user?.ip_address ?? request?.remoteAddress);
  attributes.text("http.request.method", request?.method);
  attributes.text("url.full", request?.url);
  attributes.add("http.response.status_code", request?.status ?? null);
  attributes.text("exception.type", record.errorType);
  attributes.text("exception.message", record.errorMessage);
  attributes.text("exception.stacktrace", record.stackText);
  if (from.labels !== undefined) for (const [name, value] of from.labels) attributes.text(name, value);
  for (const [name, value] of record.fields) attributes.add(name.startsWith("sentry.") ? `field.${name}` : name, value);
  return attributes.json;
}

/** Typed attributes as JSON text; the first of two equal names wins, and what there is no room for is left out with a mark. */
class Attributes {
  json = "";
  #bytes = 0;
  #full = false;
  readonly #names = new Set<string>();

  text(name: string, value: string | undefined): void {
    if (value !== undefined && value !== "") this.add(name, value);
  }

  add(name: string, value: FieldValue): void {
    if (value === null || this.#full) return;
    const key = clip(name, MAX_KEY_CHARS);
    if (this.#names.has(key)) return;
    this.#names.add(key);
    const member = `${quoted(key)}:${attributeJson(value)}`;
    this.#bytes += Buffer.byteLength(member) + 1;
    this.#full = this.#bytes > MAX_ATTRIBUTES_BYTES;
    const fitting = this.#full ? `"crumbtrail.left_out":{"value":"more fields","type":"string"}` : member;
    this.json = joined(this.json, fitting);
  }
}

function attributeJson(value: FieldValue): string {
  if (typeof value === "boolean") return `{"value":${value},"type":"boolean"}`;
  // An integer beyond 2^53 is no exact one any more, and beyond 64 bits it is refused.
  if (typeof value === "number" && Number.isFinite(value)) {
    return `{"value":${JSON.stringify(value)},"type":"${Number.isSafeInteger(value) ? "integer" : "double"}"}`;
  }
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `{"value":${quoted(clipBytes(text, MAX_VALUE_BYTES))},"type":"string"}`;
}

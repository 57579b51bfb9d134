import { NOTHING, type Codec, type Decoded } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { NO_MESSAGE, type HttpRequest, type LogRecord } from "../record/record.ts";
import { Severity, type SeverityNumber } from "../record/severity.ts";
import { statusOf } from "./http-values.ts";
import { parseObject, trimmed, type JsonObject } from "./json-object.ts";
import { COMBINED, compileLogFormat, isLogFormatMistake, type LogFormat } from "./log-format.ts";
import { recordFromLine, recordFromObject, requestText } from "./normalise.ts";
import { isEnd, textOfLine } from "./text-line.ts";

/** Who writes an access log, as a record's logger. */
export const ACCESS_LOGGER = "nginx.access";

export interface AccessOptions {
  /** As nginx has it; undefined: combined, or JSON under the names of nginx's variables. */
  readonly logFormat: string | undefined;
  /** Answers with this status or a higher one are errors; undefined: none is. */
  readonly issueFromStatus: number | undefined;
}

/**
 * An access log of nginx in any `log_format`, or as JSON. What is asked and how it went is the message; 5xx are warnings, or
 * errors from `issueFromStatus` on. Other lines are kept as text.
 */
export function nginxAccessLine({ logFormat, issueFromStatus }: AccessOptions): Codec {
  const format = compiled(logFormat ?? COMBINED);
  return {
    name: "nginx_access",
    decode(bytes: Buffer, start: number, end: number, from: Provenance): Decoded {
      const members = objectMembers(bytes, { start, end, format }) ?? lineMembers(bytes, { start, end, format });
      if (members !== undefined) return accessRecord(members, from, issueFromStatus);
      const text = textOfLine(bytes, start, end);
      return text === undefined ? NOTHING : recordFromLine(text, from);
    },
  };
}

/** What an access line says in words: `GET /orders/7 answered 502`. */
export function accessText({ method, url, status }: HttpRequest): string {
  if (method !== undefined && url !== undefined && status !== undefined) return `${method} ${url} answered ${status}`;
  const asked =
    method === undefined && url === undefined ? "a request" : [method, url].filter((part) => part !== undefined).join(" ");
  return status === undefined ? asked : `${asked} answered ${status}`;
}

/** How loud a status is by itself: never an error. */
export function severityOfStatus(status: number | undefined): SeverityNumber {
  return status !== undefined && status >= 500 ? Severity.warning : Severity.info;
}

/** The members of a record by what nginx calls them. */
export function accessMembers(values: ReadonlyMap<string, string>): Map<string, unknown> {
  const members = new Map<string, unknown>();
  for (const [variable, value] of values) {
    const name = NAMES.get(variable) ?? variable;
    members.set(name, NUMBERS.test(variable) && /^\d{1,15}(?:\.\d{1,6})?$/.test(value) ? Number(value) : value);
  }
  return members;
}

interface Line {
  readonly start: number;
  readonly end: number;
  readonly format: LogFormat;
}

function compiled(written: string): LogFormat {
  const format = compileLogFormat(written);
  if (isLogFormatMistake(format)) throw new Error(`an unchecked log_format: ${format.mistake}`);
  return format;
}

function lineMembers(bytes: Buffer, { start, end, format }: Line): Map<string, unknown> | undefined {
  let last = end;
  while (last > start && isEnd(bytes[last - 1])) last -= 1;
  const values = format.read(bytes.toString("utf8", start, last));
  return values === undefined ? undefined : accessMembers(values);
}

function objectMembers(bytes: Buffer, { start, end, format }: Line): Map<string, unknown> | undefined {
  const extent = trimmed(bytes, start, end);
  if (bytes[extent.start] !== 0x7b) return undefined;
  const object: JsonObject | string = parseObject(bytes, extent.start, extent.end);
  if (typeof object === "string") return undefined;
  const members = new Map<string, unknown>();
  for (const [key, value] of Object.entries(object)) {
    if (value === "" || value === "-") continue;
    const variable = format.jsonNames?.get(key) ?? key;
    members.set(NAMES.get(variable) ?? variable, value);
  }
  return members;
}

function accessRecord(members: Map<string, unknown>, from: Provenance, issueFromStatus: number | undefined): LogRecord {
  const status = statusOf(members.get("status"));
  const record = recordFromObject(members, from, "json");
  if (status !== undefined) record.request = { ...record.request, status };
  // A request that was no HTTP is told by its status alone.
  if (record.fields.get("status") === members.get("status")) record.fields.delete("status");
  const { request = {} } = record;
  if (record.message === NO_MESSAGE || record.message === requestText(request)) record.message = accessText(request);
  record.logger ??= ACCESS_LOGGER;
  if (status !== undefined && issueFromStatus !== undefined && status >= issueFromStatus) record.severity = Severity.error;
  else if (!record.severityStated) record.severity = severityOfStatus(status);
  record.severityStated = true;
  return record;
}

/** Variables of nginx that a record's members are called differently from. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["request", "request_line"],
  ["msec", "ts"],
  // What was asked for, not the machine that was asked.
  ["host", "vhost"],
  ["server_name", "server"],
  ["http_x_real_ip", "x_real_ip"],
  ["proxy_protocol_addr", "x_real_ip"],
]);
/** Variables that count or measure. */
const NUMBERS =
  /^(?:body_bytes_sent|bytes_sent|request_length|request_time|connection|connection_requests|pid|upstream_\w+_(?:time|length))$/;

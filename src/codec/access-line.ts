import type { LogRecord } from "../record/record.ts";
import { compileLogFormat, COMBINED, isLogFormatMistake, type LogFormat } from "./log-format.ts";
import { ACCESS_LOGGER, accessMembers, accessText, severityOfStatus } from "./nginx-access.ts";
import { recordFromObject } from "./normalise.ts";

/** What a line of a combined or common log looks like at a glance; both begin alike. */
const LOOKS_LIKE =
  /^(?:[0-9a-fA-F:.]{2,45}|[0-9A-Za-z][\w.-]{1,252}) \S{1,64} [^[\n]{1,128} \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "(?:[A-Z]{3,20} [^"\n]{1,8192}|-|[^"\n]{0,200})" [1-5]\d\d (?:\d{1,15}|-)(?: "|$)/;
const MAX_HEAD_CHARS = 9_000;
const COMMON = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent';
/** What the configuration that comes with nginx, and with its image, calls main. */
const MAIN = `${COMBINED} "$http_x_forwarded_for"`;
const FORMATS: readonly LogFormat[] = [MAIN, COMBINED, COMMON].map((written) => {
  const format = compileLogFormat(written);
  if (isLogFormatMistake(format)) throw new Error(format.mistake);
  return format;
});

/**
 * Reads a plain line that can only be one of an access log in the format that web servers have without being told; false for
 * any other. The record keeps the level that it came with.
 */
export function readAccessLine(record: LogRecord): boolean {
  const { message } = record;
  if (!message.includes('] "') || !LOOKS_LIKE.test(message.slice(0, MAX_HEAD_CHARS))) return false;
  for (const format of FORMATS) {
    const values = format.read(message);
    if (values === undefined || /\D/.test(values.get("body_bytes_sent") ?? "")) continue;
    const read = recordFromObject(accessMembers(values), record.from, "json");
    const status = Number(values.get("status"));
    record.request = { ...read.request, status };
    record.user ??= read.user;
    if (record.timeMs === record.from.receivedMs) record.timeMs = read.timeMs;
    record.message = accessText(record.request);
    record.logger ??= ACCESS_LOGGER;
    if (!record.severityStated) record.severity = severityOfStatus(status);
    record.severityStated = true;
    for (const [name, value] of read.fields) if (!record.fields.has(name) && name !== "status") record.fields.set(name, value);
    return true;
  }
  return false;
}

import { addressOf } from "../codec/http-values.ts";
import type { LogRecord } from "../record/record.ts";
import { fastCgiError, parseApacheError } from "../text/apache-error.ts";
import { nginxKind } from "../text/nginx-kind.ts";
import { takeKind } from "./nginx-record.ts";
import { takePhp } from "./php-record.ts";

/** Takes a line of Apache httpd's error log apart. */
export function restateApache(record: LogRecord): void {
  const line = parseApacheError(record.message);
  if (line === undefined) return;
  const { code, status, message, client, referer, module } = line;
  record.logger = "apache";
  const said = [status, message].filter((part) => part !== undefined && part !== "").join(": ");
  const text = fastCgiError(message) ?? (module?.startsWith("php") === true ? message : undefined);
  if (text === undefined || !takePhp(record, text.replaceAll("\\n", "\n"))) {
    record.message = said === "" ? record.message : said;
    // A code stands for one message of Apache's source.
    const kind = nginxKind(said);
    takeKind(record, code === undefined ? kind : `${code}: ${kind}`);
  }
  const address = addressOf(client);
  if (address !== undefined) record.user = { ...record.user, ip_address: address };
  if (referer !== undefined) record.request = { ...record.request, headers: { ...record.request?.headers, Referer: referer } };
  const add = (name: string, value: string | number | undefined): void => {
    if (value !== undefined && !record.fields.has(name)) record.fields.set(name, value);
  };
  add("module", module);
  add("code", code);
  add("pid", line.pid);
  add("tid", line.tid === line.pid ? undefined : line.tid);
  if (record.timeMs === record.from.receivedMs) add("logged_at", line.time);
}

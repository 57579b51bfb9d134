import type { LogRecord } from "../record/record.ts";
import { Severity, type SeverityNumber } from "../record/severity.ts";
import { levelOfLine } from "../text/line-level.ts";
import { isNginxErrorLine, parseNginxError, type NginxLevel } from "../text/nginx-error.ts";
import { templateOf } from "../text/template.ts";
import { mendSeverity } from "./interpretation.ts";

const NGINX_SEVERITIES: Readonly<Record<NginxLevel, SeverityNumber>> = {
  emerg: Severity.fatal,
  alert: Severity.fatal,
  crit: Severity.fatal,
  error: Severity.error,
  warn: Severity.warning,
  notice: Severity.notice,
  info: Severity.info,
  debug: Severity.debug,
};

/** Reads what only the text of a record says: its level, a web server's error line. */
export function refine(record: LogRecord): void {
  if (isNginxErrorLine(record.message)) refineNginx(record);
  if (record.severityStated) return;
  if (record.rawLine) {
    const severity = levelOfLine(record.message);
    if (severity !== undefined) {
      record.severity = severity;
      record.severityStated = true;
      return;
    }
  }
  mendSeverity(record);
}

/** One failure of one kind is one issue: the template is nginx's message without the request that met it. */
function refineNginx(record: LogRecord): void {
  const entry = parseNginxError(record.message);
  if (entry === undefined) return;
  record.logger = "nginx";
  record.template = templateOf(entry.message).template;
  // The line's own level is truer than the one of whatever carried it.
  record.severity = NGINX_SEVERITIES[entry.level];
  record.severityStated = true;
  if (entry.client !== undefined) record.user = { ...record.user, ip_address: entry.client };
  const [, method, path] = /^([A-Z]{3,10}) (\S+)/.exec(entry.request ?? "") ?? [];
  if (method !== undefined && path !== undefined) {
    // The host is the client's word; it is shown as what was asked for, and decides nothing.
    const url = path.startsWith("/") ? `http://${entry.host ?? entry.server ?? "-"}${path}` : path;
    const mark = url.indexOf("?");
    const asked = mark < 0 ? { url } : { url: url.slice(0, mark), query_string: url.slice(mark + 1) };
    record.request = { ...record.request, method, ...asked };
  }
  const headers = { ...record.request?.headers };
  if (entry.host !== undefined) headers["Host"] = entry.host;
  if (entry.referrer !== undefined) headers["Referer"] = entry.referrer;
  if (Object.keys(headers).length > 0) record.request = { ...record.request, headers };
  for (const name of ["server", "upstream", "subrequest", "connection", "pid"] as const) {
    const value = entry[name];
    if (value !== undefined && !record.fields.has(name)) record.fields.set(name, value);
  }
}

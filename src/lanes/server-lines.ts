import { ACCESS_LOGGER, accessText } from "../codec/nginx-access.ts";
import { readAccessLine } from "../codec/access-line.ts";
import type { LogRecord } from "../record/record.ts";
import { Severity, type SeverityNumber } from "../record/severity.ts";
import { apacheLevelOf, type ApacheLevel } from "../text/apache-error.ts";
import { isNginxErrorLine, nginxLevelOf, type NginxLevel } from "../text/nginx-error.ts";
import { pathTemplate } from "../text/path-template.ts";
import { restateApache } from "./apache-record.ts";
import { restateNginx, takeKind } from "./nginx-record.ts";

// Lines of web servers, whatever brought them: told by their text alone, and taken apart once they are whole.

const SEVERITIES: Readonly<Record<NginxLevel | ApacheLevel, SeverityNumber>> = {
  emerg: Severity.fatal,
  alert: Severity.fatal,
  crit: Severity.fatal,
  error: Severity.error,
  warn: Severity.warning,
  notice: Severity.notice,
  info: Severity.info,
  debug: Severity.debug,
  trace: Severity.trace,
};

/** Takes the level of a web server's error line; false when the record is none. It is truer than that of whatever carried it. */
export function takeServerLevel(record: LogRecord): boolean {
  const level = nginxLevelOf(record.message) ?? apacheLevelOf(record.message);
  if (level === undefined) return false;
  record.severity = SEVERITIES[level];
  record.severityStated = true;
  return true;
}

/**
 * Takes a web server's line apart, once it is whole: the message becomes what went wrong or was asked for, everything else
 * gets its place. Other records stay as they are.
 */
export function restate(record: LogRecord): void {
  const { message, rawLine } = record;
  const first = message.charCodeAt(0);
  if (first === 0x5b && apacheLevelOf(message) !== undefined) restateApache(record);
  else if (isNginxErrorLine(message)) restateNginx(record);
  else if (record.logger === ACCESS_LOGGER) restateAccess(record);
  else if (rawLine && record.request === undefined && readAccessLine(record)) restateAccess(record);
}

/** Requests of one route that are answered alike are one issue. */
function restateAccess(record: LogRecord): void {
  const { request } = record;
  if (request === undefined || record.message !== accessText(request)) return;
  const { method, url, status } = request;
  const route = { ...(method === undefined ? {} : { method }), ...(url === undefined ? {} : { url: pathTemplate(url) }) };
  const kind = accessText(status === undefined ? route : { ...route, status });
  // Whatever stands in a place, but as many places: /orders/7 is another route than /orders/7/8.
  takeKind(record, kind, kind.replaceAll(/<[a-z]{2,8}>/g, "<*>"));
  if (method !== undefined && url !== undefined) record.transaction ??= accessText(route);
}

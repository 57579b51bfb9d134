import type { HttpRequest, LogRecord } from "../record/record.ts";
import { fieldText } from "../record/field.ts";
import { parseNginxError, type NginxError } from "../text/nginx-error.ts";
import { nginxKind } from "../text/nginx-kind.ts";
import { pathTemplate } from "../text/path-template.ts";
import { fastCgiStderr } from "../text/php-messages.ts";
import { groupOf } from "../text/template/placeholders.ts";
import { takePhp } from "./php-record.ts";

/** Takes an entry of nginx's error log apart. One failure of one kind is one issue, whoever met it, where and on whose way. */
export function restateNginx(record: LogRecord): void {
  const entry = parseNginxError(record.message);
  if (entry === undefined) return;
  record.logger = "nginx";
  record.message = entry.message.trim() === "" ? record.message : entry.message;
  const stderr = fastCgiStderr(entry.message);
  if (stderr === undefined || !takePhp(record, stderr)) takeKind(record, nginxKind(entry.message));
  if (entry.client !== undefined) record.user = { ...record.user, ip_address: entry.client };
  if (entry.login !== undefined) record.user = { ...record.user, username: entry.login };
  const request = requestOf(record.request, entry);
  if (request !== undefined) record.request = request;
  if (request?.method !== undefined && request.url !== undefined)
    record.transaction ??= `${request.method} ${pathTemplate(request.url)}`;
  record.requestId ??= connectionOf(record, entry);
  addFields(record, entry);
}

/** What all entries of an issue share, and all that tells it from others. */
export function takeKind(record: LogRecord, kind: string, group = groupOf(kind)): void {
  record.template = kind;
  record.fingerprint ??= record.logger === undefined ? [group] : [group, record.logger];
}

function requestOf(
  known: HttpRequest | undefined,
  { request, host, server, referrer, client }: NginxError,
): HttpRequest | undefined {
  const made: HttpRequest = { ...known };
  const [, method, target] = /^([A-Z]{3,20}) (\S+)/.exec(request ?? "") ?? [];
  if (method !== undefined && target !== undefined) {
    // The host is the client's word; it is shown as what was asked for, and decides nothing.
    const url = target.startsWith("/") ? `http://${host ?? server ?? "-"}${target}` : target;
    const mark = url.indexOf("?");
    made.method = method;
    made.url = mark < 0 ? url : url.slice(0, mark);
    if (mark >= 0) made.query_string = url.slice(mark + 1);
  }
  const headers = { ...made.headers };
  if (host !== undefined) headers["Host"] = host;
  if (referrer !== undefined) headers["Referer"] = referrer;
  if (Object.keys(headers).length > 0) made.headers = headers;
  if (Object.keys(made).length === 0) return undefined;
  if (client !== undefined) made.remoteAddress = client;
  return made;
}

/**
 * What ties the entries of one connection together where nothing better does: its number, which only the worker process and
 * its machine make unique. It stands in for a request id, and so is a trail's key.
 */
function connectionOf(record: LogRecord, { pid, connection }: NginxError): string | undefined {
  if (pid === undefined || connection === undefined) return undefined;
  const place = ["container_id", "pod", "host", "peer"]
    .map((name) => fieldText(record, name))
    .find((text) => text !== undefined && text !== "");
  return place === undefined ? `nginx ${pid}*${connection}` : `nginx ${pid}*${connection} ${place.slice(0, 200)}`;
}

function addFields(record: LogRecord, entry: NginxError): void {
  const { fields } = record;
  for (const name of ["server", "upstream", "subrequest", "connection", "pid", "bytes"] as const) {
    const value = entry[name];
    if (value !== undefined && !fields.has(name)) fields.set(name, value);
  }
  if (entry.tid !== undefined && entry.tid !== entry.pid && !fields.has("tid")) fields.set("tid", entry.tid);
  // A request that is none is shown as it came.
  if (entry.request !== undefined && record.request?.method === undefined) fields.set("request", entry.request);
  const address = entry.upstream === undefined ? undefined : upstreamAddress(entry.upstream);
  if (address !== undefined && !fields.has("upstream_addr")) fields.set("upstream_addr", address);
  // A time that something beside the line said, or a time zone of the input made exact, is the record's already.
  if (entry.time !== undefined && record.timeMs === record.from.receivedMs) fields.set("logged_at", entry.time);
}

/** `10.0.2.14:3000` of `http://10.0.2.14:3000/cart`: few enough to be a tag. */
function upstreamAddress(upstream: string): string | undefined {
  const [, socket, address] = /^(?:[a-z]+:\/\/)?(?:(unix:[^:\s]{1,200})|([^/\s]{1,200}))/.exec(upstream) ?? [];
  return socket ?? address;
}

import type { HttpRequest, LogRecord, User } from "../record/record.ts";
import type { Draft } from "./draft.ts";
import { addressOf } from "./http-values.ts";
import { SLOT } from "./readers.ts";
import { decimalIdOf, spanIdOf, traceContextOf } from "./trace-ids.ts";

/** Members that mean a request only beside a method or a URL. */
const PARTS = [SLOT.path, SLOT.query, SLOT.status, SLOT.headers, SLOT.userAgent, SLOT.referrer, SLOT.httpHost];

/** Fills `user` and `request` from what the members said of them. */
export function fillRequest(record: LogRecord, draft: Draft): void {
  fillUser(record, draft);
  const line = draft.get(SLOT.requestLine);
  const method = draft.get(SLOT.method) ?? line?.method;
  const path = method === undefined && draft.formOf(SLOT.path) === "bare" ? undefined : draft.get(SLOT.path);
  const target = draft.get(SLOT.url) ?? line?.url ?? path;
  const remoteAddress = draft.get(SLOT.remoteAddress);
  const logged = draft.get(SLOT.headers);
  if (logged !== undefined) fillFromHeaders(record, logged);
  if (method === undefined && target === undefined) {
    for (const slot of PARTS) draft.giveBack(slot);
    if (remoteAddress !== undefined) record.request = { remoteAddress };
    return;
  }
  const request: HttpRequest = {};
  if (method !== undefined) request.method = method;
  if (target !== undefined) fillUrl(request, target);
  // Without a method a bare `path` may be a file's.
  if (path === undefined || target?.includes(path) !== true) draft.giveBack(SLOT.path);
  const query = draft.get(SLOT.query);
  if (query !== undefined) request.query_string = query;
  const status = draft.get(SLOT.status);
  if (status !== undefined) request.status = status;
  const headers = headersOf(draft);
  if (headers !== undefined) request.headers = headers;
  if (remoteAddress !== undefined) request.remoteAddress = remoteAddress;
  record.request = request;
}

/** Where a trace is named, by who writes it; the span beside it where it has a header of its own. */
const TRACE_HEADERS: readonly (readonly [trace: string, span: string | undefined])[] = [
  ["Traceparent", undefined],
  ["Sentry-Trace", undefined],
  ["B3", undefined],
  ["X-B3-Traceid", "X-B3-Spanid"],
  ["X-Amzn-Trace-Id", undefined],
  ["Uber-Trace-Id", undefined],
  ["X-Cloud-Trace-Context", undefined],
];
const REQUEST_ID_HEADERS = ["X-Request-Id", "X-Correlation-Id"];
/** The first is what most proxies add; those behind it are a proxy's own. */
const CLIENT_HEADERS = ["X-Forwarded-For", "X-Real-Ip", "Cf-Connecting-Ip", "True-Client-Ip"];
const MAX_ID_CHARS = 200;

/** What the record itself does not say, its request's headers may. */
function fillFromHeaders(record: LogRecord, headers: Readonly<Record<string, string>>): void {
  if (record.traceId === undefined) fillTrace(record, headers);
  record.requestId ??= firstOf(headers, REQUEST_ID_HEADERS)?.slice(0, MAX_ID_CHARS);
  if (record.user?.ip_address !== undefined) return;
  const address = addressOf(firstOf(headers, CLIENT_HEADERS));
  if (address !== undefined) record.user = { ...record.user, ip_address: address };
}

function fillTrace(record: LogRecord, headers: Readonly<Record<string, string>>): void {
  for (const [name, spanName] of TRACE_HEADERS) {
    const trace = traceContextOf(headers[name] ?? "");
    if (trace === undefined) continue;
    record.traceId = trace.traceId;
    record.spanId ??= trace.spanId ?? spanIdOf((spanName === undefined ? undefined : headers[spanName]) ?? "");
    return;
  }
  const datadog = decimalIdOf(headers["X-Datadog-Trace-Id"]);
  if (datadog === undefined) return;
  record.traceId = datadog.padStart(32, "0");
  record.spanId ??= decimalIdOf(headers["X-Datadog-Parent-Id"]);
}

function firstOf(headers: Readonly<Record<string, string>>, names: readonly string[]): string | undefined {
  const name = names.find((one) => headers[one] !== undefined && headers[one] !== "");
  return name === undefined ? undefined : headers[name];
}

function fillUrl(request: HttpRequest, target: string): void {
  const question = target.indexOf("?");
  request.url = question < 0 ? target : target.slice(0, question);
  if (question >= 0 && question + 1 < target.length) request.query_string = target.slice(question + 1);
}

function headersOf(draft: Draft): Record<string, string> | undefined {
  const headers = draft.get(SLOT.headers);
  const host = draft.get(SLOT.httpHost);
  const userAgent = draft.get(SLOT.userAgent);
  const referrer = draft.get(SLOT.referrer);
  if (headers === undefined && host === undefined && userAgent === undefined && referrer === undefined) return undefined;
  const all: Record<string, string> = { ...headers };
  if (host !== undefined) all["Host"] = host;
  if (userAgent !== undefined) all["User-Agent"] = userAgent;
  if (referrer !== undefined) all["Referer"] = referrer;
  return all;
}

function fillUser(record: LogRecord, draft: Draft): void {
  const user: User = {};
  const id = draft.get(SLOT.userId);
  const email = draft.get(SLOT.userEmail);
  const username = draft.get(SLOT.username);
  const name = draft.get(SLOT.userFullName);
  const address = draft.get(SLOT.userIp);
  if (id !== undefined) user.id = id;
  if (email !== undefined) user.email = email;
  if (username !== undefined) user.username = username;
  if (name !== undefined) user.name = name;
  if (address !== undefined) user.ip_address = address;
  if (id ?? email ?? username ?? name ?? address) record.user = user;
}

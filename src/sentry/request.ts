import type { LogRecord } from "../record/record.ts";
import { clip, clipLong } from "./bounds.ts";
import type { JsonValue } from "./json-text.ts";

export type RequestInterface = Record<string, JsonValue>;

const MAX_URL_CHARS = 256;
const MAX_QUERY_CHARS = 4_096;
const MAX_HEADERS = 32;
const MAX_HEADER_CHARS = 512;

/** `request` of an event: what was asked of whom. The status belongs to the `response` context. */
export function requestOf(record: LogRecord): RequestInterface | undefined {
  const { request } = record;
  if (request === undefined) return undefined;
  const made: RequestInterface = {};
  if (request.method) made["method"] = clip(request.method, 32);
  addUrl(made, request.url, request.query_string);
  if (request.headers !== undefined) {
    const entries = Object.entries(request.headers).slice(0, MAX_HEADERS);
    made["headers"] = Object.fromEntries(entries.map(([name, value]) => [clip(name, 128), clip(value, MAX_HEADER_CHARS)]));
  }
  if (request.remoteAddress) made["env"] = { REMOTE_ADDR: clip(request.remoteAddress, 64) };
  return Object.keys(made).length === 0 ? undefined : made;
}

/** Sentry shows 256 characters of an address, so the query of a longer one goes where there is room for it. */
function addUrl(made: RequestInterface, url: string | undefined, query: string | undefined): void {
  const mark = url !== undefined && url.length > MAX_URL_CHARS && !query ? url.indexOf("?") : -1;
  const place = mark === -1 ? url : url?.slice(0, mark);
  const asked = mark === -1 ? query : url?.slice(mark + 1);
  if (place) made["url"] = clip(place, MAX_URL_CHARS);
  if (asked) made["query_string"] = clipLong(asked, MAX_QUERY_CHARS);
}

import { cut, hasMembers, membersOf } from "./field-values.ts";

const VERBS: ReadonlySet<string> = new Set(
  "GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT PROPFIND PURGE QUERY".split(" "),
);
const MAX_METHOD_CHARS = 20;
const MAX_URL_CHARS = 4_096;
const MAX_HEADERS = 50;
const MAX_HEADER_CHARS = 1_000;
/** A full IPv6 address with zone, brackets and port. */
const MAX_ADDRESS_CHARS = 64;

/** The first line of an HTTP request. */
export interface RequestLine {
  readonly method: string;
  readonly url: string;
}

/** A method; with `onlyUsual` none but the usual ones, because `method` may be a function's name too. */
export function methodOf(value: unknown, onlyUsual: boolean): string | undefined {
  if (typeof value !== "string" || value.length > MAX_METHOD_CHARS || value === "") return undefined;
  const upper = value.toUpperCase();
  return !onlyUsual || VERBS.has(upper) ? upper : undefined;
}

/** A path of a URL. */
export function pathOf(value: unknown): string | undefined {
  return typeof value === "string" && value.startsWith("/") ? cut(value, MAX_URL_CHARS) : undefined;
}

/** A query string without its question mark; with `bare` only what has a name and a value, because `query` may be SQL. */
export function queryOf(value: unknown, bare: boolean): string | undefined {
  if (typeof value !== "string") return undefined;
  const query = value.startsWith("?") ? value.slice(1) : value;
  if (query === "" || query === "-" || (bare && !PAIR.test(query))) return undefined;
  return cut(query, MAX_URL_CHARS);
}

const PAIR = /^[^\s=&]{1,200}=[^\s]*$/;

/** An HTTP status, 100 to 599. */
export function statusOf(value: unknown): number | undefined {
  const status = typeof value === "string" && value.length === 3 ? Number(value) : value;
  return typeof status === "number" && Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined;
}

/** An IP address without its port; the first one of a list of proxies, in one text or as a list. */
export function addressOf(given: unknown): string | undefined {
  const value: unknown = Array.isArray(given) ? given[0] : given;
  if (typeof value !== "string") return undefined;
  const comma = value.indexOf(",");
  const first = (comma < 0 ? value : value.slice(0, comma)).trim();
  if (first === "" || first.length > MAX_ADDRESS_CHARS) return undefined;
  const bracket = /^\[([^\]]+)\](?::\d+)?$/.exec(first)?.[1];
  const bare = bracket ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(first)?.[1] ?? first;
  // An IPv4 client of a socket that takes both is written as IPv6.
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1] ?? bare;
  return isAddress(plain) ? plain : undefined;
}

/** Looks like an address: what is none does no harm, because the tracker checks it again. */
function isAddress(text: string): boolean {
  if (text.includes(":")) return text.indexOf(":") !== text.lastIndexOf(":") && /^[0-9a-fA-F:.]+(?:%[\w.-]+)?$/.test(text);
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

/** `<WSGIRequest: GET '/a?b=1'>` of Django, `<Request 'http://shop/a' [GET]>` of Werkzeug. */
const REPR = /^<(?:\w{0,20}Request:? (?:([A-Z]{3,10}) )?['"]([^'"]{1,4096})['"](?: \[([A-Z]{3,10})\])?)>$/;

/** `GET /a?b=1 HTTP/1.1`, or how a Python framework prints a request. */
export function requestLineOf(value: unknown): RequestLine | undefined {
  if (typeof value !== "string") return undefined;
  if (value.startsWith("<")) {
    const [, before, url = "", after] = REPR.exec(value) ?? [];
    const shown = methodOf(before ?? after, true);
    return shown === undefined ? undefined : { method: shown, url };
  }
  const space = value.indexOf(" ");
  const method = methodOf(value.slice(0, Math.max(0, space)), true);
  const protocol = value.lastIndexOf(" HTTP/");
  const url = value.slice(space + 1, protocol > space ? protocol : undefined);
  return method === undefined || url === "" ? undefined : { method, url: cut(url, MAX_URL_CHARS) };
}

/** Headers under Title-Case names; those of several values are joined. */
export function headersOf(value: unknown): Record<string, string> | undefined {
  if (!hasMembers(value)) return undefined;
  const entries: [string, string][] = [];
  for (const [name, given] of membersOf(value)) {
    const text = Array.isArray(given)
      ? given
          .filter((part) => typeof part === "string")
          .slice(0, 10)
          .join(", ")
      : given;
    if (typeof text !== "string" && typeof text !== "number") continue;
    if (entries.length >= MAX_HEADERS) break;
    entries.push([titleCase(cut(name, 100)), cut(String(text), MAX_HEADER_CHARS)]);
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function titleCase(name: string): string {
  return name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join("-");
}

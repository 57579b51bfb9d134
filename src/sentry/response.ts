import type { Delivery } from "../component/delivery.ts";
import type { DataCategory } from "../record/parcel.ts";
import { clip, oneLine } from "./bounds.ts";
import { limitsOf, retryAfterMs, type LimitHeaders } from "./rate-limits.ts";

/** A tracker's answer to an envelope. */
export interface TrackerResponse extends LimitHeaders {
  /** `X-Sentry-Error`; undefined when absent. */
  readonly error: string | undefined;
  /** The body of an answer that is no success, as far as it was read; may be anything. */
  readonly body: string;
}

/**
 * What an answer means for the parcels. Held and sent again: 429, every 5xx (500 as well: for a relay with a queue one
 * more attempt costs less than an issue, and a payload that always fails ends at `max_age`), 408 and 425, and redirects,
 * which a proxy in between sends. Everything else above 400 is final.
 * @param sent the category of what was sent; undefined for a client report
 * @param nowMs wall clock
 */
export function deliveryOf(response: TrackerResponse, sent: DataCategory | undefined, nowMs: number): Delivery {
  const { status } = response;
  const limits = limitsOf(response, nowMs);
  if (status >= 200 && status < 300) return { kind: "delivered", limits };
  const cause = causeOf(response);
  if (status === 429 && (limits.has("all") || (sent !== undefined && limits.has(sent)))) return { kind: "limited", limits };
  if (status === 401 || status === 403) return { kind: "refused_dsn", status, cause };
  // A 429 whose limits do not hold what was sent falls back to the backoff, or it would be repeated at once.
  if (status === 429 || status === 408 || status === 425 || status < 400 || status >= 500) {
    return { kind: "retry", afterMs: retryAfterMs(response.retryAfter, nowMs), cause, limits };
  }
  return { kind: "rejected", status, cause, limits, unknownItem: status === 400 && UNKNOWN_ITEM.test(cause) };
}

/** "HTTP 413 Payload Too Large: event too big; too_large". Printable, one line, bounded. */
function causeOf(response: TrackerResponse): string {
  const name = STATUS_NAMES.get(response.status);
  const status = name === undefined ? `HTTP ${response.status}` : `HTTP ${response.status} ${name}`;
  const said = printable(detailOf(response.body) ?? response.error ?? response.body);
  return said === "" ? status : `${status}: ${said}`;
}

/** What Relay and its relatives say in `{"detail": "...", "causes": [...]}`. */
function detailOf(body: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const detail = "detail" in parsed ? parsed.detail : "error" in parsed ? parsed.error : undefined;
  const causes = "causes" in parsed && Array.isArray(parsed.causes) ? parsed.causes : [];
  const texts = [detail, ...causes.slice(0, 5)].filter((text): text is string => typeof text === "string" && text !== "");
  return texts.length === 0 ? undefined : texts.join("; ");
}

function printable(text: string): string {
  return clip(oneLine(text.slice(0, 1_000)).replace(CONTROL, " ").trim(), 300);
}

/** How trackers say that they do not know a type of item: serde's "unknown variant `log`", "invalid item type" ... */
const UNKNOWN_ITEM = /unknown variant|(?:unknown|invalid|unsupported) (?:envelope )?item/i;
const CONTROL = /\p{Cc}+/gu;
const STATUS_NAMES = new Map([
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [408, "Request Timeout"],
  [413, "Payload Too Large"],
  [429, "Too Many Requests"],
  [500, "Internal Server Error"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Gateway Timeout"],
]);

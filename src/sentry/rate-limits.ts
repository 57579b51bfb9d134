import { NO_LIMITS, type LimitCategory, type RateLimits } from "../component/delivery.ts";

/** The parts of a response that speak of limits. */
export interface LimitHeaders {
  readonly status: number;
  /** `X-Sentry-Rate-Limits`, once or several times. */
  readonly rateLimits: string | readonly string[] | undefined;
  readonly retryAfter: string | readonly string[] | undefined;
}

/** What a 429 without any header means. */
const DEFAULT_WAIT_MS = 60_000;
/** Longer waits are asked about again after this. */
const MAX_WAIT_MS = 24 * 3_600_000;

/** The data categories that concern us. An event is an `error`; some trackers count one without exception as `default`. */
const CATEGORIES = new Map<string, LimitCategory>([
  ["error", "error"],
  ["default", "error"],
  ["log_item", "log_item"],
  ["log_byte", "log_item"],
]);

/**
 * The limits a response announces; on any status. With `X-Sentry-Rate-Limits` only that header counts; without it a
 * 429 holds everything for `Retry-After`, or for a minute; none when that is no time at all.
 * @param nowMs wall clock, for a `Retry-After` that is a date.
 */
export function limitsOf(headers: LimitHeaders, nowMs: number): RateLimits {
  const announced = joined(headers.rateLimits);
  if (announced !== undefined) return parseLimits(announced);
  if (headers.status !== 429) return NO_LIMITS;
  const waitMs = retryAfterMs(headers.retryAfter, nowMs) ?? DEFAULT_WAIT_MS;
  // "At once", or a date that our clock has passed: a limit of no time would have the same sent again without a pause.
  return waitMs === 0 ? NO_LIMITS : new Map([["all", waitMs]]);
}

/** `Retry-After` (seconds, or an HTTP date) as milliseconds from now; undefined when it is absent or no such thing. */
export function retryAfterMs(header: string | readonly string[] | undefined, nowMs: number): number | undefined {
  const text = (typeof header === "string" ? header : header?.[0])?.trim() ?? "";
  if (SECONDS.test(text)) return bounded(Number(text) * 1_000);
  // Date.parse takes almost anything for a date.
  const at = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : bounded(at - nowMs);
}

const SECONDS = /^\d{1,12}(?:\.\d{1,12})?$/;
const HTTP_DATE = /^[A-Z][a-z]{2,8},? .{1,40}$/;

/** `60:transaction:key, 2700:default;error;security:organization:quota_exceeded` */
function parseLimits(header: string): RateLimits {
  const limits = new Map<LimitCategory, number>();
  for (const entry of header.split(",", 100)) {
    const [seconds = "", categories = ""] = entry.split(":", 2);
    const waitMs = secondsToMs(seconds.trim());
    if (waitMs === 0) continue;
    for (const category of categoriesOf(categories.trim())) {
      limits.set(category, Math.max(limits.get(category) ?? 0, waitMs));
    }
  }
  return limits.size === 0 ? NO_LIMITS : limits;
}

/** None listed means all; only unknown ones listed means none of ours. */
function categoriesOf(list: string): readonly LimitCategory[] {
  if (list === "") return ["all"];
  return list.split(";", 100).flatMap((name) => CATEGORIES.get(name.trim()) ?? []);
}

/** Whole seconds, rounded up; 0 for what is no number, negative or endless. */
function secondsToMs(text: string): number {
  const seconds = text === "" ? 0 : Number(text);
  return Number.isFinite(seconds) && seconds > 0 ? bounded(Math.ceil(seconds) * 1_000) : 0;
}

function bounded(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), MAX_WAIT_MS);
}

function joined(header: string | readonly string[] | undefined): string | undefined {
  return header === undefined || typeof header === "string" ? header : header.join(",");
}

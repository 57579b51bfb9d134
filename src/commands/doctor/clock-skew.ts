import { formatDuration } from "../../base/units.ts";
import type { Check } from "./check.ts";

const WARN_MS = 5_000;
/** Relay moves an event that is dated more than a minute ahead to the time of its arrival. */
const FAIL_MS = 60_000;
/** The only form of a date that servers may send (RFC 9110, 5.6.7). */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** An answer's `Date`, and our clock before and after it, in Unix milliseconds. */
export interface ClockFacts {
  readonly date: string | undefined;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/**
 * How far our clock is ahead of the tracker's, at the least, in milliseconds; negative: behind. `Date` names a second,
 * and was written at some moment between question and answer: what that leaves open counts as no skew. Undefined
 * without a `Date` that is one.
 */
export function skewOf({ date, askedMs, answeredMs }: ClockFacts): number | undefined {
  const theirsMs = date !== undefined && HTTP_DATE.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(theirsMs)) return undefined;
  const least = askedMs - (theirsMs + 1_000);
  const most = answeredMs - theirsMs;
  if (least > 0) return least;
  return most < 0 ? most : 0;
}

/** What the skew means for the events that are sent. */
export function clockCheck(group: string, facts: ClockFacts): Check {
  const skewMs = skewOf(facts);
  if (skewMs === undefined) {
    return { group, verdict: "note", what: "the answer has no Date, so the clocks cannot be compared" };
  }
  const apart = Math.abs(skewMs);
  if (apart < WARN_MS) return { group, verdict: "ok", what: "this machine's clock agrees with the tracker's" };
  const ahead = skewMs > 0;
  const what = `this machine's clock is ${formatDuration(Math.round(apart / 1_000) * 1_000)} ${ahead ? "ahead of" : "behind"} the tracker's`;
  const effect = ahead
    ? "events dated more than a minute ahead are moved to the time of their arrival"
    : "events look older than they are, and alerts come late";
  return {
    group,
    verdict: apart >= FAIL_MS ? "fail" : "warn",
    what: `${what}: ${effect}`,
    todo: "synchronise the clock of whichever is wrong, for example: timedatectl set-ntp true",
  };
}

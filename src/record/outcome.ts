/** The counted doors: every record leaves by exactly one. */
export const OUTCOMES = [
  "delivered",
  "absorbed",
  "malformed",
  "too_large",
  "filtered",
  "sampled",
  "storm",
  "queue_full",
  "expired",
  "rate_limited",
  "rejected",
  "network_error",
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** One sentence for each outcome, used by the reference and by `explain`. */
export const OUTCOME_MEANINGS: Readonly<Record<Outcome, string>> = {
  delivered: "The upstream accepted the event or the log.",
  absorbed: "The record joined its trails as a breadcrumb.",
  malformed: "The bytes were no record.",
  too_large: "The frame, or what it unpacks to, was over a limit of its input.",
  filtered: "A `filter` processor or the policy's thresholds dropped it.",
  sampled: "A `sample` processor dropped it.",
  storm: "Storm control held the event back; the next one that passes reports it.",
  queue_full: "The queue was full and `when_full` (or an input that cannot wait) dropped it.",
  expired: "It waited in the queue for longer than `max_age`.",
  rate_limited: "It waited for longer than `max_age` because of a rate limit, or its sender was over a limit of a UDP input.",
  rejected: "The upstream refused it for good (4xx).",
  network_error: "The upstream could not be reached within `max_age`.",
};

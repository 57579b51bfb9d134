import type { DiscardedEvents } from "../component/delivery.ts";
import type { Outcome } from "../record/outcome.ts";

/** Sentry's word for why something was dropped before it was sent; undefined for what the tracker need not know. */
export function discardReason(outcome: Outcome): string | undefined {
  return REASONS.get(outcome);
}

const REASONS = new Map<Outcome, string>([
  ["rate_limited", "ratelimit_backoff"],
  ["queue_full", "queue_overflow"],
  ["network_error", "network_error"],
  ["sampled", "sample_rate"],
  ["filtered", "event_processor"],
  ["storm", "backpressure"],
  ["rejected", "send_error"],
  ["expired", "cache_overflow"],
  // Of parcels only those that our own disk gave back damaged.
  ["malformed", "internal_sdk_error"],
]);

/**
 * The payload of a client report. Equal reasons and categories are summed; quantities that are no positive whole
 * number are left out. There are few reasons and categories, so it stays far below the limit of 4 KiB.
 */
export function clientReportJson(discarded: readonly DiscardedEvents[], sentAtMs: number): string {
  const sums = new Map<string, { reason: string; category: string; quantity: number }>();
  for (const { reason, category, quantity } of discarded) {
    if (!Number.isSafeInteger(quantity) || quantity <= 0) continue;
    const key = `${reason} ${category}`;
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { reason, category, quantity });
    else sum.quantity += quantity;
  }
  return JSON.stringify({ timestamp: Math.round(sentAtMs) / 1_000, discarded_events: [...sums.values()] });
}

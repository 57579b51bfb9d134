import { formatDuration } from "../../base/units.ts";
import type { Delivery, RateLimits } from "../../component/delivery.ts";
import { withoutKeys, type Dsn } from "../../sentry/dsn.ts";
import type { Answer, Silence } from "../../wire/http-ask.ts";
import type { Check } from "./check.ts";
import { clockCheck } from "./clock-skew.ts";
import { troubleOf } from "./network-trouble.ts";
import type { Tracker } from "./tracker-kind.ts";

/** What was learnt about one upstream. */
export interface TrackerFacts {
  readonly group: string;
  readonly dsn: Dsn;
  /** What came back for an empty client report. */
  readonly answer: Answer | Silence;
  /** What that means for the relay; absent for a silence. */
  readonly delivery?: Delivery | undefined;
  /** The same for an empty list of sessions, where the client report was answered with 400: trackers before 21.9. */
  readonly second?: Delivery | undefined;
  readonly tracker: Tracker | undefined;
  /** True where the configuration sends logs. */
  readonly sendsLogs: boolean;
}

/** What one upstream's answers mean. */
export function trackerChecks(facts: TrackerFacts): Check[] {
  const { group, dsn, answer, tracker, delivery } = facts;
  if (answer.kind === "silence" || delivery === undefined) {
    return answer.kind === "silence" ? [{ group, verdict: "fail", ...troubleOf(answer, dsn), unreachable: true }] : [];
  }
  const date = answer.headers["date"];
  const clock = { askedMs: answer.askedMs, answeredMs: answer.answeredMs, date: typeof date === "string" ? date : undefined };
  const verdict = verdictOf(facts, answer, delivery);
  return [{ ...verdict, what: withoutKeys(verdict.what, dsn) }, ...kindChecks(facts, tracker), clockCheck(group, clock)];
}

function verdictOf(facts: TrackerFacts, answer: Answer, delivery: Delivery): Check {
  const { group, second } = facts;
  switch (delivery.kind) {
    case "delivered":
      return delivery.limits.size === 0
        ? { group, verdict: "ok", what: "takes envelopes" }
        : limited(group, answer, delivery.limits);
    case "limited":
      return limited(group, answer, delivery.limits);
    case "refused_dsn":
      return refused(group, delivery.cause);
    case "retry":
      return unable(group, answer, delivery.cause);
    case "rejected":
      if (second !== undefined) return secondVerdict(group, delivery.cause, second);
      return {
        group,
        verdict: "fail",
        what: `refuses envelopes: ${delivery.cause}`,
        todo: rejectionTodo(facts, delivery.status),
      };
  }
}

function limited(group: string, { status }: Answer, limits: RateLimits): Check {
  const waits = [...limits].map(([category, ms]) => `${category === "all" ? "everything" : category} for ${formatDuration(ms)}`);
  const what = `takes envelopes, but limits this project at the moment: ${waits.join(", ")} (HTTP ${status})`;
  return { group, verdict: "warn", what, todo: "the relay waits and sends later; check the project's quota" };
}

function refused(group: string, cause: string): Check {
  const todo = "compare it with the project's settings (Client Keys): is the key right, and is the project still there?";
  return { group, verdict: "fail", what: `refuses the DSN: ${cause}`, todo };
}

/** Answers after which the relay tries again: redirects, 429 for something else, 5xx. */
function unable(group: string, answer: Answer, cause: string): Check {
  const { location } = answer.headers;
  if (answer.status >= 300 && answer.status < 400) {
    const there = typeof location === "string" && URL.canParse(location) ? `, to ${new URL(location).origin}` : "";
    const todo = "redirects are not followed: write the place itself into the DSN";
    return { group, verdict: "fail", what: `redirects (${cause})${there}`, todo };
  }
  if (answer.status === 429) {
    return { group, verdict: "warn", what: `takes envelopes, but not this one at the moment: ${cause}`, todo: "ask again later" };
  }
  const todo = "check the tracker's health and the proxy before it";
  return { group, verdict: "fail", what: `answers, but takes nothing at the moment: ${cause}`, todo, unreachable: true };
}

function secondVerdict(group: string, cause: string, second: Delivery): Check {
  if (second.kind === "refused_dsn") return refused(group, second.cause);
  if (second.kind === "delivered" || second.kind === "limited") {
    const what = `takes envelopes, but no client reports (${cause}): it will not learn what the relay drops`;
    return { group, verdict: "warn", what, todo: "nothing is wrong with the DSN; trackers since Sentry 21.9 take them" };
  }
  return { group, verdict: "fail", what: `refuses envelopes: ${cause}`, todo: "check the tracker's version and log" };
}

function rejectionTodo({ dsn, tracker }: TrackerFacts, status: number): string {
  if (tracker?.kind === "Spotlight") return "a newer Spotlight may take them: npx @spotlightjs/spotlight@latest";
  if (status === 404 || status === 405) {
    return `is ${dsn.host} the tracker, and ${dsn.pathPrefix === "" ? "does it live under no path" : `${dsn.pathPrefix} its path`}?`;
  }
  return "check the tracker's version and log";
}

function kindChecks({ group, sendsLogs }: TrackerFacts, tracker: Tracker | undefined): Check[] {
  if (tracker === undefined) {
    return [{ group, verdict: "note", what: "which tracker it is cannot be told from its answers" }];
  }
  const kind: Check = { group, verdict: tracker.kind === "Spotlight" ? "note" : "ok", what: `${tracker.name}: ${tracker.takes}` };
  if (tracker.logs || !sendsLogs) return [kind];
  const what = `policy.log sends logs, which ${tracker.name} drops without a word`;
  return [kind, { group, verdict: "warn", what, todo: 'set policy.log to "off"' }];
}

import type { Dispatcher } from "undici";
import type { Clock } from "../../base/clock.ts";
import type { Delivery } from "../../component/delivery.ts";
import { authHeader, originOf, type Dsn } from "../../sentry/dsn.ts";
import { envelopeOf } from "../../sentry/envelope.ts";
import { deliveryOf } from "../../sentry/response.ts";
import { ask, type Answer, type Silence } from "../../wire/http-ask.ts";
import type { Check } from "./check.ts";
import { trackerChecks } from "./tracker-checks.ts";
import { isSentryIo, PROBES, trackerOf, type Answers, type Probe } from "./tracker-kind.ts";

const TIMEOUT_MS = 10_000;
/** For what is asked only to learn its name. */
const PROBE_TIMEOUT_MS = 5_000;

/** How to ask. */
export interface Asking {
  readonly clock: Clock;
  /** Of the relay, for `sentry_client`, the envelope's `sdk` and User-Agent. */
  readonly version: string;
  readonly sendsLogs: boolean;
  /** With the trust and the proxy of the upstream. */
  readonly dispatcher: Dispatcher;
}

/**
 * Asks a tracker whether it takes what a DSN sends. What is posted leaves no trace in the project: an empty client
 * report, which is checked like any envelope, or an empty list of sessions where the tracker is too old for that. The
 * key goes to the envelope endpoint and nowhere else.
 */
export async function examineTracker(group: string, dsn: Dsn, asking: Asking): Promise<Check[]> {
  const { clock, version, sendsLogs } = asking;
  const report = envelopeOf({ kind: "client_report", discarded: [] }, { sentAtMs: clock.nowMs(), version });
  let answer = await post(dsn, report, asking);
  if (answer.kind === "silence") return trackerChecks({ group, dsn, answer, tracker: undefined, sendsLogs });
  const tracker = trackerOf(dsn.host, await probed(dsn, answer, asking));
  // Relay answers 200 while it still looks up a project it has not seen; by now it knows.
  if (answer.status === 200 && tracker !== undefined && LEARNING.has(tracker.kind)) {
    const again = await post(dsn, report, asking);
    if (again.kind === "answer") answer = again;
  }
  let second: Delivery | undefined;
  if (answer.status === 400) second = meaningOf(await post(dsn, emptySessions(clock.nowMs(), version), asking), clock);
  return trackerChecks({ group, dsn, answer, delivery: meaningOf(answer, clock), second, tracker, sendsLogs });
}

const LEARNING: ReadonlySet<string> = new Set(["sentry.io", "Sentry", "Relay"]);

function post(dsn: Dsn, body: Uint8Array, { clock, version, dispatcher }: Asking): Promise<Answer | Silence> {
  const agent = `crumbtrail/${version}`;
  const headers = {
    "content-type": "application/x-sentry-envelope",
    "user-agent": agent,
    "x-sentry-auth": authHeader(dsn, agent),
  };
  return ask({ method: "POST", url: dsn.envelopeUrl, headers, body, timeoutMs: TIMEOUT_MS, clock, dispatcher });
}

function meaningOf(answer: Answer | Silence, clock: Clock): Delivery | undefined {
  if (answer.kind === "silence") return undefined;
  const { status, headers, body } = answer;
  const error = headers["x-sentry-error"];
  const rateLimits = headers["x-sentry-rate-limits"];
  const parts = {
    status,
    body,
    rateLimits,
    retryAfter: headers["retry-after"],
    error: typeof error === "string" ? error : undefined,
  };
  return deliveryOf(parts, undefined, clock.nowMs());
}

/** What tells the tracker's kind: without the key, and nothing where the host says it all. */
async function probed(dsn: Dsn, envelope: Answer, { clock, version, dispatcher }: Asking): Promise<Answers> {
  if (isSentryIo(dsn.host)) return { envelope };
  const probe = async (name: Probe): Promise<Answer | undefined> => {
    const url = `${originOf(dsn)}${dsn.pathPrefix}${PROBES[name]}`;
    const headers = { "user-agent": `crumbtrail/${version}`, accept: "application/json, text/html" };
    const answer = await ask({ method: "GET", url, headers, timeoutMs: PROBE_TIMEOUT_MS, clock, dispatcher });
    return answer.kind === "answer" ? answer : undefined;
  };
  const [relay, glitchtip, index] = await Promise.all([probe("relay"), probe("glitchtip"), probe("index")]);
  const answers = { envelope, relay, glitchtip, index };
  return trackerOf(dsn.host, answers) === undefined ? { ...answers, login: await probe("login") } : answers;
}

/** Taken since 2020, checked like any envelope, and nothing in it to keep. */
function emptySessions(sentAtMs: number, version: string): Buffer {
  const now = new Date(sentAtMs).toISOString();
  const payload = JSON.stringify({ aggregates: [], attrs: { release: `crumbtrail@${version}` } });
  const header = JSON.stringify({ sent_at: now, sdk: { name: "crumbtrail", version } });
  const item = JSON.stringify({ type: "sessions", length: Buffer.byteLength(payload) });
  return Buffer.from(`${header}\n${item}\n${payload}\n`);
}

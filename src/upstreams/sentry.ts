import { setMaxListeners } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";
import type { Dispatcher, Pool } from "undici";
import * as z from "zod";
import { aborted } from "../base/abort.ts";
import { codeOf, messageOf } from "../base/errors.ts";
import { formatDuration } from "../base/units.ts";
import { NO_LIMITS, type Delivery, type Pace, type Shipment, type Upstream } from "../component/delivery.ts";
import { duration, rate } from "../component/fields.ts";
import type { UpstreamHost } from "../component/host.ts";
import { defineUpstream } from "../component/spec.ts";
import { accountOf, authHeader, originOf, parseDsn, withoutKeys, type Dsn } from "../sentry/dsn.ts";
import { envelopeOf } from "../sentry/envelope.ts";
import { prettyShipment } from "../sentry/pretty.ts";
import { deliveryOf } from "../sentry/response.ts";
import { answerText } from "../wire/http-answer.ts";

/** Shorter bodies gain nothing. */
const MIN_GZIP_BYTES = 1_024;
/**
 * Up to here zipping happens in this thread: an event with a full trail (27 KB) takes it 45 microseconds, while handing it
 * to another thread and back costs the process 200. Longer bodies are rare, and must not keep inputs waiting.
 */
const MAX_GZIP_HERE_BYTES = 131_072;
/** An event with a hundred breadcrumbs shrinks to 7 % at level 1; level 6 takes twice the time for little more. */
const GZIP_LEVEL = 1;
const MAX_ANSWER_BYTES = 65_536;
/** Node's timers end at once when asked to wait longer. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const sentry = defineUpstream({
  type: "sentry",
  summary: "Sends events and logs to Sentry, or to a tracker that takes its envelopes (GlitchTip, Bugsink, Relay).",
  stability: "stable",
  config: z.object({
    dsn: z
      .string()
      .transform(dsnField)
      .describe("Where to send, from the tracker's project settings. Empty: events are printed to the console instead."),
    rate_limit: rate().optional().describe("Envelopes sent per window at most, e.g. 1000/min. Absent: no limit of our own."),
    concurrency: z
      .int()
      .min(1)
      .max(256)
      .default(8)
      .describe(
        "Requests under way at once at most, each on its own kept-alive connection; fewer while the tracker fails or slows down.",
      ),
    compression: z.enum(["gzip", "none"]).default("gzip").describe("How envelopes above 1 KiB are sent."),
    max_age: duration("24h").describe("How long an event may wait for the tracker before it is given up and counted."),
    backoff: z
      .strictObject({
        first: duration("500ms").describe("Longest wait before the first retry; doubles with each failure."),
        max: duration("30s").describe("Longest wait between retries."),
      })
      .prefault({})
      .describe(
        "Waits after network trouble and 5xx answers. A random part of them, so that many relays do not come back in step.",
      ),
    timeout: duration("30s").describe("How long one request may take from connecting to the end of the answer."),
    client_report_interval: duration("30s").describe("How often the tracker is told what was dropped on purpose, and why."),
  }),
  examples: [{ dsn: "https://0123456789abcdef0123456789abcdef@sentry.example/42", rate_limit: "1000/min" }],
  create: (config, host) => {
    const pace: Pace = {
      concurrency: config.concurrency,
      rateLimit: config.rate_limit,
      maxAgeMs: config.max_age,
      backoff: { firstMs: config.backoff.first, maxMs: config.backoff.max },
      reportEveryMs: config.dsn === undefined ? undefined : config.client_report_interval,
    };
    if (config.dsn === undefined) return printer(host, pace);
    const compress = config.compression === "gzip";
    return new Tracker({ dsn: config.dsn, pace, host, compress, timeoutMs: Math.min(config.timeout, MAX_TIMEOUT_MS) });
  },
});

function dsnField(written: string, context: z.RefinementCtx<string>): Dsn | undefined {
  if (written.trim() === "") return undefined;
  const dsn = parseDsn(written);
  if (typeof dsn !== "string") return dsn;
  // The value is not repeated: it holds a key.
  context.issues.push({ code: "custom", message: dsn, input: "" });
  return z.NEVER;
}

/** Without a DSN a person is trying things out: show what would have been sent. */
function printer(host: UpstreamHost, pace: Pace): Upstream {
  return {
    pace,
    account: undefined,
    async start() {
      host.log.info(
        { upstream: host.name },
        "no DSN is set (dsn, SENTRY_DSN): events are printed to the console instead of sent",
      );
    },
    async stop() {},
    async deliver(shipment) {
      host.print(prettyShipment(shipment, host.colour));
      return { kind: "delivered", limits: NO_LIMITS };
    },
  };
}

interface TrackerOptions {
  readonly dsn: Dsn;
  readonly pace: Pace;
  readonly host: UpstreamHost;
  readonly compress: boolean;
  readonly timeoutMs: number;
}

/** One project of one tracker, over kept-alive connections. */
class Tracker implements Upstream {
  readonly pace: Pace;
  readonly account: string;
  readonly #options: TrackerOptions;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #version: string;
  #running = false;
  #pool: Promise<Pool> | undefined;

  constructor(options: TrackerOptions) {
    const { dsn, host } = options;
    this.pace = options.pace;
    this.account = accountOf(dsn);
    this.#options = options;
    this.#path = new URL(dsn.envelopeUrl).pathname;
    this.#version = host.agent.slice(host.agent.indexOf("/") + 1);
    this.#headers = {
      "content-type": "application/x-sentry-envelope",
      "user-agent": host.agent,
      "x-sentry-auth": authHeader(dsn, host.agent),
    };
  }

  /** Opens no connection yet: a tracker that is down must not keep the relay from starting. */
  async start(): Promise<void> {
    this.#running = true;
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#running = false;
    const pool = await this.#pool;
    if (pool === undefined) return;
    this.#pool = undefined;
    await Promise.race([pool.close(), aborted(deadline)]);
    await pool.destroy();
  }

  async deliver(shipment: Shipment, abort: AbortSignal): Promise<Delivery> {
    if (!this.#running) return retry("the upstream is not running");
    const { host, compress, timeoutMs } = this.#options;
    const envelope = envelopeOf(shipment, { sentAtMs: host.clock.nowMs(), version: this.#version });
    const attempt = new AbortController();
    const timer = setTimeout(() => attempt.abort(new Error(`no answer within ${formatDuration(timeoutMs)}`)), timeoutMs);
    const stop = () => attempt.abort(new Error("the relay is stopping"));
    // All requests under way listen to one signal; more than ten of them are no leak.
    setMaxListeners(0, abort);
    abort.addEventListener("abort", stop, { once: true });
    if (abort.aborted) stop();
    try {
      const zipped = compress && envelope.length > MIN_GZIP_BYTES;
      const body = zipped ? await gzipped(envelope) : envelope;
      const headers = zipped ? { ...this.#headers, "content-encoding": "gzip" } : this.#headers;
      const pool = await this.#connections();
      const response = await pool.request({ method: "POST", path: this.#path, headers, body, signal: attempt.signal });
      return await this.#answer(response, shipment);
    } catch (thrown) {
      return retry(causeOf(thrown));
    } finally {
      clearTimeout(timer);
      abort.removeEventListener("abort", stop);
    }
  }

  /** The HTTP client is loaded when there is something to send: a relay that is quiet needs 8 MiB less. */
  #connections(): Promise<Pool> {
    const { dsn, pace, timeoutMs } = this.#options;
    this.#pool ??= import("undici").then(
      ({ Pool }) =>
        new Pool(originOf(dsn), {
          connections: pace.concurrency,
          connect: { timeout: timeoutMs },
          // `deliver` watches the time of the whole request.
          headersTimeout: 0,
          bodyTimeout: 0,
        }),
    );
    return this.#pool;
  }

  /** Reads an answer to its end, or the connection could not be used again. */
  async #answer(response: Dispatcher.ResponseData, shipment: Shipment): Promise<Delivery> {
    const { statusCode: status, headers, body } = response;
    const { dsn } = this.#options;
    const text = await (status < 300 ? drained(body) : answerText(body, MAX_ANSWER_BYTES));
    const parts = {
      status,
      rateLimits: headers["x-sentry-rate-limits"],
      retryAfter: headers["retry-after"],
      error: withoutKeys(single(headers, "x-sentry-error") ?? "", dsn) || undefined,
      body: withoutKeys(text, dsn),
    };
    const sent = shipment.kind === "client_report" ? undefined : shipment.kind === "event" ? "error" : "log_item";
    return deliveryOf(parts, sent, this.#options.host.clock.nowMs());
  }
}

function gzipped(bytes: Buffer): Buffer | Promise<Buffer> {
  const options = { level: GZIP_LEVEL };
  return bytes.length <= MAX_GZIP_HERE_BYTES ? gzipSync(bytes, options) : gzipElsewhere(bytes, options);
}

const gzipElsewhere = promisify(gzip);

/** The status has been said, so trouble with the rest of the answer changes nothing. */
async function drained(body: Dispatcher.ResponseData["body"]): Promise<string> {
  await body.dump({ limit: MAX_ANSWER_BYTES }).catch(() => undefined);
  return "";
}

function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function retry(cause: string): Delivery {
  return { kind: "retry", afterMs: undefined, cause, limits: NO_LIMITS };
}

/** "ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:9". A failed connection to several addresses has no message of its own. */
function causeOf(thrown: unknown): string {
  const first: unknown = thrown instanceof AggregateError && thrown.message === "" ? thrown.errors[0] : thrown;
  const message = messageOf(first);
  const code = codeOf(first);
  return code === "" || message.includes(code) ? message : `${code}: ${message}`;
}

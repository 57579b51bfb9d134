import type { IncomingHttpHeaders } from "node:http";
import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";
import * as z from "zod";
import { veil } from "../base/veil.ts";
import { NO_LIMITS, type Delivery, type Pace, type Shipment, type Upstream } from "../component/delivery.ts";
import { duration, rate } from "../component/fields.ts";
import type { UpstreamHost } from "../component/host.ts";
import { defineUpstream, type Tenancy } from "../component/spec.ts";
import { upstreamTlsFields } from "../component/tls.ts";
import { accountOf, authHeader, originOf, parseDsn, withoutKeys, type Dsn } from "../sentry/dsn.ts";
import { hostMistake, isHostAmong } from "../sentry/dsn-hosts.ts";
import { envelopeOf } from "../sentry/envelope.ts";
import { prettyShipment } from "../sentry/pretty.ts";
import { deliveryOf } from "../sentry/response.ts";
import { UpstreamClient } from "../wire/upstream-client.ts";
import { Exchanges, type Answer } from "../wire/upstream-exchange.ts";

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

/** An account names its tenant wherever an upstream is named. */
const MAX_TENANT_CHARS = 200;

const allowedHost = z.string().superRefine((written, context) => {
  const mistake = hostMistake(written);
  if (mistake !== undefined) context.addIssue({ code: "custom", message: mistake });
});

export const sentry = defineUpstream({
  type: "sentry",
  summary: "Sends events and logs to Sentry, or to a tracker that takes its envelopes (GlitchTip, Bugsink, Relay).",
  stability: "stable",
  config: z
    .object({
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
      ...upstreamTlsFields,
      timeout: duration("30s").describe("How long one request may take from connecting to the end of the answer."),
      allow_dsn_hosts: z
        .array(allowedHost)
        .optional()
        .describe(
          "Hosts that a DSN in an annotation of a pod or namespace may name: `sentry.example`, `*.example.com`, with a port where it " +
            "is not the scheme's own. Events go there with all other settings of this upstream. Absent: the host and port of `dsn`; " +
            "`[]`: none.",
        ),
      client_report_interval: duration("30s").describe("How often the tracker is told what was dropped on purpose, and why."),
    })
    .superRefine(({ dsn, tls }, context) => {
      if (tls === undefined || dsn?.scheme !== "http") return;
      const message = "without https in the DSN there is no certificate to judge; begin it with https://, or leave tls out";
      context.issues.push({ code: "custom", message, path: ["tls"], input: tls });
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
    // That of an annotation is in no configuration.
    veil.cover([config.dsn.publicKey, config.dsn.secretKey ?? ""]);
    const compress = config.compression === "gzip";
    const timeoutMs = Math.min(config.timeout, MAX_TIMEOUT_MS);
    const client = new UpstreamClient({
      origin: originOf(config.dsn),
      place: `upstreams.${host.name}`,
      tls: config.tls,
      proxy: config.proxy,
      connections: config.concurrency,
      timeoutMs,
      log: host.log,
    });
    return new Tracker({ dsn: config.dsn, pace, host, compress, timeoutMs, client });
  },
  tenant(config, written) {
    const dsn = parseDsn(written);
    if (typeof dsn === "string") return refused("invalid", dsn);
    const own = config.dsn;
    const isOwn = own !== undefined && dsn.host === own.host && dsn.port === own.port && dsn.scheme === own.scheme;
    const { allow_dsn_hosts: allowed } = config;
    if (allowed === undefined ? !isOwn : !isHostAmong(dsn, allowed)) {
      return refused("foreign", `${originOf(dsn)} is not among the allow_dsn_hosts of the upstream`);
    }
    const account = accountOf(dsn);
    if (account.length > MAX_TENANT_CHARS)
      return refused("invalid", `the DSN without its key is longer than ${MAX_TENANT_CHARS} characters`);
    return { kind: "tenant", account, config: { ...config, dsn } };
  },
});

function refused(cause: "invalid" | "foreign", message: string): Tenancy<never> {
  return { kind: "refused", cause, message };
}

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
  readonly client: UpstreamClient;
}

/** One project of one tracker, over kept-alive connections. */
class Tracker implements Upstream {
  readonly pace: Pace;
  readonly account: string;
  readonly #options: TrackerOptions;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #zippedHeaders: Readonly<Record<string, string>>;
  readonly #origin: string;
  readonly #version: string;
  readonly #exchanges: Exchanges;
  #running = false;

  constructor(options: TrackerOptions) {
    const { dsn, host, timeoutMs } = options;
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
    this.#zippedHeaders = { ...this.#headers, "content-encoding": "gzip" };
    this.#origin = originOf(dsn);
    this.#exchanges = new Exchanges(timeoutMs, MAX_ANSWER_BYTES);
  }

  /** Opens no connection yet: a tracker that is down must not keep the relay from starting. */
  async start(): Promise<void> {
    await this.#options.client.start();
    this.#running = true;
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#running = false;
    await this.#options.client.close(deadline);
  }

  async deliver(shipment: Shipment, abort: AbortSignal): Promise<Delivery> {
    if (!this.#running) return retry("the upstream is not running");
    const { host, compress, client } = this.#options;
    const envelope = envelopeOf(shipment, { sentAtMs: host.clock.nowMs(), version: this.#version });
    const zipped = compress && envelope.length > MIN_GZIP_BYTES;
    try {
      const body = zipped ? await gzipped(envelope) : envelope;
      const headers = zipped ? this.#zippedHeaders : this.#headers;
      const request = { origin: this.#origin, path: this.#path, headers, body };
      return this.#judge(await this.#exchanges.post(await client.dispatcher(), request, abort), shipment);
    } catch (thrown) {
      return retry(client.troubleOf(thrown));
    }
  }

  #judge({ status, headers, body }: Answer, shipment: Shipment): Delivery {
    const { dsn } = this.#options;
    const parts = {
      status,
      rateLimits: headers["x-sentry-rate-limits"],
      retryAfter: headers["retry-after"],
      error: withoutKeys(single(headers, "x-sentry-error") ?? "", dsn) || undefined,
      body: withoutKeys(body, dsn),
    };
    // A tracker never says so, and with other credentials the same envelope gets through.
    if (status === 407) return retry("the proxy asks for other credentials (HTTP 407)");
    const sent = shipment.kind === "client_report" ? undefined : shipment.kind === "event" ? "error" : "log_item";
    return deliveryOf(parts, sent, this.#options.host.clock.nowMs());
  }
}

function gzipped(bytes: Buffer): Buffer | Promise<Buffer> {
  const options = { level: GZIP_LEVEL };
  return bytes.length <= MAX_GZIP_HERE_BYTES ? gzipSync(bytes, options) : gzipElsewhere(bytes, options);
}

const gzipElsewhere = promisify(gzip);

function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function retry(cause: string): Delivery {
  return { kind: "retry", afterMs: undefined, cause, limits: NO_LIMITS };
}

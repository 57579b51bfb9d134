import { rootCertificates } from "node:tls";
import type { Dispatcher } from "undici";
import { aborted } from "../base/abort.ts";
import { codeOf, messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { TrustFiles } from "../component/tls.ts";
import { PemWatch } from "./pem-watch.ts";
import { proxyFor, type Proxy } from "./proxy-choice.ts";
import { connectionOptions, NODES_OWN, readTrust, trustDigest, type Trust } from "./tls-trust.ts";

export interface UpstreamClientOptions {
  /** "https://sentry.example", without a path. */
  readonly origin: string;
  /** Where the configuration has it, for messages: "upstreams.default". */
  readonly place: string;
  readonly tls: TrustFiles | undefined;
  /** As written; undefined: the environment decides. */
  readonly proxy: string | undefined;
  /** Connections at once. */
  readonly connections: number;
  /** How long connecting may take; for the time of a request its sender has to care. */
  readonly timeoutMs: number;
  readonly log: Logger;
  /** How often the files of `tls` are looked at; undefined: every few seconds. */
  readonly reloadEveryMs?: number | undefined;
}

/** Kept-alive connections to one origin, with its own trust, and through a proxy where there is one. */
export class UpstreamClient {
  readonly #options: UpstreamClientOptions;
  #trust: Trust = NODES_OWN;
  #proxy: Proxy | undefined;
  #watch: PemWatch<Trust> | undefined;
  #dispatcher: Promise<Dispatcher> | undefined;

  constructor(options: UpstreamClientOptions) {
    this.#options = options;
  }

  /** Reads files and environment, and opens no connection. Rejects with words for a person. */
  async start(): Promise<void> {
    const { origin, place, tls, proxy, log, reloadEveryMs } = this.#options;
    this.#proxy = proxyFor({ origin, written: proxy, env: process.env });
    if (tls === undefined) return;
    const files = `${place}.tls`;
    this.#trust = await readTrust(tls, files);
    this.#watch = new PemWatch({
      read: () => readTrust(tls, files),
      identify: trustDigest,
      current: this.#trust,
      changed: (trust) => {
        this.#trust = trust;
        // Requests under way are finished on their connections; the next ones make new ones.
        void this.#letGo();
        log.info(`${files}: the new files are in use`);
      },
      broken: (why) => log.warn(`the old files stay in use, because the new ones are of no use: ${why}`),
      ...(reloadEveryMs === undefined ? {} : { everyMs: reloadEveryMs }),
    });
  }

  /** The proxy on the way, without its password: "http://proxy.example:3128"; undefined: there is none. */
  get proxy(): string | undefined {
    return this.#proxy?.origin;
  }

  /** What requests go through. The HTTP client is loaded when there is something to send: a relay that is quiet needs 8 MiB less. */
  dispatcher(): Promise<Dispatcher> {
    this.#dispatcher ??= dispatcherOf(this.#options, this.#trust, this.#proxy);
    return this.#dispatcher;
  }

  /** Why there is no answer: "ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:9", and which proxy is on the way. */
  troubleOf(thrown: unknown): string {
    const cause = causeOf(thrown);
    if (this.#proxy === undefined) return cause;
    const { origin } = this.#proxy;
    const refused = /^UND_ERR_ABORTED: Proxy response \((\d{3})\)/.exec(cause)?.[1];
    return refused === undefined ? `${cause} (through the proxy ${origin})` : `the proxy ${origin} answers ${refused} to CONNECT`;
  }

  /** Waits for requests under way until the deadline, then lets go. */
  async close(deadline: AbortSignal): Promise<void> {
    this.#watch?.stop();
    await this.#letGo(deadline);
  }

  async #letGo(deadline?: AbortSignal): Promise<void> {
    const letGo = this.#dispatcher;
    this.#dispatcher = undefined;
    const old = await letGo;
    if (old === undefined) return;
    await Promise.race([old.close(), ...(deadline === undefined ? [] : [aborted(deadline)])]);
    await old.destroy();
  }
}

async function dispatcherOf(
  { origin, connections, timeoutMs }: UpstreamClientOptions,
  trust: Trust,
  proxy: Proxy | undefined,
): Promise<Dispatcher> {
  const { Pool, ProxyAgent } = await import("undici");
  // Whoever asks watches the time of the whole request.
  const limits = { connections, headersTimeout: 0, bodyTimeout: 0 };
  // A resumed session is not checked again; with kept-alive connections it would save little.
  const connect = { ...connectionOptions(trust), timeout: timeoutMs, maxCachedSessions: 0 };
  if (proxy === undefined) return new Pool(origin, { ...limits, connect });
  return new ProxyAgent({
    ...limits,
    uri: proxy.origin,
    ...(proxy.authorization === undefined ? {} : { token: proxy.authorization }),
    // Many proxies allow CONNECT to port 443 only, and plain HTTP gains nothing by it.
    proxyTunnel: origin.startsWith("https:"),
    requestTls: connect,
    // The proxy is somebody else: pins and our certificate are not for it.
    proxyTls: { timeout: timeoutMs, ...(trust.ca === undefined ? {} : { ca: [...rootCertificates, trust.ca.toString()] }) },
    clientFactory: (url, options) => new Pool(url, { ...options, headersTimeout: timeoutMs }),
  });
}

/** A failed connection to several addresses has no message of its own. */
function causeOf(thrown: unknown): string {
  const first: unknown = thrown instanceof AggregateError && thrown.message === "" ? thrown.errors[0] : thrown;
  const message = messageOf(first);
  const code = codeOf(first);
  return code === "" || message.includes(code) ? message : `${code}: ${message}`;
}

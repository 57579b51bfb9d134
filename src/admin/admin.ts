import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Component } from "../base/lifecycle.ts";
import { formatAddress, type Address } from "../base/units.ts";
import { messageOf, RelayError } from "../base/errors.ts";
import { terminalJson } from "../base/json-line.ts";
import { Networks, type Network } from "../base/networks.ts";
import { veil } from "../base/veil.ts";
import { Credentials } from "../wire/access/credentials.ts";
import type { TlsListener } from "../wire/tls-listener.ts";

/** What the endpoint tells about. */
export interface Observed {
  /** Anything with `ready`; the rest is shown as it is. */
  readiness(): { readonly ready: boolean };
  /** Plain JSON, without secrets. */
  status(): object;
  /** Prometheus text and its content type. */
  metricsText(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface AdminOptions {
  readonly address: Address;
  /** Asked for on `/metrics` and `/status` where the address is not loopback. */
  readonly token: string | undefined;
  /** From where these may be read at all; empty or undefined: from everywhere. */
  readonly allow?: readonly Network[] | undefined;
  readonly relay: Observed;
  /** Speak HTTPS; undefined: plain HTTP. */
  readonly tls?: TlsListener | undefined;
}

/** Scrapers, probes and people with a browser are few. */
const MAX_CONNECTIONS = 256;
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 120_000;

/** The admin endpoint: `/livez`, `/readyz`, `/metrics`, `/status`. Starts before the relay, stops after it. */
export class Admin implements Component {
  readonly #options: AdminOptions;
  readonly #allowed: Networks;
  readonly #credentials: Credentials | undefined;
  #server: FastifyInstance | undefined;
  #bound: Address | undefined;

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#allowed = new Networks(options.allow ?? []);
    this.#credentials = options.token === undefined ? undefined : new Credentials({ tokens: [options.token], users: {} });
  }

  /** Where it listens, once started; with port 0 this is where the real port is found. */
  get address(): Address | undefined {
    return this.#bound;
  }

  async start(): Promise<void> {
    const { address, relay, tls } = this.#options;
    const { fastify } = await import("fastify");
    const https: object = tls === undefined ? {} : { https: await tls.read() };
    const server = fastify({
      bodyLimit: 1_024,
      forceCloseConnections: true,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionTimeout: IDLE_TIMEOUT_MS,
      ...https,
    });
    server.server.maxConnections = MAX_CONNECTIONS;
    tls?.guard(server.server);
    server.setReplySerializer((answer) => terminalJson(veil.over(JSON.stringify(answer))));
    server.get("/livez", () => ({ alive: true }));
    server.get("/readyz", (_request, reply) => {
      const readiness = relay.readiness();
      return reply.code(readiness.ready ? 200 : 503).send(readiness);
    });
    const guarded = { preHandler: (request: FastifyRequest, reply: FastifyReply) => this.#guard(request, reply) };
    server.get("/metrics", guarded, async (_request, reply) => {
      const { contentType, text } = await relay.metricsText();
      return reply.type(contentType).send(text);
    });
    server.get("/status", guarded, () => relay.status());
    this.#server = server;
    try {
      await server.listen({ host: address.host, port: address.port });
    } catch (thrown) {
      await this.stop();
      const advice = `see by whom the port is used with: ss -ltnp 'sport = :${address.port}', or set admin.listen to another address`;
      const message = `the admin endpoint cannot listen on ${formatAddress(address)}: ${messageOf(thrown)}; ${advice}`;
      throw new RelayError("RELAY_LISTEN", message, { cause: thrown });
    }
    const bound = server.server.address();
    this.#bound = { host: address.host, port: typeof bound === "object" && bound !== null ? bound.port : address.port };
  }

  async stop(): Promise<void> {
    this.#options.tls?.close();
    await this.#server?.close();
    this.#server = undefined;
  }

  /** What tells about traffic is for those in the list, and beyond loopback needs the token or the list. */
  async #guard(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const allowed = this.#allowed;
    if (!allowed.isEmpty && !allowed.has(request.raw.socket.remoteAddress ?? "")) {
      return reply.code(403).send({ error: "this address is not in admin.allow" });
    }
    if (isLoopback(this.#options.address.host)) return;
    if (this.#credentials === undefined) {
      if (!allowed.isEmpty) return;
      return reply.code(403).send({ error: "set admin.token or admin.allow to open this beyond loopback" });
    }
    if (this.#credentials.accept(request.headers.authorization)) return;
    reply.header("www-authenticate", this.#credentials.challenge);
    return reply.code(401).send({ error: "needs the header Authorization: Bearer <admin.token>" });
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

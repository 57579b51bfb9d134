import { timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Component } from "../base/lifecycle.ts";
import { formatAddress, type Address } from "../base/units.ts";
import { messageOf, RelayError } from "../base/errors.ts";

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
  readonly relay: Observed;
}

/** The admin endpoint: `/livez`, `/readyz`, `/metrics`, `/status`. Starts before the relay, stops after it. */
export class Admin implements Component {
  readonly #options: AdminOptions;
  #server: FastifyInstance | undefined;
  #bound: Address | undefined;

  constructor(options: AdminOptions) {
    this.#options = options;
  }

  /** Where it listens, once started; with port 0 this is where the real port is found. */
  get address(): Address | undefined {
    return this.#bound;
  }

  async start(): Promise<void> {
    const { address, relay } = this.#options;
    const { fastify } = await import("fastify");
    const server = fastify({ bodyLimit: 1_024, forceCloseConnections: true });
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
      await server.close();
      const advice = `see by whom the port is used with: ss -ltnp 'sport = :${address.port}', or set admin.listen to another address`;
      const message = `the admin endpoint cannot listen on ${formatAddress(address)}: ${messageOf(thrown)}; ${advice}`;
      throw new RelayError("RELAY_LISTEN", message, { cause: thrown });
    }
    const bound = server.server.address();
    this.#bound = { host: address.host, port: typeof bound === "object" && bound !== null ? bound.port : address.port };
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /** Beyond loopback, what tells about traffic needs the token. */
  async #guard(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (isLoopback(this.#options.address.host)) return;
    const { token } = this.#options;
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (token !== undefined && given !== undefined && equal(given, token)) return;
    const error =
      token === undefined
        ? "set admin.token to open this beyond loopback"
        : "needs the header Authorization: Bearer <admin.token>";
    await reply.code(token === undefined ? 403 : 401).send({ error });
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function equal(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

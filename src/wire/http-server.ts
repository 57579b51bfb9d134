import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { formatAddress, formatBytes, type Address } from "../base/units.ts";
import type { Component } from "../base/lifecycle.ts";
import type { InputHost } from "../component/host.ts";
import type { Listening } from "../component/listening.ts";
import type { TlsFiles } from "../component/tls.ts";
import { Access } from "./access/access.ts";
import type { Credentials } from "./access/credentials.ts";
import { Door } from "./access/door.ts";
import { HttpAdmission } from "./http-admission.ts";
import { readBody } from "./http-body.ts";
import { HEADER_LIMITS, headerOptions, HttpConnections, type HeaderLimits } from "./http-connections.ts";
import { HttpDeliveries, type Delivery } from "./http-deliveries.ts";
import { COME_BACK, type HttpAnswer, type HttpPost } from "./http-post.ts";
import { HttpRoom, type PendingBytes } from "./http-room.ts";
import { listenError } from "./listen-error.ts";
import { TlsListener } from "./tls-listener.ts";

export interface HttpServerOptions {
  readonly address: Address;
  /** Connections held at once; more are closed on arrival and complained about. */
  readonly maxConnections: number;
  /** Close a connection after so long without a byte, unless it waits for our answer. */
  readonly idleTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** How long a request may take to be dealt with once it has come in. */
  readonly ackTimeoutMs: number;
  /** Bytes of all bodies held at once; beyond it senders are asked to come back (503). */
  readonly maxPendingBytes: number;
  /** Origins whose pages may send: "https://shop.example", or "*" for all. Empty: no CORS headers. */
  readonly corsOrigins: readonly string[];
  readonly host: InputHost;
  /** Who may send; undefined: everybody, as much as they like. */
  readonly access?: Access | undefined;
  /** Undefined: requests need no `Authorization`. */
  readonly credentials?: Credentials | undefined;
  readonly headers?: HeaderLimits | undefined;
  /** Speak HTTPS; undefined: plain HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** What takes POST requests, by path without trailing slash. May reject on a bug only. */
  readonly posts: ReadonlyMap<string, (post: HttpPost) => Promise<HttpAnswer>>;
}

const STOPPING: HttpAnswer = { status: 503, error: "the relay is stopping" };
/** On stop, how long a sender may stay silent in the middle of a body. */
const LINGER_MS = 1_000;
const EVICTED = "an unfinished body was given up and answered 503: there was no room for it (max_memory)";
const ALLOWED = "POST, OPTIONS";

/**
 * An HTTP server that takes POST requests whole and answers when they are dealt with. Everything is bounded: header,
 * body, connections, bytes held by all requests together. On stop it finishes the requests it has, answers new ones on
 * open connections with 503, and closes.
 */
export class HttpServer implements Component, Listening {
  readonly addresses: string[] = [];
  readonly #options: HttpServerOptions;
  readonly #host: InputHost;
  readonly #deliveries: HttpDeliveries;
  readonly #tls: TlsListener | undefined;
  readonly #access: Access;
  readonly #door: Door;
  readonly #connections: HttpConnections;
  readonly #admission: HttpAdmission;
  #app: FastifyInstance | undefined;
  readonly #pending: PendingBytes;
  #busy = 0;
  #stopping = false;
  /** Connections in the middle of a body. */
  readonly #reading = new Set<Socket>();
  #allAnswered: () => void = () => {};
  #stopped: Promise<void> | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#pending = { held: 0, max: options.maxPendingBytes };
    this.#host = options.host;
    const { tls: files, host } = options;
    if (files !== undefined) this.#tls = new TlsListener({ files, place: `inputs.${host.name}.tls`, host });
    this.#deliveries = new HttpDeliveries(options.host, options.ackTimeoutMs);
    const { access = new Access({ allow: [] }, host), credentials, maxConnections, headers = HEADER_LIMITS } = options;
    this.#access = access;
    const door = new Door({ access, maxConnections, memory: host.memory, isTls: files !== undefined });
    this.#door = door;
    this.#connections = new HttpConnections({ host, access, door, limits: headers, hasTls: files !== undefined });
    this.#admission = new HttpAdmission({ access, door, credentials, maxHeaders: headers.maxCount });
  }

  async start(): Promise<void> {
    const { address } = this.#options;
    const app = await this.#routes();
    // Fastify opens a second server for the name "localhost", which the limits below would not know.
    const host = address.host === "localhost" ? "127.0.0.1" : address.host;
    try {
      await app.listen({ host, port: address.port, backlog: 1024 });
    } catch (error) {
      await app.close();
      this.#tls?.close();
      throw listenError(this.#host.name, "tcp", address, error);
    }
    this.#app = app;
    const bound = app.server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
    this.addresses.push(`http:${formatAddress({ host: address.host, port })}`);
  }

  stop(deadline: AbortSignal): Promise<void> {
    if (this.#app !== undefined) this.#stopped ??= this.#drain(this.#app, deadline);
    return this.#stopped ?? Promise.resolve();
  }

  async #routes(): Promise<FastifyInstance> {
    const { idleTimeoutMs, headers = HEADER_LIMITS } = this.#options;
    const tls = await this.#tls?.read();
    const { fastify } = await import("fastify");
    const limits = headerOptions(headers);
    const transport: object = tls === undefined ? { http: limits } : { https: { ...tls, ...limits } };
    const app = fastify({
      connectionTimeout: idleTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      requestTimeout: headers.requestTimeoutMs,
      ...transport,
      exposeHeadRoutes: false,
      return503OnClosing: false,
      routerOptions: { ignoreTrailingSlash: true },
    });
    // The body is read by the route itself, whatever the sender calls it.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    app.addHook("onRequest", async (request, reply) => this.#admit(request, reply));
    for (const [path, post] of this.#options.posts) {
      app.post(path, (request, reply) => this.#serve(request, reply, post));
    }
    app.setErrorHandler((error, _request, reply) => {
      this.#host.log.error({ err: error, input: this.#host.name }, "a request failed");
      return reply.code(500).send({ error: "internal error" });
    });
    this.#tls?.guard(app.server, (socket) => this.#door.peerOf(socket));
    this.#connections.watch(app.server);
    return app;
  }

  /** Everything that can be said before a body is read. */
  async #admit(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    // Senders write all sorts of things here, and a type that Fastify cannot parse would be refused.
    request.raw.headers["content-type"] = "application/octet-stream";
    this.#allowOrigin(request, reply);
    const refusal = this.#admission.refusal(request.raw);
    if (refusal !== undefined) return send(reply, refusal);
    if (request.method === "OPTIONS") return reply.code(200).header("allow", ALLOWED).send();
    if (this.#stopping) return send(reply.header("connection", "close"), STOPPING);
    if (!request.is404) return undefined;
    const path = (request.url.split("?", 1)[0] ?? "").replace(/\/$/, "");
    if (!this.#options.posts.has(path)) {
      const known = [...this.#options.posts.keys()].join(", ");
      return reply.code(404).send({ error: `nothing is here; send POST requests to ${known}` });
    }
    return reply
      .code(405)
      .header("allow", ALLOWED)
      .send({ error: `${path} takes POST only` });
  }

  #allowOrigin(request: FastifyRequest, reply: FastifyReply): void {
    const { origin } = request.headers;
    const { corsOrigins } = this.#options;
    if (origin === undefined || !(corsOrigins.includes("*") || corsOrigins.includes(origin))) return;
    reply.header("access-control-allow-origin", origin).header("vary", "origin");
    if (request.method !== "OPTIONS") return;
    reply
      .header("access-control-allow-methods", ALLOWED)
      .header("access-control-allow-headers", request.headers["access-control-request-headers"] ?? "content-type")
      .header("access-control-max-age", "86400");
  }

  async #serve(
    request: FastifyRequest,
    reply: FastifyReply,
    post: (post: HttpPost) => Promise<HttpAnswer>,
  ): Promise<FastifyReply> {
    const { socket } = request.raw;
    const peer = this.#admission.peerOf(request.raw);
    const answered = closed(reply.raw);
    const { memory } = this.#host;
    const room = new HttpRoom(this.#pending, memory);
    let delivery: Delivery | undefined;
    this.#busy += 1;
    this.#reading.add(socket);
    try {
      if (this.#stopping) linger(socket);
      if (this.#deliveries.overdue >= this.#options.maxConnections || memory.budget.isCrowded) return send(reply, COME_BACK);
      const { maxBodyBytes: maxBytes } = this.#options;
      const came = (bytes: number): void => {
        this.#host.receivedBytes(bytes);
        this.#access.rates?.bytes(peer, bytes);
      };
      const body = await readBody(request.raw, { maxBytes, room, came });
      this.#reading.delete(socket);
      if (room.isEvicted) this.#access.turnAway("memory", peer, EVICTED);
      if (body === "no_room") return send(reply, COME_BACK);
      if (body === "too_large") return send(reply, this.#tooLarge(peer));
      // Nobody is left to read an answer, and half a body is no message.
      if (body === "gone") return reply.hijack();
      // From here on it is the sender that waits for us.
      socket.setTimeout(0);
      delivery = this.#deliveries.begin(post, { body, peer, hold: room.hold });
      return send(reply, await delivery.answer);
    } finally {
      // What was answered in time is done; what was not is still held by the intake.
      const release = (): void => room.release();
      if (delivery === undefined) release();
      else void delivery.done.then(release, release);
      void this.#whenAnswered(answered);
    }
  }

  #tooLarge(peer: string): HttpAnswer {
    const error = `the body is over ${formatBytes(this.#options.maxBodyBytes)} (max_body_bytes)`;
    this.#host.refuse("too_large");
    this.#host.complain({ cause: "too_large", peer, message: error });
    return { status: 413, error };
  }

  async #whenAnswered(answered: Promise<void>): Promise<void> {
    await answered;
    this.#busy -= 1;
    if (this.#busy === 0) this.#allAnswered();
  }

  async #drain(app: FastifyInstance, deadline: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.#connections.close();
    for (const socket of this.#reading) linger(socket);
    const closing = app.close();
    if (this.#busy > 0 && !deadline.aborted) {
      await new Promise<void>((resolve) => {
        this.#allAnswered = resolve;
        deadline.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    app.server.closeAllConnections();
    this.#tls?.close();
    await closing;
  }
}

function send(reply: FastifyReply, { status, error, headers = {} }: HttpAnswer): FastifyReply {
  reply.headers(headers);
  if (status === 503) reply.header("retry-after", "1");
  return reply.code(status).send(error === undefined ? undefined : { error });
}

/** Waits for the rest of a body only as long as it keeps coming. */
function linger(socket: Socket): void {
  socket.setTimeout(LINGER_MS, () => socket.destroy());
}

/** Resolves when a response is sent, or its connection gone. */
function closed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) resolve();
    else response.once("close", () => resolve());
  });
}

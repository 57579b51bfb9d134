import type { Server, ServerOptions, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { codeOf, messageOf } from "../base/errors.ts";
import { formatBytes, formatDuration } from "../base/units.ts";
import type { InputHost } from "../component/host.ts";
import type { Access } from "./access/access.ts";
import type { Door } from "./access/door.ts";

export interface HeaderLimits {
  readonly maxBytes: number;
  readonly maxCount: number;
  /** For the header of a request to arrive. */
  readonly timeoutMs: number;
  /** For one whole request to arrive, however steadily it trickles in. */
  readonly requestTimeoutMs: number;
}

export const HEADER_LIMITS: HeaderLimits = {
  maxBytes: 16 * 1024,
  maxCount: 100,
  timeoutMs: 30_000,
  requestTimeoutMs: 300_000,
};

/** Requests of one connection that may wait for their answers: Node reads on as long as the answers are small. */
const MAX_PIPELINED = 100;
/** How often slow requests are looked for at most. */
const LOOK_EVERY_MS = 5_000;

/** What Node enforces by itself. */
export function headerOptions({ maxBytes, timeoutMs, requestTimeoutMs }: HeaderLimits): ServerOptions {
  const headersTimeout = Math.min(timeoutMs, requestTimeoutMs);
  return {
    maxHeaderSize: maxBytes,
    headersTimeout,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.max(50, Math.min(LOOK_EVERY_MS, headersTimeout / 4)),
  };
}

export interface HttpConnectionsOptions {
  readonly host: InputHost;
  readonly access: Access;
  readonly door: Door;
  readonly limits: HeaderLimits;
  readonly hasTls: boolean;
}

/** Counts the connections of an HTTP server, and those that never become a request. */
export class HttpConnections {
  readonly #options: HttpConnectionsOptions;
  #isClosed = false;
  /** Requests that wait for their answers. */
  readonly #unanswered = new WeakMap<Socket, number>();

  constructor(options: HttpConnectionsOptions) {
    this.#options = options;
  }

  /** To be called before the server listens, and after whoever else wants to see what happens below TLS. */
  watch(server: Server): void {
    const { host, door, hasTls } = this.#options;
    server.on("connection", (socket) => {
      if (this.#isClosed) socket.destroy();
      host.connections(1);
      socket.once("close", () => host.connections(-1));
    });
    door.guard(server);
    const serve = server.listeners("request");
    server.removeAllListeners("request");
    server.on("request", (request, response) => {
      if (!this.#hasTurn(request.socket, response)) return;
      for (const listener of serve) Reflect.apply(listener, server, [request, response]);
    });
    // Before Fastify's own listener, which answers and closes the socket.
    server.prependListener("clientError", (error: Error, socket) => {
      // A handshake that came to nothing has been told, and its connection is gone.
      if (codeOf(error) === "ECONNRESET" || (hasTls && socket.destroyed)) return;
      this.#noRequest(error, socket instanceof Socket ? door.peerOf(socket) : "");
    });
  }

  /** Lets no more in. */
  close(): void {
    this.#isClosed = true;
  }

  /** Whether a request is to be served; a connection with too many of them is closed. */
  #hasTurn(socket: Socket, response: ServerResponse): boolean {
    // Those behind the one that was too many come all the same, as far as they have been read.
    if (socket.destroyed) return false;
    const before = this.#unanswered.get(socket) ?? 0;
    if (before >= MAX_PIPELINED) {
      const { access, door } = this.#options;
      const message = `more than ${MAX_PIPELINED} requests of one connection waited for their answers; it was closed`;
      access.turnAway("rate_limited", door.peerOf(socket), message);
      socket.destroy();
      return false;
    }
    this.#unanswered.set(socket, before + 1);
    response.once("close", () => this.#unanswered.set(socket, (this.#unanswered.get(socket) ?? 1) - 1));
    return true;
  }

  #noRequest(error: Error, peer: string): void {
    const { host, access, limits } = this.#options;
    const code = codeOf(error);
    if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
      const header = `its header within ${formatDuration(limits.timeoutMs)} (header_timeout)`;
      const whole = `all of it within ${formatDuration(limits.requestTimeoutMs)} (request_timeout)`;
      access.turnAway("slow", peer, `a request did not come in: ${header} or ${whole}; its connection was closed`);
    } else if (code === "HPE_HEADER_OVERFLOW") {
      access.turnAway("headers", peer, `the header of a request is over ${formatBytes(limits.maxBytes)} (max_header_bytes)`);
    } else host.complain({ cause: "not_http", peer, message: `not a request: ${messageOf(error)}` });
  }
}

import type { IncomingMessage } from "node:http";
import type { Access } from "./access/access.ts";
import type { Credentials } from "./access/credentials.ts";
import type { Door } from "./access/door.ts";
import { forwardedFor } from "./access/forwarded-for.ts";
import type { HttpAnswer } from "./http-post.ts";

export interface HttpAdmissionOptions {
  readonly access: Access;
  readonly door: Door;
  /** Undefined: requests need no `Authorization`. */
  readonly credentials: Credentials | undefined;
  readonly maxHeaders: number;
}

/** Decides by its header whether a request is read: from whom it is, whether that one may send, and whether now. */
export class HttpAdmission {
  readonly #options: HttpAdmissionOptions;

  constructor(options: HttpAdmissionOptions) {
    this.#options = options;
  }

  /** Address of the sender, without its port. */
  peerOf({ socket, headers }: IncomingMessage): string {
    const { access, door } = this.#options;
    const peer = door.peerOf(socket);
    return access.forwarders.has(peer) ? forwardedFor(headers["x-forwarded-for"], peer, access.forwarders) : peer;
  }

  /** What a request is told that is not read any further; undefined: it may go on. Counts it, and complains. */
  refusal(request: IncomingMessage): HttpAnswer | undefined {
    const { access, maxHeaders } = this.#options;
    const peer = this.peerOf(request);
    if (!access.admits(peer, "a request")) return { status: 403, error: "this address may not send here" };
    if (request.rawHeaders.length / 2 > maxHeaders) {
      const error = `the request has more than ${maxHeaders} header fields (max_headers)`;
      access.turnAway("headers", peer, error);
      return { status: 431, error };
    }
    const waitMs = access.rates?.waitMs(peer) ?? 0;
    access.rates?.request(peer);
    if (waitMs > 0) {
      access.turnAway("rate_limited", peer, "requests over the rate of one sender were answered 429");
      const headers = { "retry-after": String(Math.ceil(waitMs / 1_000)) };
      return { status: 429, error: "more than this input takes of one sender; come back later", headers };
    }
    // A browser asks what it may send before it sends any password.
    return request.method === "OPTIONS" ? undefined : this.#unauthorized(request, peer);
  }

  #unauthorized(request: IncomingMessage, peer: string): HttpAnswer | undefined {
    const { access, credentials } = this.#options;
    const { authorization } = request.headers;
    if (credentials === undefined || credentials.accept(authorization)) return undefined;
    const why = authorization === undefined ? "no Authorization" : "an Authorization that is none of auth";
    access.turnAway("unauthorized", peer, `a request with ${why} was answered 401`);
    const headers = { "www-authenticate": credentials.challenge };
    return { status: 401, error: "this input takes requests with a token or a password only", headers };
  }
}

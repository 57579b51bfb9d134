import { Metadata, status } from "@grpc/grpc-js";
import { formatDuration } from "../base/units.ts";
import type { Access } from "./access/access.ts";
import type { Credentials } from "./access/credentials.ts";
import { tooMuchMetadata, type Ending } from "./grpc-endings.ts";
import type { Full } from "./grpc-room.ts";

/** Decides by its metadata whether a call is served. */
export class GrpcAdmission {
  readonly #access: Access;
  readonly #credentials: Credentials | undefined;

  /** Without credentials calls need no `authorization`. */
  constructor(access: Access, credentials: Credentials | undefined) {
    this.#access = access;
    this.#credentials = credentials;
  }

  /** How a call ends that is not served; undefined: it may go on. Counts it, and complains. `waits`: it may be made to wait. */
  refusal(metadata: Metadata, peer: string, waits: boolean): Ending | undefined {
    const { rates } = this.#access;
    const waitMs = rates?.waitMs(peer) ?? 0;
    rates?.request(peer);
    return waitMs > 0 && !waits ? this.#comeBack(peer, waitMs) : this.#unauthorized(metadata, peer);
  }

  /** Counts a call with too much metadata, and complains. */
  tooMuchMetadata(bytes: number, maxBytes: number, peer: string): Ending {
    const ending = tooMuchMetadata(bytes, maxBytes);
    this.#access.turnAway("headers", peer, `a call was ended: ${ending.details}`);
    return ending;
  }

  /** Counts a call whose batch does not end, and complains. */
  slow(peer: string, timeoutMs: number): Ending {
    const details = `a batch has begun and not come in whole for ${formatDuration(timeoutMs)} (message_timeout)`;
    this.#access.turnAway("slow", peer, `${details}; its call was ended with DEADLINE_EXCEEDED`);
    return { code: status.DEADLINE_EXCEEDED, details };
  }

  /** Counts a call for which there is no room, and complains. */
  noRoom(peer: string, { reason, message }: Full): void {
    this.#access.turnAway(reason, peer, message);
  }

  #comeBack(peer: string, waitMs: number): Ending {
    this.#access.turnAway("rate_limited", peer, "calls over the rate of one sender were answered RESOURCE_EXHAUSTED");
    // https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
    const metadata = Metadata.fromHttp2Headers({ "grpc-retry-pushback-ms": String(waitMs) });
    const details = `more than this input takes of one sender; come back in ${waitMs} ms`;
    return { code: status.RESOURCE_EXHAUSTED, details, metadata };
  }

  #unauthorized(metadata: Metadata, peer: string): Ending | undefined {
    if (this.#credentials === undefined) return undefined;
    const [authorization] = metadata.get("authorization");
    if (typeof authorization === "string" && this.#credentials.accept(authorization)) return undefined;
    const why = authorization === undefined ? "no authorization" : "an authorization that is none of auth";
    this.#access.turnAway("unauthorized", peer, `a call with ${why} in its metadata was answered UNAUTHENTICATED`);
    const details = `${why}: this input takes calls whose metadata has "authorization: Bearer TOKEN", with a token of its auth, only`;
    return { code: status.UNAUTHENTICATED, details };
  }
}

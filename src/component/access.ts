import * as z from "zod";
import type { Network } from "../base/networks.ts";
import { byteSize, duration, networks } from "./fields.ts";

/** Why something was refused before a record of it was known: the label `reason` of `crumbtrail_turned_away_total`. */
export const TURNED_AWAY = [
  "not_allowed",
  "proxy_header",
  "too_many_connections",
  "too_many_per_peer",
  "unauthorized",
  "rate_limited",
  "headers",
  "slow",
  "memory",
] as const;

export type TurnedAway = (typeof TURNED_AWAY)[number];

/** Who may send, and how much, as {@link datagramAccess}, {@link connectionAccess} and the like configure it. */
export interface AccessSettings extends RateSettings {
  /** Empty: everybody. */
  readonly allow: readonly Network[];
  /** Proxies that begin each connection with a PROXY header. */
  readonly proxy_protocol?: readonly Network[] | undefined;
  /** Proxies whose X-Forwarded-For is believed. */
  readonly trusted_proxies?: readonly Network[] | undefined;
  readonly max_connections_per_peer?: number | undefined;
}

export interface RateSettings {
  readonly max_records_per_second_per_peer?: number | undefined;
  readonly max_bytes_per_second_per_peer?: number | undefined;
  readonly max_requests_per_second_per_peer?: number | undefined;
}

const allow = networks().describe(
  "Networks whose senders are let in; empty: all of them. Others are turned away before anything of theirs is read.",
);

/** "over: what happens then". */
function rates(over: string): {
  max_records_per_second_per_peer: z.ZodOptional<z.ZodInt>;
  max_bytes_per_second_per_peer: z.ZodOptional<ReturnType<typeof byteSize>>;
} {
  return {
    max_records_per_second_per_peer: z
      .int()
      .min(1)
      .optional()
      .describe(`Records a second of one sender (of IPv6: of one /64); ${over} Unset: any number.`),
    max_bytes_per_second_per_peer: byteSize()
      .optional()
      .describe(`Bytes a second of one sender, as sent; ${over} Unset: any number.`),
  };
}

/** Fields of an input that takes datagrams. */
export const datagramAccess = { allow, ...rates("what is over is dropped and counted `rate_limited`.") };

function connectionFields(byDefault: number) {
  return {
    allow,
    proxy_protocol: networks().describe(
      "Networks of proxies that begin each connection with a PROXY header (version 1 or 2), before TLS. Whom it names is the sender, and `allow` is about that address; a connection of theirs without it is closed.",
    ),
    max_connections_per_peer: z
      .int()
      .min(1)
      .default(byDefault)
      .describe("Connections of one sender (of IPv6: of one /64); more are closed on arrival."),
  };
}

/** Fields of an input that takes streams of messages over TCP. */
export const connectionAccess = {
  ...connectionFields(5_000),
  ...rates("its connections are read no faster."),
  message_timeout: duration("1h").describe(
    "A connection on which a message has begun and not ended for so long is closed, however steadily it trickles in.",
  ),
};

const requests = z.int().min(1).optional();

/** Fields of an input that takes HTTP requests. */
export const httpAccess = {
  ...connectionFields(1_000),
  trusted_proxies: networks().describe(
    "Networks of proxies whose X-Forwarded-For is believed: the last address in it that is none of theirs is the sender.",
  ),
  ...rates("requests get 429 with Retry-After until it evens out."),
  max_requests_per_second_per_peer: requests.describe(
    "Requests a second of one sender; more get 429 with Retry-After. Unset: any number.",
  ),
};

/** Fields of an input that takes gRPC calls. */
export const grpcAccess = {
  ...connectionFields(250),
  ...rates("Stream is read no faster, Send is answered RESOURCE_EXHAUSTED."),
  max_requests_per_second_per_peer: requests.describe(
    "Calls a second of one sender, health checks aside; more are answered RESOURCE_EXHAUSTED. Unset: any number.",
  ),
};

import { hostname } from "node:os";
import * as z from "zod";
import type { Component } from "../base/lifecycle.ts";
import { formatAddress, parseAddress, type Address } from "../base/units.ts";
import { connectionAccess } from "../component/access.ts";
import { byteSize, duration, listen } from "../component/fields.ts";
import { checkHandshake, handshakeFields } from "../component/handshake.ts";
import type { InputHost } from "../component/host.ts";
import type { Listening } from "../component/listening.ts";
import { defineInput } from "../component/spec.ts";
import { tlsFields } from "../component/tls.ts";
import { Access } from "../wire/access/access.ts";
import { Acknowledged } from "../wire/acknowledged.ts";
import { AnswerDeadline } from "../wire/answer-deadline.ts";
import { CarryBudget } from "../wire/carry.ts";
import { ForwardHeartbeat } from "../wire/forward-heartbeat.ts";
import type { ForwardContext } from "../wire/forward-context.ts";
import { ForwardGuesses } from "../wire/forward-guesses.ts";
import { ForwardHandshake, HANDSHAKE_RESULTS, type HandshakeContext } from "../wire/forward-handshake.ts";
import { ForwardKeys } from "../wire/forward-keys.ts";
import { ForwardSession } from "../wire/forward-session.ts";
import { streamServer, type Connection } from "../wire/stream-server.ts";

const fields = z.object({
  listen: listen("127.0.0.1:24224").describe("Address to bind: TCP for records, UDP for heartbeats."),
  ...handshakeFields,
  ...tlsFields,
  ...connectionAccess,
  max_message_bytes: byteSize("16MiB").describe(
    "Longest message as it is sent; a longer one is counted `too_large` and closes its connection.",
  ),
  max_decompressed_bytes: byteSize("64MiB").describe("Largest body of entries after decompression; a larger one is `too_large`."),
  max_buffered_bytes: byteSize("256MiB").describe(
    "Bytes of messages that have not come in whole, over all connections; beyond it the largest of them is given up and its connection closed. As much again for lines that Docker split.",
  ),
  partial_timeout: duration("2s").describe(
    "How long the next part of a line that Docker split may take before the line goes on without it.",
  ),
  ack_timeout: duration("30s").describe(
    "How long a chunk may take to become safe in the queue; one that takes longer has its connection closed, so that its sender sends it again.",
  ),
  max_connections: z.int().min(1).default(20_000).describe("Connections held at once; more are closed on arrival."),
  idle_timeout: duration("24h").describe("A connection without a byte for so long is closed."),
});

/** Compressed messages unpacked at once: as many as Node has threads for it, and a bound on what they unpack to. */
const UNPACKED_AT_ONCE = 4;

export const forward = defineInput({
  type: "forward",
  summary: "Receives the Fluentd forward protocol from Fluentd, Fluent Bit, Docker's fluentd driver and client libraries.",
  stability: "stable",
  config: fields.superRefine(checkHandshake),
  examples: [
    { listen: "127.0.0.1:0" },
    { listen: "0.0.0.0:24224", max_message_bytes: "32MiB" },
    { listen: "0.0.0.0:24224", shared_key: "${FORWARD_KEY:-}" },
  ],
  claims: (config) => [`tcp:${formatAddress(config.listen)}`, `udp:${formatAddress(config.listen)}`],
  create: (config, host) => forwardServer(config, host),
});

function forwardServer(config: z.output<typeof fields>, host: InputHost): Component & Listening {
  let context: ForwardContext | undefined;
  let acknowledged: Acknowledged | undefined;
  const handshake = handshakeOf(config, host);
  const access = new Access(config, host);
  // Connections come after `start` has made the context.
  const session = (connection: Connection): ForwardSession => new ForwardSession(connection, context as ForwardContext);
  const server = streamServer({
    address: config.listen,
    maxConnections: config.max_connections,
    idleTimeoutMs: config.idle_timeout,
    messageTimeoutMs: config.message_timeout,
    maxBufferedBytes: config.max_buffered_bytes,
    access,
    tls: config.tls,
    host,
    open: (connection) =>
      handshake === undefined ? session(connection) : new ForwardHandshake(connection, handshake, () => session(connection)),
  });
  const heartbeat = new ForwardHeartbeat(host.name, () => boundAddress(server.addresses[0], config.listen), access);

  return {
    get addresses() {
      return [...server.addresses, ...heartbeat.addresses];
    },
    async start(abort) {
      const { default: PQueue } = await import("p-queue");
      acknowledged = Acknowledged.of(host);
      context = {
        host,
        rates: access.rates,
        maxMessageBytes: config.max_message_bytes,
        maxDecompressedBytes: config.max_decompressed_bytes,
        // What all connections hold is booked, and bounded, by the server.
        budget: new CarryBudget(Infinity),
        lineBudget: new CarryBudget(config.max_buffered_bytes, host.memory),
        acknowledged,
        deadline: new AnswerDeadline(host.clock, config.ack_timeout),
        maxOverdueBytes: config.max_buffered_bytes,
        partTimeoutMs: config.partial_timeout,
        unpacking: new PQueue({ concurrency: UNPACKED_AT_ONCE }),
      };
      try {
        await server.start(abort);
        await heartbeat.start();
      } catch (error) {
        await server.stop(AbortSignal.abort());
        acknowledged.close();
        throw error;
      }
    },
    async stop(deadline) {
      await heartbeat.stop();
      await server.stop(deadline);
      acknowledged?.close();
    },
  };
}

/** What a sender has to show; undefined without a shared key. */
function handshakeOf(config: z.output<typeof fields>, host: InputHost): HandshakeContext | undefined {
  const { shared_key: sharedKey, users, self_hostname: name = hostname() } = config;
  if (sharedKey === "") return undefined;
  for (const result of HANDSHAKE_RESULTS) host.count("forward_handshakes", result, 0);
  const keys = new ForwardKeys({ sharedKey, users, hostname: name });
  return { host, keys, guesses: new ForwardGuesses(host.clock), timeoutMs: config.handshake_timeout };
}

/** Where TCP was bound: with port 0 in the configuration, UDP takes the port that TCP was given. */
function boundAddress(address: string | undefined, configured: Address): Address {
  return parseAddress(address?.replace(/^tcp:/, "") ?? "") ?? configured;
}

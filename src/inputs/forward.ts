import * as z from "zod";
import type { Component } from "../base/lifecycle.ts";
import { formatAddress, parseAddress, type Address } from "../base/units.ts";
import { byteSize, duration, listen } from "../component/fields.ts";
import type { InputHost } from "../component/host.ts";
import type { Listening } from "../component/listening.ts";
import { defineInput } from "../component/spec.ts";
import { Acknowledged } from "../wire/acknowledged.ts";
import { AnswerDeadline } from "../wire/answer-deadline.ts";
import { CarryBudget } from "../wire/carry.ts";
import { ForwardHeartbeat } from "../wire/forward-heartbeat.ts";
import type { ForwardContext } from "../wire/forward-context.ts";
import { ForwardSession } from "../wire/forward-session.ts";
import { streamServer } from "../wire/stream-server.ts";

const fields = z.object({
  listen: listen("127.0.0.1:24224").describe("Address to bind: TCP for records, UDP for heartbeats."),
  max_message_bytes: byteSize("16MiB").describe(
    "Longest message as it is sent; a longer one is counted `too_large` and closes its connection.",
  ),
  max_decompressed_bytes: byteSize("64MiB").describe("Largest body of entries after decompression; a larger one is `too_large`."),
  max_buffered_bytes: byteSize("256MiB").describe(
    "Bytes of messages that have not come in whole, over all connections; a connection that would exceed it is closed.",
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
  config: fields,
  examples: [{ listen: "127.0.0.1:0" }, { listen: "0.0.0.0:24224", max_message_bytes: "32MiB" }],
  claims: (config) => [`tcp:${formatAddress(config.listen)}`, `udp:${formatAddress(config.listen)}`],
  create: (config, host) => forwardServer(config, host),
});

function forwardServer(config: z.output<typeof fields>, host: InputHost): Component & Listening {
  let context: ForwardContext | undefined;
  let acknowledged: Acknowledged | undefined;
  const server = streamServer({
    address: config.listen,
    maxConnections: config.max_connections,
    idleTimeoutMs: config.idle_timeout,
    host,
    // Connections come after `start` has made the context.
    open: (connection) => new ForwardSession(connection, context as ForwardContext),
  });
  const heartbeat = new ForwardHeartbeat(host.name, () => boundAddress(server.addresses[0], config.listen));

  return {
    get addresses() {
      return [...server.addresses, ...heartbeat.addresses];
    },
    async start(abort) {
      const { default: PQueue } = await import("p-queue");
      acknowledged = Acknowledged.of(host);
      context = {
        host,
        maxMessageBytes: config.max_message_bytes,
        maxDecompressedBytes: config.max_decompressed_bytes,
        budget: new CarryBudget(config.max_buffered_bytes),
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

/** Where TCP was bound: with port 0 in the configuration, UDP takes the port that TCP was given. */
function boundAddress(address: string | undefined, configured: Address): Address {
  return parseAddress(address?.replace(/^tcp:/, "") ?? "") ?? configured;
}

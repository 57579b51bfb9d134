import * as z from "zod";
import { formatAddress } from "../base/units.ts";
import { grpcAccess } from "../component/access.ts";
import { authFields } from "../component/auth.ts";
import { byteSize, duration, listen } from "../component/fields.ts";
import { defineInput } from "../component/spec.ts";
import { tlsFields } from "../component/tls.ts";
import { Access } from "../wire/access/access.ts";
import { Credentials } from "../wire/access/credentials.ts";
import type { GrpcServer } from "../wire/grpc-server.ts";

export const grpc = defineInput({
  type: "grpc",
  summary: "Receives batches of records over gRPC: crumbtrail.v1.LogRelay, with health checks and reflection.",
  stability: "stable",
  config: z.object({
    listen: listen("127.0.0.1:4317").describe("Address to bind."),
    ...tlsFields,
    ...authFields,
    ...grpcAccess,
    max_message_bytes: byteSize("4MiB").describe("Longest batch, unpacked; a longer one is answered RESOURCE_EXHAUSTED."),
    max_pending_bytes: byteSize("64MiB").describe(
      "Bytes of batches on their way into the queue; beyond it nothing more is read.",
    ),
    max_metadata_bytes: byteSize("8KiB").describe("Longest request metadata; a call with more is answered RESOURCE_EXHAUSTED."),
    ack_timeout: duration("30s").describe(
      "How long a batch may take to become safe in the queue; one that takes longer is answered UNAVAILABLE, so that its sender sends it again.",
    ),
    message_timeout: duration("5m").describe(
      "A call whose batch has begun and not come in whole for so long is ended with DEADLINE_EXCEEDED; a Send begins with its call, a Stream may be silent between batches.",
    ),
    max_connections: z.int().min(1).default(1_000).describe("Connections held at once; more are closed on arrival."),
    max_concurrent_streams: z.int().min(1).default(100).describe("Calls at once on each connection; the sender waits with more."),
    max_calls_per_peer: z
      .int()
      .min(1)
      .default(1_000)
      .describe(
        "Calls of one sender at once (of IPv6: of one /64), over all its connections; more are answered RESOURCE_EXHAUSTED.",
      ),
    idle_timeout: duration("24h").describe("A connection without calls for so long is closed."),
    keepalive_time: duration("1m").describe("Every connection is asked this often whether it still lives."),
    keepalive_timeout: duration("20s").describe("A connection that does not answer for so long is closed."),
  }),
  examples: [{ listen: "127.0.0.1:0" }, { listen: "0.0.0.0:4317", max_message_bytes: "16MiB" }],
  claims: (config) => [`tcp:${formatAddress(config.listen)}`],
  create: (config, host) => {
    let server: GrpcServer | undefined;
    return {
      get addresses(): readonly string[] {
        return server?.addresses ?? [];
      },
      async start() {
        const wire = await import("../wire/grpc-server.ts");
        server = new wire.GrpcServer({
          address: config.listen,
          host,
          tls: config.tls,
          access: new Access(config, host),
          credentials: config.auth === undefined ? undefined : new Credentials(config.auth),
          maxConnections: config.max_connections,
          maxConcurrentStreams: config.max_concurrent_streams,
          maxCallsPerPeer: config.max_calls_per_peer,
          maxMessageBytes: config.max_message_bytes,
          maxMetadataBytes: config.max_metadata_bytes,
          maxPendingBytes: config.max_pending_bytes,
          ackTimeoutMs: config.ack_timeout,
          messageTimeoutMs: config.message_timeout,
          idleTimeoutMs: config.idle_timeout,
          keepaliveTimeMs: config.keepalive_time,
          keepaliveTimeoutMs: config.keepalive_timeout,
        });
        await server.start();
      },
      async stop(deadline: AbortSignal) {
        await server?.stop(deadline);
      },
    };
  },
});

import * as z from "zod";
import { formatAddress } from "../base/units.ts";
import { connectionAccess } from "../component/access.ts";
import { byteSize, duration, listen } from "../component/fields.ts";
import type { InputHost } from "../component/host.ts";
import { defineInput } from "../component/spec.ts";
import { tlsFields } from "../component/tls.ts";
import { Access } from "../wire/access/access.ts";
import { GelfFrames } from "../wire/gelf-frames.ts";
import { streamIntake } from "../wire/stream-intake.ts";
import { streamServer, type Connection, type Session } from "../wire/stream-server.ts";

export const gelfTcp = defineInput({
  type: "gelf_tcp",
  summary: "Receives GELF over TCP: JSON objects ended by NUL, or by LF where senders do so.",
  stability: "stable",
  config: z.object({
    listen: listen("127.0.0.1:12201").describe("Address to bind."),
    ...tlsFields,
    ...connectionAccess,
    max_message_bytes: byteSize("2MiB").describe(
      "Longest message; a longer one is skipped to its delimiter and counted `too_large`.",
    ),
    max_buffered_bytes: byteSize("64MiB").describe(
      "Bytes of messages that have not come in whole, over all connections; beyond it the largest of them is given up and its connection closed.",
    ),
    max_connections: z.int().min(1).default(20_000).describe("Connections held at once; more are closed on arrival."),
    idle_timeout: duration("24h").describe("A connection without a byte for so long is closed."),
  }),
  examples: [{ listen: "127.0.0.1:0" }, { listen: "0.0.0.0:12201", max_message_bytes: "8MiB" }],
  claims: (config) => [`tcp:${formatAddress(config.listen)}`],
  create: (config, host) =>
    streamServer({
      address: config.listen,
      maxConnections: config.max_connections,
      idleTimeoutMs: config.idle_timeout,
      messageTimeoutMs: config.message_timeout,
      maxBufferedBytes: config.max_buffered_bytes,
      access: new Access(config, host),
      tls: config.tls,
      host,
      open: (connection) => gelfSession(connection, host, config.max_message_bytes),
    }),
});

function gelfSession(connection: Connection, host: InputHost, maxBytes: number): Session {
  const { peer } = connection;
  const frames = new GelfFrames(maxBytes, () => {
    host.refuse("too_large");
    const message = `a GELF message over max_message_bytes (${maxBytes} bytes) was skipped to the next delimiter`;
    host.complain({ cause: "too_large", peer, message });
  });
  const take = streamIntake(host, "gelf", connection);
  return {
    data: (chunk) => take(frames.push(chunk)),
    get heldBytes() {
      return frames.heldBytes;
    },
    forget: () => frames.forget(),
    end: () => take(frames.end()),
  };
}

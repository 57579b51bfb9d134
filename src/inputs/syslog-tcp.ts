import * as z from "zod";
import { formatAddress } from "../base/units.ts";
import { codecOfSyslog, syslogFields } from "../codec/syslog-fields.ts";
import { connectionAccess } from "../component/access.ts";
import { ownCodec } from "../component/codec.ts";
import { byteSize, duration, listen } from "../component/fields.ts";
import type { InputHost } from "../component/host.ts";
import { defineInput } from "../component/spec.ts";
import { tlsFields } from "../component/tls.ts";
import { Access } from "../wire/access/access.ts";
import { CarryBudget } from "../wire/carry.ts";
import { streamIntake } from "../wire/stream-intake.ts";
import { streamServer, type Connection, type Session } from "../wire/stream-server.ts";
import { SyslogFrames } from "../wire/syslog-frames.ts";

export const syslogTcp = defineInput({
  type: "syslog_tcp",
  summary: "Receives syslog over TCP or TLS, RFC 5424 or RFC 3164, with counted octets or one message a line.",
  stability: "stable",
  config: z.object({
    listen: listen("127.0.0.1:5514").describe("Address to bind."),
    ...tlsFields,
    ...connectionAccess,
    ...syslogFields,
    max_message_bytes: byteSize("256KiB").describe(
      "Longest message; a longer one is skipped to its end and counted `too_large`.",
    ),
    max_buffered_bytes: byteSize("64MiB").describe(
      "Bytes of messages that have not come in whole, over all connections; beyond it the largest of them is given up and its connection closed.",
    ),
    max_connections: z.int().min(1).default(20_000).describe("Connections held at once; more are closed on arrival."),
    idle_timeout: duration("24h").describe("A connection without a byte for so long is closed."),
  }),
  examples: [
    { listen: "127.0.0.1:0" },
    { listen: "0.0.0.0:6514", tls: { cert: "/etc/crumbtrail/cert.pem", key: "/etc/crumbtrail/key.pem" } },
  ],
  claims: (config) => [`tcp:${formatAddress(config.listen)}`],
  codec: codecOfSyslog,
  create: (config, host) => {
    // What all of them hold is booked, and bounded, by the server.
    const budget = new CarryBudget(Infinity);
    return streamServer({
      address: config.listen,
      maxConnections: config.max_connections,
      idleTimeoutMs: config.idle_timeout,
      messageTimeoutMs: config.message_timeout,
      maxBufferedBytes: config.max_buffered_bytes,
      access: new Access(config, host),
      tls: config.tls,
      host,
      open: (connection) => syslogSession(connection, host, { budget, maxBytes: config.max_message_bytes }),
    });
  },
});

function syslogSession(
  connection: Connection,
  host: InputHost,
  { budget, maxBytes }: { readonly budget: CarryBudget; readonly maxBytes: number },
): Session {
  const { peer } = connection;
  const frames = new SyslogFrames({
    maxBytes,
    budget,
    tooLarge() {
      host.refuse("too_large");
      const message = `a syslog message over max_message_bytes (${maxBytes} bytes) was skipped to its end`;
      host.complain({ cause: "too_large", peer, message });
    },
  });
  const take = streamIntake(host, ownCodec(host.name), connection);
  return {
    data(chunk) {
      return take(frames.push(chunk).frames);
    },
    get heldBytes() {
      return frames.heldBytes;
    },
    forget: () => frames.forget(),
    end: () => take(frames.end()),
  };
}

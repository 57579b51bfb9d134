import * as z from "zod";
import { formatAddress } from "../base/units.ts";
import { codecOfSyslog, syslogFields } from "../codec/syslog-fields.ts";
import { datagramAccess } from "../component/access.ts";
import { ownCodec } from "../component/codec.ts";
import { byteSize, listen } from "../component/fields.ts";
import { defineInput } from "../component/spec.ts";
import { Access } from "../wire/access/access.ts";
import { DatagramServer } from "../wire/datagram-server.ts";

export const syslogUdp = defineInput({
  type: "syslog_udp",
  summary: "Receives syslog over UDP, RFC 5424 or RFC 3164: from nginx, rsyslog, syslog-ng, logger, network devices.",
  stability: "stable",
  config: z.object({
    listen: listen("127.0.0.1:5514").describe("Address to bind."),
    ...datagramAccess,
    ...syslogFields,
    receive_buffer: byteSize("4MiB").describe("Receive buffer asked of the kernel; Linux caps it at net.core.rmem_max."),
    max_pending_bytes: byteSize("16MiB").describe(
      "Bytes that may wait for the queue; beyond it messages are dropped as `queue_full`.",
    ),
  }),
  examples: [{ listen: "127.0.0.1:0" }, { listen: "0.0.0.0:5514", time_zone: "Europe/Berlin" }],
  claims: (config) => [`udp:${formatAddress(config.listen)}`],
  codec: codecOfSyslog,
  create: (config, host) =>
    new DatagramServer({
      address: config.listen,
      receiveBuffer: config.receive_buffer,
      maxPendingBytes: config.max_pending_bytes,
      host,
      access: new Access(config, host),
      // A datagram is a message (RFC 5426); the codec takes line ends off.
      protocol: {
        codec: ownCodec(host.name),
        assemble: (datagram) => datagram,
        open: (message) => (message.length === 0 ? undefined : message),
      },
    }),
});

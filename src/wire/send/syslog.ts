import { RelayError } from "../../base/errors.ts";
import type { Address } from "../../base/units.ts";
import type { SentRecord } from "./attempt.ts";
import { sendDatagrams, sendStream } from "./sockets.ts";

/** Facility "user", and severities as syslog has them. */
const FACILITY = 1;
const LEVELS: Readonly<Record<string, number>> = { fatal: 2, error: 3, warning: 4, notice: 5, info: 6, debug: 7, trace: 7 };
/** The payload of an IPv4 datagram. */
const MAX_DATAGRAM_BYTES = 65_507;

/** A record as a message of RFC 5424. */
export function syslogMessage(record: SentRecord): Buffer {
  const priority = FACILITY * 8 + (LEVELS[record.severity] ?? 6);
  const host = record.host.replaceAll(/[^!-~]/g, "") || "-";
  return Buffer.from(`<${priority}>1 ${new Date(record.timeMs).toISOString()} ${host} crumbtrail - - - ${record.message}`);
}

/** Sends a record over UDP. Resolves when it is sent and nobody refused it at once; UDP has no acknowledgement. */
export async function sendSyslogUdp(target: Address, record: SentRecord, timeoutMs: number): Promise<void> {
  const message = syslogMessage(record);
  if (message.length > MAX_DATAGRAM_BYTES)
    throw new RelayError("RELAY_USAGE", "the message is too long for syslog over UDP; send it over TCP");
  await sendDatagrams(target, [message], timeoutMs);
}

/** Sends a record over TCP with counted octets. Resolves when the relay has closed its side too: it has read everything. */
export async function sendSyslogTcp(target: Address, record: SentRecord, timeoutMs: number): Promise<void> {
  const message = syslogMessage(record);
  await sendStream(target, Buffer.concat([Buffer.from(`${message.length} `), message]), timeoutMs);
}

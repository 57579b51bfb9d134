import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { RelayError } from "../../base/errors.ts";
import { formatAddress, type Address } from "../../base/units.ts";
import { unavailable, type SentRecord } from "./attempt.ts";
import { sendDatagrams, sendStream } from "./sockets.ts";

/** Syslog numbers, as GELF has them. */
const LEVELS: Readonly<Record<string, number>> = { fatal: 2, error: 3, warning: 4, notice: 5, info: 6, debug: 7, trace: 7 };
/** What passes any network in one piece. */
const MAX_DATAGRAM_BYTES = 1_420;
const CHUNK_HEADER_BYTES = 12;
const MAX_CHUNKS = 128;
const NUL = Buffer.from([0]);
/** Of a relay's answer that is no success, so many characters are shown. */
const MAX_SHOWN = 500;

/** A record as GELF 1.1. */
export function gelfMessage(record: SentRecord): Buffer {
  const [firstLine = ""] = record.message.split("\n", 1);
  const several = firstLine.length < record.message.length;
  const message = {
    version: "1.1",
    host: record.host,
    short_message: several ? firstLine : record.message,
    ...(several ? { full_message: record.message } : {}),
    timestamp: record.timeMs / 1_000,
    level: LEVELS[record.severity] ?? 6,
    _logger: "crumbtrail",
  };
  return Buffer.from(JSON.stringify(message));
}

/** A message as datagrams: one, or chunks of it, compressed if need be; undefined when it is too long even so. */
export function gelfDatagrams(message: Buffer, id: Buffer): readonly Buffer[] | undefined {
  if (message.length <= MAX_DATAGRAM_BYTES) return [message];
  const perChunk = MAX_DATAGRAM_BYTES - CHUNK_HEADER_BYTES;
  const bytes = message.length <= perChunk * MAX_CHUNKS ? message : gzipSync(message);
  const count = Math.ceil(bytes.length / perChunk);
  if (count > MAX_CHUNKS) return undefined;
  return Array.from({ length: count }, (_, sequence) => {
    const header = Buffer.concat([Buffer.from([0x1e, 0x0f]), id, Buffer.from([sequence, count])]);
    return Buffer.concat([header, bytes.subarray(sequence * perChunk, (sequence + 1) * perChunk)]);
  });
}

/** Sends a record over UDP. Resolves when it is sent and nobody refused it at once; UDP has no acknowledgement. */
export async function sendGelfUdp(target: Address, record: SentRecord, timeoutMs: number): Promise<void> {
  const datagrams = gelfDatagrams(gelfMessage(record), randomBytes(8));
  if (datagrams === undefined) throw new RelayError("RELAY_USAGE", "the message is too long for GELF over UDP; send it over TCP");
  await sendDatagrams(target, datagrams, timeoutMs);
}

/** Sends a record over TCP. Resolves when the relay has closed its side too: it has read everything. */
export async function sendGelfTcp(target: Address, record: SentRecord, timeoutMs: number): Promise<void> {
  await sendStream(target, Buffer.concat([gelfMessage(record), NUL]), timeoutMs);
}

/** Sends a record over HTTP. Resolves when the relay has acknowledged it. */
export async function sendGelfHttp(target: Address, record: SentRecord, timeoutMs: number): Promise<void> {
  const { request } = await import("undici");
  const url = `http://${formatAddress(target)}/gelf`;
  const headers = { "content-type": "application/json" };
  let status = 0;
  let text = "";
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await request(url, { method: "POST", headers, body: gelfMessage(record), signal, reset: true });
    status = answer.statusCode;
    text = await answer.body.text();
  } catch (error) {
    throw unavailable(target, error);
  }
  if (status >= 200 && status < 300) return;
  throw new RelayError("RELAY_UPSTREAM_UNAVAILABLE", `${url} answered ${status}: ${text.slice(0, MAX_SHOWN)}`);
}

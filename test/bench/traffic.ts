// The traffic of the benchmarks: log records of about 350 bytes, one in so many an error, in each protocol's bytes.
import { encode, ExtensionCodec } from "@msgpack/msgpack";

export const PROTOCOLS = ["gelf_tcp", "gelf_udp", "gelf_http", "forward", "grpc", "stdin", "syslog_udp"] as const;
export type Protocol = (typeof PROTOCOLS)[number];
/** What the sender knows: syslog over TCP is decoded as the one over UDP is, and has no row of its own. */
export type Sendable = Protocol | "syslog_tcp";

/** Records in one forward chunk, gRPC batch or HTTP body. */
export const RECORDS_PER_BATCH = 500;
/** Records encoded once and sent over and over. */
export const RECORDS_PER_BLOCK = 10_000;

const PATHS = ["/api/orders", "/api/cart/items", "/checkout", "/api/customers/search", "/health"];

/** Begins a request id; the zeros are overwritten with the number of the pass, so that every record has one of its own. */
export const REQUEST_MARK = "req-00000000-";

/** Where the request ids of an encoded unit have their pass number. */
export function passOffsets(bytes: Buffer): number[] {
  const offsets: number[] = [];
  for (let at = bytes.indexOf(REQUEST_MARK); at >= 0; at = bytes.indexOf(REQUEST_MARK, at + 1)) offsets.push(at + 4);
  return offsets;
}

export interface Fields {
  readonly message: string;
  readonly error: boolean;
  readonly requestId: string;
  readonly index: number;
  /** When it was sent, microseconds since the epoch; only errors of a latency run carry it. */
  readonly sentUs?: number;
}

/** The record at a place of the block. The error comes last of its group, so that its trail is full. */
export function fieldsAt(index: number, every: number, sentUs?: number): Fields {
  const error = index % every === every - 1;
  const message = error
    ? `could not charge order ${index * 7}: card declined after ${index % 900} ms`
    : `GET ${PATHS[index % PATHS.length]}/${index * 3} answered 200 in ${index % 211} ms for customer ${index * 11}`;
  const requestId = `${REQUEST_MARK}${String(index).padStart(7, "0")}`;
  return { message, error, requestId, index, ...(error && sentUs !== undefined ? { sentUs } : {}) };
}

/** A record as a GELF object. */
export function gelfObject(fields: Fields): Record<string, unknown> {
  return {
    version: "1.1",
    host: "web-1",
    short_message: fields.message,
    timestamp: 1_767_322_000 + fields.index / 1_000,
    level: fields.error ? 3 : 6,
    _service: "shop",
    _logger_name: "shop.http.access",
    _request_id: fields.requestId,
    _method: "GET",
    _status: fields.error ? 502 : 200,
    _user_agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    ...(fields.sentUs === undefined ? {} : { _sent_us: fields.sentUs }),
  };
}

/** A datagram of nginx: an access line, or an error line with the whole of its own head inside. */
export function nginxDatagram(fields: Fields): string {
  const { index, error, requestId, sentUs } = fields;
  const path = `${PATHS[index % PATHS.length]}/${index * 3}?request_id=${requestId}`;
  if (!error) {
    const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
    const asked = `"GET ${path} HTTP/1.1" 200 ${index % 9_000}`;
    return `<190>Jan  2 03:04:05 web-1 nginx: 10.20.30.${index % 250} - - [02/Jan/2026:03:04:05 +0000] ${asked} "https://shop.example/cart" "${agent}"`;
  }
  const head =
    sentUs === undefined
      ? "<187>Jan  2 03:04:05 web-1 nginx: "
      : `<187>1 2026-01-02T03:04:05Z web-1 nginx 31 - [bench sent_us="${sentUs}"] `;
  const said = `*${index} connect() failed (111: Connection refused) while connecting to upstream`;
  return `${head}2026/01/02 03:04:05 [error] 31#31: ${said}, client: 10.20.30.40, server: shop.example, request: "GET ${path} HTTP/1.1", upstream: "http://10.0.0.2:8080${path}", host: "shop.example"`;
}

/** The same as a flat log object, as JSON loggers and Fluent Bit write it. */
export function logObject(fields: Fields): Record<string, unknown> {
  return {
    level: fields.error ? "error" : "info",
    message: fields.message,
    host: "web-1",
    service: "shop",
    logger: "shop.http.access",
    request_id: fields.requestId,
    method: "GET",
    status: fields.error ? 502 : 200,
    user_agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    remote: "10.20.30.40",
    upstream: "payments-7c9f",
    ...(fields.sentUs === undefined ? {} : { sent_us: fields.sentUs }),
  };
}

/** A forward chunk in PackedForward mode, acknowledged by its id. */
export function forwardChunk(records: readonly Fields[], chunk: string): Buffer {
  const entries = Buffer.concat(
    records.map((fields) => encode([eventTime(fields.index), logObject(fields)], { extensionCodec })),
  );
  return Buffer.from(encode(["shop.web", entries, { size: records.length, chunk }]));
}

class EventTime {
  readonly seconds: number;
  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

function eventTime(index: number): EventTime {
  return new EventTime(1_767_322_000 + Math.floor(index / 1_000));
}

const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: 0,
  encode(value: unknown): Uint8Array | null {
    if (!(value instanceof EventTime)) return null;
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(value.seconds, 0);
    return bytes;
  },
  decode: () => null,
});

/** A gRPC `Batch`. */
export function grpcBatch(records: readonly Fields[], id: string): object {
  return { id, records: records.map(grpcRecord) };
}

function grpcRecord(fields: Fields): object {
  const text = (stringValue: string): object => ({ stringValue });
  return {
    time: { seconds: 1_767_322_000 + Math.floor(fields.index / 1_000), nanos: 0 },
    severity: fields.error ? "error" : "info",
    message: fields.message,
    logger: "shop.http.access",
    host: "web-1",
    service: "shop",
    fields: {
      fields: {
        request_id: text(fields.requestId),
        method: text("GET"),
        status: { numberValue: fields.error ? 502 : 200 },
        user_agent: text("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
        ...(fields.sentUs === undefined ? {} : { sent_us: { numberValue: fields.sentUs } }),
      },
    },
  };
}

/** Consecutive groups of a block's indices. */
export function groups(count: number, size: number): number[][] {
  const all: number[][] = [];
  for (let start = 0; start < count; start += size) {
    all.push(Array.from({ length: Math.min(size, count - start) }, (_, i) => start + i));
  }
  return all;
}

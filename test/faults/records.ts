import { encode } from "@msgpack/msgpack";

/** One record of a sender. Those with a number are issues, and the number tells them apart wherever they turn up. */
export interface Fields {
  readonly number: number | undefined;
  /** Which upstream it is routed to, as a field. */
  readonly lane: string;
  readonly index: number;
}

/** Makes the event of an issue about a kilobyte long. */
const PADDING = "the card was declined by the issuer, see the log of the payment service for the transaction. ".repeat(3);

/** As JSON loggers write it. */
function logObject({ number, lane, index }: Fields): Record<string, string | number> {
  const usual = {
    host: "web-1",
    service: "shop",
    logger: "shop.http.access",
    request_id: `req-${index % 5_000}`,
    method: "GET",
    lane,
  };
  if (number === undefined) {
    return { ...usual, level: "info", message: `GET /api/orders/${index} answered 200 in ${index % 211} ms`, status: 200 };
  }
  const sent_us = Math.round((performance.timeOrigin + performance.now()) * 1_000);
  const message = `could not charge order ${number}: card declined`;
  return { ...usual, level: "error", message, fault_number: number, sent_us, padding: PADDING };
}

/** A forward message in PackedForward mode that wants its chunk acknowledged. */
export function forwardChunk(records: readonly Fields[], chunk: string): Buffer {
  const seconds = Math.floor(Date.now() / 1_000);
  const entries = Buffer.concat(records.map((fields) => encode([seconds, logObject(fields)])));
  return Buffer.from(encode(["shop.web", entries, { size: records.length, chunk }]));
}

/** A gRPC `Batch`. */
export function grpcBatch(records: readonly Fields[], id: string): object {
  return {
    id,
    records: records.map((fields) => {
      const { level, message, host, service, logger, ...rest } = logObject(fields);
      const entries = Object.entries(rest).map(([name, value]) => [
        name,
        typeof value === "number" ? { numberValue: value } : { stringValue: value },
      ]);
      return { severity: level, message, logger, host, service, fields: { fields: Object.fromEntries(entries) as object } };
    }),
  };
}

/** A GELF object. */
export function gelf(fields: Fields): string {
  const { level, message, host, ...rest } = logObject(fields);
  const own = Object.entries(rest).map(([name, value]) => [`_${name}`, value]);
  return JSON.stringify({
    version: "1.1",
    host,
    short_message: message,
    level: level === "error" ? 3 : 6,
    ...(Object.fromEntries(own) as object),
  });
}

import type { Shipment } from "../component/delivery.ts";
import type { Parcel } from "../record/parcel.ts";
import { clientReportJson } from "./client-report.ts";

// HEADERS "\n" ( ITEM_HEADER "\n" PAYLOAD "\n" )*   with every length in bytes, and nothing after the last line end:
// a tracker refuses the whole envelope for one byte too many.

/** What is known only when an envelope is sent. */
export interface Sending {
  /** Wall clock of this attempt: a stale one moves the event in time. */
  readonly sentAtMs: number;
  /** Version of the relay, for the `sdk` header. */
  readonly version: string;
}

const LOGS_OPEN = Buffer.from(`{"version":2,"ingest_settings":{"infer_ip":"never","infer_user_agent":"never"},"items":[`);
const LOGS_CLOSE = Buffer.from("]}");
const COMMA = Buffer.from(",");
const LINE_END = Buffer.from("\n");
const LOGS_TYPE = "application/vnd.sentry.items.log+json";

/** The bytes of one envelope: one event, or one container of logs, or one client report. Bodies are not parsed again. */
export function envelopeOf(shipment: Shipment, sending: Sending): Buffer {
  if (shipment.kind === "event") {
    const [{ body, eventId }] = shipment.parcels;
    const item = { type: "event", length: body.length, content_type: "application/json" };
    return framed(sending, { event_id: eventId }, item, [body]);
  }
  if (shipment.kind === "logs") {
    const payload = logContainer(shipment.parcels);
    const length = payload.reduce((sum, chunk) => sum + chunk.length, 0);
    const item = { type: "log", item_count: shipment.parcels.length, content_type: LOGS_TYPE, length };
    return framed(sending, {}, item, payload);
  }
  const body = Buffer.from(clientReportJson(shipment.discarded, sending.sentAtMs));
  return framed(sending, {}, { type: "client_report", length: body.length }, [body]);
}

/** Version 2 keeps the tracker from taking our address and User-Agent for those of a user. */
function logContainer(parcels: readonly Parcel[]): Uint8Array[] {
  const chunks: Uint8Array[] = [LOGS_OPEN];
  for (const [index, parcel] of parcels.entries()) {
    if (index > 0) chunks.push(COMMA);
    chunks.push(parcel.body);
  }
  chunks.push(LOGS_CLOSE);
  return chunks;
}

function framed(sending: Sending, ids: object, item: object, payload: readonly Uint8Array[]): Buffer {
  const sent_at = new Date(sending.sentAtMs).toISOString();
  const headers = { ...ids, sent_at, sdk: { name: "crumbtrail", version: sending.version } };
  return Buffer.concat([Buffer.from(`${JSON.stringify(headers)}\n${JSON.stringify(item)}\n`), ...payload, LINE_END]);
}

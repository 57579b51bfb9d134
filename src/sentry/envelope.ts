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
  if (shipment.kind !== "client_report") return envelopeOfParcels(shipment, sending);
  const body = Buffer.from(clientReportJson(shipment.discarded, sending.sentAtMs));
  return framed(sending, {}, { type: "client_report", length: body.length }, [body]);
}

/**
 * As {@link envelopeOf}, for a file: without the moment of sending, which nobody knows yet. An old one would have the
 * tracker take it for a clock that is wrong, and move the event in time.
 */
export function envelopeToKeep(shipment: Exclude<Shipment, { kind: "client_report" }>, version: string): Buffer {
  return envelopeOfParcels(shipment, { sentAtMs: undefined, version });
}

type Framing = Pick<Sending, "version"> & { readonly sentAtMs: number | undefined };

function envelopeOfParcels(shipment: Exclude<Shipment, { kind: "client_report" }>, framing: Framing): Buffer {
  if (shipment.kind === "event") {
    const [{ body, eventId }] = shipment.parcels;
    const item = { type: "event", length: body.length, content_type: "application/json" };
    return framed(framing, { event_id: eventId }, item, [body]);
  }
  const payload = logContainer(shipment.parcels);
  const length = payload.reduce((sum, chunk) => sum + chunk.length, 0);
  const item = { type: "log", item_count: shipment.parcels.length, content_type: LOGS_TYPE, length };
  return framed(framing, {}, item, payload);
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

function framed(framing: Framing, ids: object, item: object, payload: readonly Uint8Array[]): Buffer {
  const sent = framing.sentAtMs === undefined ? {} : { sent_at: new Date(framing.sentAtMs).toISOString() };
  const headers = { ...ids, ...sent, sdk: { name: "crumbtrail", version: framing.version } };
  return Buffer.concat([Buffer.from(`${JSON.stringify(headers)}\n${JSON.stringify(item)}\n`), ...payload, LINE_END]);
}

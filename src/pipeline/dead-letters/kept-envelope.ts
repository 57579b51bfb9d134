import type { Shipment } from "../../component/delivery.ts";
import type { Parcel } from "../../record/parcel.ts";
import { skipSpace, skipString, skipValue } from "../../scan/json.ts";
import { JsonView } from "../../sentry/json-view.ts";

/** More than any relay writes; a longer file is not read. */
export const MAX_ENVELOPE_BYTES = 32 << 20;
const MAX_HEADER_BYTES = 8_192;
const MAX_HEADER_DEPTH = 8;
const MAX_LOGS = 1_000;

const LF = 0x0a;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What is kept in one envelope: an event, or logs. */
export type KeptShipment = Exclude<Shipment, { kind: "client_report" }>;

/** What the file does not say of its parcels. */
export interface Addressed {
  readonly upstream: string;
  readonly input: string;
  readonly bornMs: number;
}

/** An event or logs of a kept envelope, byte for byte as they were; or what is wrong with the file, as a sentence. */
export function readKeptEnvelope(bytes: Buffer, to: Addressed): KeptShipment | string {
  const headers = headerAt(bytes, 0);
  if (headers === undefined) return "it does not begin with an envelope header";
  const item = headerAt(bytes, headers.end);
  if (item === undefined) return "it has no item header";
  const length = item.view.get("length").number ?? -1;
  const end = item.end + length;
  if (!Number.isSafeInteger(length) || length < 0 || end > bytes.length) return "its item is cut off";
  if (bytes.length > end + 1 || (bytes.length === end + 1 && bytes[end] !== LF)) return "something follows its only item";
  const payload = bytes.subarray(item.end, end);
  const shared = { ...to, records: 1, issue: 0 };
  switch (item.view.get("type").text) {
    case "event": {
      const eventId = headers.view.get("event_id").text;
      if (!/^[0-9a-f]{32}$/.test(eventId)) return "its event_id is not 32 hex digits";
      if (payload[0] !== OPEN_OBJECT || skipValue(payload, 0, length) !== length) return "its event is no JSON object";
      return { kind: "event", parcels: [{ ...shared, category: "error", body: payload, eventId }] };
    }
    case "log": {
      const logs = logsOf(payload);
      if (logs === undefined) return `it holds no list of 1 to ${MAX_LOGS} logs`;
      return { kind: "logs", parcels: logs.map((body): Parcel => ({ ...shared, category: "log_item", body, eventId: "" })) };
    }
    default:
      return "it holds neither an event nor logs";
  }
}

function headerAt(bytes: Buffer, start: number): { readonly view: JsonView; readonly end: number } | undefined {
  const lineEnd = bytes.subarray(start, start + MAX_HEADER_BYTES).indexOf(LF);
  if (lineEnd === -1) return undefined;
  if (bytes[start] !== OPEN_OBJECT || skipValue(bytes, start, start + lineEnd, MAX_HEADER_DEPTH) < 0) return undefined;
  return { view: JsonView.parse(bytes.toString("utf8", start, start + lineEnd)), end: start + lineEnd + 1 };
}

/** The elements of `items`, cut out rather than parsed: what is sent again must be what was refused. */
function logsOf(json: Buffer): readonly Buffer[] | undefined {
  const end = skipValue(json, 0, json.length);
  if (end < 0 || skipSpace(json, end, json.length) !== json.length) return undefined;
  let at = skipSpace(json, 0, end);
  if (json[at] !== OPEN_OBJECT) return undefined;
  at = skipSpace(json, at + 1, end);
  // All of it is valid JSON, so every step below finds what the grammar promises.
  while (json[at] !== CLOSE_OBJECT) {
    const nameEnd = skipString(json, at, end);
    const name = json.toString("latin1", at, nameEnd);
    const value = skipSpace(json, skipSpace(json, nameEnd, end) + 1, end);
    if (name === '"items"') return elementsOf(json, value, end);
    at = skipSpace(json, skipValue(json, value, end), end);
    if (json[at] === COMMA) at = skipSpace(json, at + 1, end);
  }
  return undefined;
}

function elementsOf(json: Buffer, start: number, end: number): readonly Buffer[] | undefined {
  if (json[start] !== OPEN_ARRAY) return undefined;
  const elements: Buffer[] = [];
  let at = skipSpace(json, start + 1, end);
  while (json[at] !== CLOSE_ARRAY) {
    if (json[at] !== OPEN_OBJECT || elements.length === MAX_LOGS) return undefined;
    const elementEnd = skipValue(json, at, end);
    elements.push(json.subarray(at, elementEnd));
    at = skipSpace(json, elementEnd, end);
    if (json[at] === COMMA) at = skipSpace(json, at + 1, end);
  }
  return elements.length === 0 ? undefined : elements;
}

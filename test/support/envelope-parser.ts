/** One item of an envelope, its payload as bytes and, where it is JSON, parsed. */
export interface EnvelopeItem {
  readonly header: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
  readonly payload: unknown;
}

export interface ParsedEnvelope {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly items: readonly EnvelopeItem[];
}

const LF = 0x0a;
/** With dashes is how sentry-cli writes it. */
const EVENT_ID = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * Takes an envelope apart as strictly as Relay does: every header a JSON object in one line, every length that is given
 * exact, every payload followed by a line end or the end, nothing after the last one. Throws an Error that says what is wrong.
 * @param payloads false: payloads are not looked into
 */
export function parseEnvelopeStrictly(bytes: Buffer, payloads = true): ParsedEnvelope {
  let at = 0;
  const headerLine = (what: string): Record<string, unknown> => {
    const end = bytes.indexOf(LF, at);
    const line = bytes.subarray(at, end === -1 ? bytes.length : end);
    at = end === -1 ? bytes.length : end + 1;
    return objectOf(line, what);
  };
  const headers = headerLine("envelope header");
  if (Object.hasOwn(headers, "event_id") && !EVENT_ID.test(String(headers["event_id"])))
    throw new Error("event_id is no 32 hex digits");
  const items: EnvelopeItem[] = [];
  while (at < bytes.length) {
    const header = headerLine("item header");
    const { type, length = lineLength(bytes, at) } = header;
    if (typeof type !== "string") throw new Error("an item has no type");
    if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0)
      throw new Error(`${type}: length is no number`);
    if (at + length > bytes.length) throw new Error(`${type}: unexpected end, ${bytes.length - at} of ${length} bytes`);
    const payload = bytes.subarray(at, at + length);
    at += length;
    if (at < bytes.length && bytes[at] !== LF) throw new Error(`${type}: missing line end after the payload`);
    at += 1;
    items.push({ header, bytes: payload, payload: payloads ? JSON.parse(utf8(payload)) : undefined });
  }
  checkCounts(items);
  return { headers, items };
}

/** A payload whose length is not given, as sentry-cli writes logs, is a line. */
function lineLength(bytes: Buffer, start: number): number {
  const end = bytes.indexOf(LF, start);
  return (end === -1 ? bytes.length : end) - start;
}

/** At most one event and one log container, and its count exact. */
function checkCounts(items: readonly EnvelopeItem[]): void {
  for (const type of ["event", "log"]) {
    if (items.filter((item) => item.header["type"] === type).length > 1) throw new Error(`more than one ${type} item`);
  }
  for (const { header, payload } of items) {
    if (header["type"] !== "log") continue;
    if (header["content_type"] !== "application/vnd.sentry.items.log+json") throw new Error("log: wrong content_type");
    if (payload === undefined) continue;
    const { items: logs } = payload as { items: unknown };
    if (!Array.isArray(logs) || logs.length !== header["item_count"])
      throw new Error("log: item_count is not the number of items");
  }
}

function objectOf(line: Buffer, what: string): Record<string, unknown> {
  const value: unknown = JSON.parse(utf8(line));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`the ${what} is no JSON object`);
  return value as Record<string, unknown>;
}

/** Refuses bytes that are no UTF-8, and escapes of half a surrogate pair, as serde_json does. */
function utf8(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  for (const escape of text.matchAll(
    /\\(?:u[dD][89abAB][0-9a-fA-F]{2}(\\u[dD][c-fC-F][0-9a-fA-F]{2})?|u[dD][c-fC-F][0-9a-fA-F]{2}|[^])/g,
  )) {
    if (escape[0].length === 6) throw new Error("half a surrogate pair");
  }
  return text;
}

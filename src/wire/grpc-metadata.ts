import { isIP } from "node:net";
import type { Metadata } from "@grpc/grpc-js";

/** Longest value taken over. */
const MAX_LENGTH = 200;

/** Request metadata that stands for a field of the record as it is; the first that is present. */
const TAKEN_OVER: readonly (readonly [field: string, names: readonly string[]])[] = [
  ["request_id", ["x-request-id", "x-correlation-id", "request-id"]],
  ["user_id", ["x-user-id"]],
  ["user_email", ["x-user-email"]],
  ["username", ["x-username", "x-user-name"]],
];

interface Trace {
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

/** What the metadata of a call says about its records, under record field names; undefined when it says nothing. */
export function requestMetadata(metadata: Metadata): ReadonlyMap<string, string> | undefined {
  const fields = new Map<string, string>();
  const trace = traceOf(metadata);
  if (trace?.traceId !== undefined) fields.set("trace_id", trace.traceId);
  if (trace?.spanId !== undefined) fields.set("span_id", trace.spanId);
  for (const [field, names] of TAKEN_OVER) {
    for (const name of names) {
      const value = text(metadata, name);
      if (value === "" || value.length > MAX_LENGTH) continue;
      fields.set(field, value);
      break;
    }
  }
  const ip = clientIp(metadata);
  if (ip !== undefined) fields.set("client_ip", ip);
  return fields.size === 0 ? undefined : fields;
}

/** Size of metadata as HTTP/2 counts it: names, values and 32 bytes for each (RFC 9113, section 6.5.2). */
export function metadataBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [name, values] of Object.entries(metadata.toJSON())) {
    for (const value of values) bytes += name.length + value.length + 32;
  }
  return bytes;
}

/** The first value of a name, without the space around it; "" when there is none or when it is binary. */
function text(metadata: Metadata, name: string): string {
  const value = metadata.get(name)[0];
  return typeof value === "string" ? value.trim() : "";
}

// Both ids come from one place: a trace of one system with a span of another would point nowhere.
function traceOf(metadata: Metadata): Trace | undefined {
  // https://www.w3.org/TR/trace-context/#traceparent-header
  const w3c = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-/i.exec(text(metadata, "traceparent"));
  if (w3c !== null) return trace(w3c[1], w3c[2]);
  // https://github.com/openzipkin/b3-propagation: one header, or one for each part.
  const b3 = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-|$)/i.exec(text(metadata, "b3"));
  if (b3 !== null) return trace(b3[1], b3[2]);
  const many = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i.exec(text(metadata, "x-b3-traceid"));
  if (many !== null) return trace(many[0], text(metadata, "x-b3-spanid"));
  const sentry = /^([0-9a-f]{32})-([0-9a-f]{16})(?:-|$)/i.exec(text(metadata, "sentry-trace"));
  return sentry === null ? undefined : trace(sentry[1], sentry[2]);
}

/** Ids in lower case; a B3 trace id of 64 bits gets zeros in front; one of nothing but zeros is none. */
function trace(traceId = "", spanId = ""): Trace {
  return {
    traceId: /[^0]/.test(traceId) ? traceId.toLowerCase().padStart(32, "0") : undefined,
    spanId: /^[0-9a-f]{16}$/i.test(spanId) && /[^0]/.test(spanId) ? spanId.toLowerCase() : undefined,
  };
}

/** The caller's address as a proxy in front has written it down. */
function clientIp(metadata: Metadata): string | undefined {
  const candidates = [text(metadata, "x-real-ip"), text(metadata, "x-forwarded-for").split(",", 1)[0] ?? ""];
  return candidates.map((candidate) => bareAddress(candidate.trim())).find((address) => isIP(address) !== 0);
}

/** "203.0.113.7:4711", "[2001:db8::1]:4711" and the like without brackets and port. */
function bareAddress(text: string): string {
  if (text.startsWith("[")) return text.slice(1, Math.max(1, text.indexOf("]")));
  const colon = text.indexOf(":");
  return colon > 0 && colon === text.lastIndexOf(":") ? text.slice(0, colon) : text;
}

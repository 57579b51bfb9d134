/** What names a place in a trace. */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero; undefined where the text names none. */
  readonly spanId: string | undefined;
}

/** Longest text looked at: X-Ray's header with its lineage. */
const MAX_TEXT_CHARS = 512;
const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);

/**
 * Reads a trace id however it is carried, told by its shape: bare (32 digits, a UUID, or the 16 of older Zipkin padded
 * with zeros), W3C `traceparent`, B3, Sentry, AWS X-Ray, Jaeger, Google Cloud. Datadog's decimal ids are told by their
 * names: {@link decimalIdOf}.
 */
export function traceContextOf(text: string): TraceContext | undefined {
  if (text.length === 32) return context(text, undefined);
  if (text.length === 16) return context(NO_SPAN + text, undefined);
  // Python prints numbers in hexadecimal so.
  if (text.length === 34 && text.startsWith("0x")) return context(text.slice(2), undefined);
  if (text.length < 16 || text.length > MAX_TEXT_CHARS) return undefined;
  const trimmed = text.trim();
  if (trimmed !== text) return traceContextOf(trimmed);
  if (text.startsWith("projects/")) return context(text.slice(text.lastIndexOf("/") + 1), undefined);
  if (text.includes("=") && text.includes(";")) return fromPairs(text);
  if (text.startsWith("Root=")) return fromRay(text.slice(5), undefined);
  if (text.startsWith("TraceID: ")) return fromRayEntity(text.slice(9));
  if (text.startsWith("1-")) return fromRayEntity(text);
  if (text.includes(":")) return fromJaeger(text);
  if (text.includes("%3")) return fromJaeger(text.replaceAll(/%3a/gi, ":"));
  return fromDashes(text);
}

/** A bare trace id of exactly 32 digits. */
export function longTraceIdOf(text: string): string | undefined {
  return text.length === 32 ? context(text, undefined)?.traceId : undefined;
}

/** Datadog's ids, whole numbers of 64 bits: 16 lower-case hex digits; undefined for zero and what is none. */
export function decimalIdOf(value: unknown): string | undefined {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== "string" || !DECIMAL.test(text)) return undefined;
  const id = BigInt(text);
  return id === 0n || id > MAX_ID ? undefined : id.toString(16).padStart(16, "0");
}

const DECIMAL = /^\d{1,20}$/;
const MAX_ID = 0xffff_ffff_ffff_ffffn;

/** A span id: 16 hex digits, not all zero, in lower case. */
export function spanIdOf(given: string): string | undefined {
  const text = given.length === 18 && given.startsWith("0x") ? given.slice(2) : given;
  if (text.length !== 16 || !isHex(text)) return undefined;
  const spanId = text.toLowerCase();
  return spanId === NO_SPAN ? undefined : spanId;
}

function context(traceId: string, spanId: string | undefined): TraceContext | undefined {
  if (traceId.length !== 32 || !isHex(traceId)) return undefined;
  const lower = traceId.toLowerCase();
  return lower === NO_TRACE ? undefined : { traceId: lower, spanId: spanId === undefined ? undefined : spanIdOf(spanId) };
}

function fromDashes(text: string): TraceContext | undefined {
  const [first = "", second = "", third = ""] = text.split("-", 4);
  // W3C: version, trace, parent, flags.
  if (first.length === 2 && isHex(first) && first !== "ff") return context(second, third);
  // B3 and Sentry: trace, span, sampled.
  if (first.length === 32) return context(first, second);
  if (first.length === 16) return context(NO_SPAN + first, second);
  return text.length === 36 ? context(text.replaceAll("-", ""), undefined) : fromSlash(text);
}

/** Google Cloud: `trace/span;o=1`, with a decimal span. */
function fromSlash(text: string): TraceContext | undefined {
  const slash = text.indexOf("/");
  if (slash !== 32) return undefined;
  return context(text.slice(0, slash), decimalIdOf(text.slice(slash + 1).split(";", 1)[0]));
}

/** `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`. */
function fromPairs(text: string): TraceContext | undefined {
  const pairs = new Map(text.split(";", 10).map((pair) => pairOf(pair)));
  const root = pairs.get("Root");
  return root === undefined ? fromSlash(text) : fromRay(root, pairs.get("Parent"));
}

function pairOf(pair: string): [string, string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, Math.max(0, at)).trim(), pair.slice(at + 1).trim()];
}

/** `1-5759e988-bd862e3fe1be46a994272793@53995c3f42cd8ad8`: with the id of the segment. */
function fromRayEntity(text: string): TraceContext | undefined {
  const [id = "", entity] = text.split("@", 2);
  return fromRay(id, entity);
}

function fromRay(id: string, parent: string | undefined): TraceContext | undefined {
  const [version, seconds = "", rest = ""] = id.split("-", 3);
  return version === "1" && seconds.length === 8 ? context(seconds + rest, parent) : undefined;
}

/** `trace:span:parent:flags`, whose writers leave out leading zeros. */
function fromJaeger(text: string): TraceContext | undefined {
  const parts = text.split(":", 5);
  const [trace = "", span = ""] = parts;
  if (parts.length !== 4 || trace === "" || span === "") return undefined;
  return context(trace.padStart(32, "0"), span.padStart(16, "0"));
}

function isHex(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const isDigit = code >= 0x30 && code <= 0x39;
    if (!isDigit && !(code >= 0x61 && code <= 0x66) && !(code >= 0x41 && code <= 0x46)) return false;
  }
  return true;
}

/** Structured data by id: the parameters of each element; a name that came twice has all its values. */
export type StructuredData = ReadonlyMap<string, ReadonlyMap<string, string | readonly string[]>>;

const OPEN = 0x5b;
const CLOSE = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const EQUALS = 0x3d;
const SPACE = 0x20;

/** Elements, and parameters of one, that are kept; what bounds them all is the size of a message. */
const MAX_KEPT = 512;

/**
 * Where the structured data that begins at `start` ends (RFC 5424, 6.3): `[id name="value" ...][id2 ...]`. -1 when it is
 * broken. In values, `\"`, `\\` and `\]` are escapes; many senders forget the last one, so an unescaped `]` within quotes counts
 * as text.
 */
export function structuredDataEnd(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === OPEN) {
    at = elementEnd(bytes, at, end);
    if (at < 0) return -1;
  }
  return at;
}

function elementEnd(bytes: Buffer, start: number, end: number): number {
  let quoted = false;
  for (let at = start + 1; at < end; at += 1) {
    const byte = bytes[at];
    if (quoted) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) {
      if (bytes[at - 1] !== EQUALS) return -1;
      quoted = true;
    } else if (byte === CLOSE) return at === start + 1 ? -1 : at + 1;
    else if (byte === OPEN) return -1;
  }
  return -1;
}

/** What whole structured data says, as {@link structuredDataEnd} found it. */
export function structuredData(bytes: Buffer, start: number, end: number): StructuredData {
  const elements = new Map<string, Map<string, string | string[]>>();
  for (let at = start; at < end && elements.size < MAX_KEPT;) {
    const stop = elementEnd(bytes, at, end);
    if (stop < 0) break;
    let idEnd = at + 1;
    while (idEnd < stop - 1 && bytes[idEnd] !== SPACE) idEnd += 1;
    const id = bytes.toString("utf8", at + 1, idEnd);
    const params = elements.get(id) ?? new Map<string, string | string[]>();
    elements.set(id, params);
    readParams(bytes, idEnd, stop - 1, params);
    at = stop;
  }
  return elements;
}

function readParams(bytes: Buffer, start: number, end: number, params: Map<string, string | string[]>): void {
  let at = start;
  while (at < end && params.size < MAX_KEPT) {
    while (at < end && bytes[at] === SPACE) at += 1;
    const nameStart = at;
    while (at < end && bytes[at] !== EQUALS) at += 1;
    if (at + 1 >= end) return;
    const name = bytes.toString("utf8", nameStart, at);
    const valueStart = at + 2;
    at = valueStart;
    while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    const value = unescaped(bytes.toString("utf8", valueStart, Math.min(at, end)));
    at += 1;
    const before = params.get(name);
    if (before === undefined) params.set(name, value);
    else if (typeof before === "string") params.set(name, [before, value]);
    else if (before.length < MAX_KEPT) before.push(value);
  }
}

/** A backslash before anything else stands for itself. */
function unescaped(value: string): string {
  return value.includes("\\") ? value.replaceAll(/\\(["\\\]])/g, "$1") : value;
}

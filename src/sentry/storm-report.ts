/**
 * Adds to an event's `extra` how many events of its issue were held back before it, and since when (Unix milliseconds).
 * Relies on `eventJson`: the body ends with `extra` and the event itself, "}}". Any other body comes back as it is.
 */
export function withStormReport(body: Uint8Array, suppressed: number, sinceMs: number): Uint8Array {
  const end = body.length - 2;
  if (end < 1 || body[end] !== CLOSE || body[end + 1] !== CLOSE) return body;
  const since = new Date(sinceMs).toISOString();
  const comma = body[end - 1] === OPEN ? "" : ",";
  const report = `${comma}"storm":"${suppressed} more since ${since}","storm_suppressed":${suppressed}}}`;
  return Buffer.concat([body.subarray(0, end), Buffer.from(report)]);
}

const OPEN = 0x7b;
const CLOSE = 0x7d;

import { quoted } from "./json-text.ts";

/** What storm control held back of an issue. Times are Unix milliseconds. */
export interface HeldBack {
  /** Events. */
  readonly suppressed: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** How many of them by host, for the first few hosts. */
  readonly hosts: ReadonlyMap<string, number>;
  /** How many came from other hosts, or from nowhere that is known. */
  readonly otherHosts: number;
}

/**
 * Adds to an event's `extra` what was held back of its issue before it.
 * Relies on `eventJson`: the body ends with `extra` and the event itself, "}}". Any other body comes back as it is.
 */
export function withStormReport(body: Uint8Array, held: HeldBack): Uint8Array {
  const end = body.length - 2;
  if (end < 1 || body[end] !== CLOSE || body[end + 1] !== CLOSE) return body;
  const comma = body[end - 1] === OPEN ? "" : ",";
  return Buffer.concat([body.subarray(0, end), Buffer.from(`${comma}${membersOf(held)}}}`)]);
}

function membersOf({ suppressed, firstMs, lastMs, hosts, otherHosts }: HeldBack): string {
  const first = new Date(firstMs).toISOString();
  const last = new Date(lastMs).toISOString();
  const byHost = [...hosts].map(([host, count]) => `${quoted(host)}:${count}`).join(",");
  const count = `"storm":"${suppressed} more since ${first}","storm_suppressed":${suppressed}`;
  const elsewhere = otherHosts === 0 ? "" : `,"storm_other_hosts":${otherHosts}`;
  return `${count},"storm_first":"${first}","storm_last":"${last}","storm_hosts":{${byHost}}${elsewhere}`;
}

const OPEN = 0x7b;
const CLOSE = 0x7d;

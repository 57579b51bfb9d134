import type { Provenance } from "../record/provenance.ts";
import { NO_MESSAGE, type LogRecord } from "../record/record.ts";
import { namesOf } from "./names.ts";
import { recordFromObject } from "./normalise.ts";
import type { TimeZone } from "./time-zone.ts";
import { momentIn } from "./zoned-line.ts";

export interface PairsOptions {
  /** The message where no pair is one and none says what was asked for or went wrong either. */
  readonly whole: string;
  /** The message where no pair is one. */
  readonly said?: string;
  /** Of times that name none; undefined: UTC. */
  readonly zone: TimeZone | undefined;
  /** What the line's carrier says beside it. */
  readonly carried?: ReadonlyMap<string, string>;
}

/** A record of what a plain line says under names. A stack trace may follow it, as any plain line. */
export function recordFromPairs(pairs: Map<string, unknown>, from: Provenance, options: PairsOptions): LogRecord {
  const { whole, said, zone, carried } = options;
  if (zone !== undefined) putIntoZone(pairs, zone, from.receivedMs);
  if (said !== undefined && !hasMessage(pairs)) pairs.set("message", said);
  const record = recordFromObject(pairs, from, "json", carried);
  if (record.message === NO_MESSAGE) record.message = whole;
  record.rawLine = record.stackText === undefined && record.errorType === undefined;
  return record;
}

function hasMessage(pairs: ReadonlyMap<string, unknown>): boolean {
  const names = namesOf("json");
  for (const name of pairs.keys()) {
    const role = names.known(name)?.role;
    if (role === "message" || role === "event") return true;
  }
  return false;
}

function putIntoZone(pairs: Map<string, unknown>, zone: TimeZone, receivedMs: number): void {
  const names = namesOf("json");
  for (const [name, value] of pairs) {
    if (typeof value !== "string" || names.known(name)?.role !== "time") continue;
    const moment = momentIn(zone, value, receivedMs);
    if (moment !== undefined) pairs.set(name, moment);
  }
}

import type { Provenance } from "../record/provenance.ts";
import type { LogRecord } from "../record/record.ts";

/** A frame that is no record, said in words a sender understands: "not JSON: unexpected end at byte 17". */
export interface Malformed {
  readonly malformed: string;
}

/** A frame that is neither a record nor a mistake: a group marker, a heartbeat. */
export const NOTHING = Symbol("nothing");

export type Decoded = LogRecord | Malformed | typeof NOTHING;

export interface Codec {
  /** As in `Batch.codec`. */
  readonly name: string;
  /** Decodes `bytes[start .. end)`. Pure; never throws, whatever the bytes. */
  decode(bytes: Buffer, start: number, end: number, from: Provenance): Decoded;
}

export function isMalformed(decoded: Decoded): decoded is Malformed {
  return typeof decoded === "object" && "malformed" in decoded;
}

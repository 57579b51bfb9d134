import type { Provenance } from "../record/provenance.ts";
import type { LogRecord } from "../record/record.ts";
import type { SeverityNumber } from "../record/severity.ts";

/** A frame that is no record, said in words a sender understands: "not JSON: unexpected end at byte 17". */
export interface Malformed {
  readonly malformed: string;
}

/** A frame that is neither a record nor a mistake: a group marker, a heartbeat. */
export const NOTHING = Symbol("nothing");

export type Decoded = LogRecord | Malformed | typeof NOTHING;

/** What a glance at a frame saw. One object per glancer, overwritten by each look. */
export interface Sighting {
  severity: SeverityNumber;
  /** Where the wanted values lie: value `i` is `bytes[starts[i] .. ends[i])`, plain ASCII or UTF-8; `starts[i]` < 0: absent. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** How many texts may be read as the message, and where they lie. Escapes in them are not undone. */
  messages: number;
  readonly messageStarts: Int32Array;
  readonly messageEnds: Int32Array;
}

/** The fast path of a codec: looks at a frame's bytes without building a record. */
export interface Glancer {
  readonly seen: Sighting;
  /**
   * True when the frame surely decodes to one record whose level is stated and whose wanted values are in `seen`; false
   * when unsure, which is never wrong, only slow.
   */
  look(bytes: Buffer, start: number, end: number): boolean;
}

export interface Codec {
  /** As in `Batch.codec`. */
  readonly name: string;
  /**
   * A glancer for these record fields ("host", "trace_id", "container_id", ...), or undefined where one of them cannot
   * be told from bytes. Absent: the codec has no fast path.
   */
  glancer?(wanted: readonly string[]): Glancer | undefined;
  /**
   * What a quiet frame says in a trail, read without what a breadcrumb does not show (host, user, headers, query, template,
   * what an issue is told by); a web server's line is taken apart already. Its breadcrumb is that of the decoded record.
   * Undefined: only a full decode can tell. Absent: it always takes one.
   */
  brief?(bytes: Buffer, start: number, end: number, from: Provenance): LogRecord | undefined;
  /** Decodes `bytes[start .. end)`. Pure; never throws, whatever the bytes. */
  decode(bytes: Buffer, start: number, end: number, from: Provenance): Decoded;
}

/** What batches call the codec that an input's configuration made; no name in the registry looks like it. */
export function ownCodec(input: string): string {
  return `of ${input}`;
}

export function isMalformed(decoded: Decoded): decoded is Malformed {
  return typeof decoded === "object" && "malformed" in decoded;
}

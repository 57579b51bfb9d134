import { NOTHING, type Codec, type Decoded } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import type { LogRecord } from "../record/record.ts";
import { JsonGlance } from "./json-glance.ts";
import { parseObject, trimmed, type JsonObject } from "./json-object.ts";
import { recordFromObject } from "./normalise.ts";

/** The member that makes a line GELF; a glance leaves those to the full decode. */
export const GELF_MARK = "short_message";

/** A line that must be one JSON object. Blank lines are nothing. */
export const jsonLine: Codec = {
  name: "json",
  glancer: (wanted) => new JsonGlance("json", wanted, [GELF_MARK]),
  decode(bytes: Buffer, start: number, end: number, from: Provenance): Decoded {
    const extent = trimmed(bytes, start, end);
    if (extent.start === extent.end) return NOTHING;
    const object = parseObject(bytes, extent.start, extent.end);
    return typeof object === "string" ? { malformed: object } : recordFromJson(object, from);
  },
};

/**
 * A record from a line's object: GELF where it is GELF (Spring Boot, logback-gelf on standard output), else any logger's.
 * `carried` is what the line's carrier says beside it.
 */
export function recordFromJson(object: JsonObject, from: Provenance, carried?: ReadonlyMap<string, string>): LogRecord {
  return recordFromObject(object, from, Object.hasOwn(object, GELF_MARK) ? "gelf" : "json", carried);
}

import { NOTHING, type Codec, type Decoded } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { skipBrackets } from "../scan/json.ts";
import { JsonGlance } from "./json-glance.ts";
import { parseObject, trimmed, type JsonObject } from "./json-object.ts";
import { recordFromObject } from "./normalise.ts";

const OPEN = 0x7b;

/**
 * GELF 1.0 and 1.1 (Graylog's specification), read at least as leniently as Graylog reads it: one JSON object a frame,
 * without compression. An object with any field but `version` is a record; no field is compulsory.
 */
export const gelf: Codec = {
  name: "gelf",
  glancer: (wanted) => new JsonGlance("gelf", wanted),
  decode(bytes: Buffer, start: number, end: number, from: Provenance): Decoded {
    const extent = trimmed(bytes, start, end);
    if (extent.start === extent.end) return NOTHING;
    const object = firstObject(bytes, extent.start, extent.end);
    if (typeof object === "string") return { malformed: object };
    if (!saysSomething(object)) return { malformed: "an object without any field but version" };
    return recordFromObject(object, from, "gelf");
  },
};

/** The frame's object; like Graylog, what follows a whole object in one frame is passed over. */
function firstObject(bytes: Buffer, start: number, end: number): JsonObject | string {
  const object = parseObject(bytes, start, end);
  if (typeof object !== "string" || bytes[start] !== OPEN) return object;
  const first = skipBrackets(bytes, start, end);
  if (first < 0 || first === end) return object;
  const alone = parseObject(bytes, start, first);
  return typeof alone === "string" ? object : alone;
}

function saysSomething(object: JsonObject): boolean {
  // oxlint-disable-next-line guard-for-in -- what JSON.parse makes inherits nothing that is enumerable
  for (const name in object) if (name !== "version") return true;
  return false;
}

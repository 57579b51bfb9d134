import { NOTHING, type Codec, type Decoded } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { hasMembers, membersOf } from "./field-values.ts";
import { parseObject, trimmed } from "./json-object.ts";
import { recordFromObject } from "./normalise.ts";

/**
 * A whole line of Docker's json-file driver (moby/moby, daemon/logger/jsonfilelog):
 * `{"log":"text\n","stream":"stdout","attrs":{...},"time":"..."}`. The text is an object or plain, as `auto` sees it; the
 * `attrs`, which are labels and environment of the container, count where the text says nothing. Other lines are malformed.
 */
export const dockerLine: Codec = {
  name: "docker",
  decode(bytes: Buffer, start: number, end: number, from: Provenance): Decoded {
    const extent = trimmed(bytes, start, end);
    if (extent.start === extent.end) return NOTHING;
    const object = parseObject(bytes, extent.start, extent.end);
    if (typeof object === "string") return { malformed: object };
    const { log, attrs, ...rest } = object;
    // Docker leaves an empty text out.
    if (log === undefined && typeof rest["time"] === "string") return NOTHING;
    if (typeof log !== "string")
      return { malformed: 'not a line of Docker\'s json-file driver, expected {"log":"...","time":"..."}' };
    if (log.trim() === "") return NOTHING;
    return recordFromObject({ log, ...rest }, from, "json", attributesOf(attrs));
  },
};

function attributesOf(attrs: unknown): ReadonlyMap<string, string> | undefined {
  if (!hasMembers(attrs)) return undefined;
  return new Map(membersOf(attrs).filter((pair): pair is readonly [string, string] => typeof pair[1] === "string"));
}

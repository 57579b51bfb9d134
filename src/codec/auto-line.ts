import type { Codec, Decoded } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { JsonGlance } from "./json-glance.ts";
import { parseObject, trimmed } from "./json-object.ts";
import { GELF_MARK, recordFromJson } from "./json-line.ts";
import { textLine } from "./text-line.ts";

const OPEN = 0x7b;
const CLOSE = 0x7d;

/** A line that is a JSON object or plain text: whatever looks like an object and is none counts as text. */
export const autoLine: Codec = {
  name: "auto",
  glancer: (wanted) => new JsonGlance("json", wanted, [GELF_MARK]),
  decode(bytes: Buffer, start: number, end: number, from: Provenance): Decoded {
    const extent = trimmed(bytes, start, end);
    // Programs print objects that are no JSON over many lines; most of those are told by their last byte.
    if (bytes[extent.start] === OPEN && bytes[extent.end - 1] === CLOSE && extent.end - extent.start > 2) {
      const object = parseObject(bytes, extent.start, extent.end);
      if (typeof object !== "string") return recordFromJson(object, from);
    }
    return textLine.decode(bytes, start, end, from);
  },
};

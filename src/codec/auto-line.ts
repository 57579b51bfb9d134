import { NOTHING, type Codec, type Decoded } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { JsonGlance } from "./json-glance.ts";
import { parseObject, trimmed } from "./json-object.ts";
import { GELF_MARK, recordFromJson } from "./json-line.ts";
import { isSurelyLogfmt, parseLogfmt } from "./logfmt.ts";
import { recordFromLogfmt } from "./logfmt-line.ts";
import { recordFromLine } from "./normalise.ts";
import { textLine, textOfLine } from "./text-line.ts";

const OPEN = 0x7b;
const CLOSE = 0x7d;
const EQUALS = 0x3d;
/** The names with which a line of logfmt begins are short. */
const LOOK_BYTES = 24;

/**
 * A line that is a JSON object, logfmt beyond doubt, or plain text: whatever looks like an object and is none counts as
 * text.
 */
export const autoLine: Codec = {
  name: "auto",
  glancer: (wanted) => new JsonGlance("json", wanted, [GELF_MARK]),
  decode(bytes: Buffer, start: number, end: number, from: Provenance): Decoded {
    const object = objectIn(bytes, start, end);
    if (object !== undefined) return recordFromJson(object, from);
    if (!beginsWithName(bytes, start, end)) return textLine.decode(bytes, start, end, from);
    const text = textOfLine(bytes, start, end);
    const logfmt = text === undefined ? undefined : parseLogfmt(text);
    if (text === undefined || logfmt === undefined || !isSurelyLogfmt(logfmt)) return textLine.decode(bytes, start, end, from);
    return recordFromLogfmt(logfmt, from, { whole: text, zone: undefined });
  },
};

/** The same inside a line of a container runtime; `carried` is what the runtime says beside it. */
export function decodeCarried(content: Buffer, from: Provenance, carried: ReadonlyMap<string, string>): Decoded {
  const object = objectIn(content, 0, content.length);
  if (object !== undefined) return recordFromJson(object, from, carried);
  const text = textOfLine(content, 0, content.length);
  if (text === undefined) return NOTHING;
  const logfmt = beginsWithName(content, 0, content.length) ? parseLogfmt(text) : undefined;
  if (logfmt !== undefined && isSurelyLogfmt(logfmt))
    return recordFromLogfmt(logfmt, from, { whole: text, zone: undefined, carried });
  return recordFromLine(text, from, carried);
}

function objectIn(bytes: Buffer, start: number, end: number): Exclude<ReturnType<typeof parseObject>, string> | undefined {
  const extent = trimmed(bytes, start, end);
  // Programs print objects that are no JSON over many lines; most of those are told by their last byte.
  if (bytes[extent.start] !== OPEN || bytes[extent.end - 1] !== CLOSE || extent.end - extent.start <= 2) return undefined;
  const object = parseObject(bytes, extent.start, extent.end);
  return typeof object === "string" ? undefined : object;
}

/** `time=`, `level=`, `ts=`, ... at the beginning. */
function beginsWithName(bytes: Buffer, start: number, end: number): boolean {
  const limit = Math.min(end, start + LOOK_BYTES);
  for (let at = start; at < limit; at += 1) {
    const byte = bytes[at] as number;
    if (byte === EQUALS) return at > start;
    if ((byte | 0x20) < 0x61 || (byte | 0x20) > 0x7a) {
      if (byte !== 0x40 && byte !== 0x5f && byte !== 0x2e) return false;
    }
  }
  return false;
}

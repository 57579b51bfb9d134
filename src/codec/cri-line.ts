import type { Codec, Decoded, Glancer, Sighting } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { decodeCarried } from "./auto-line.ts";
import { JsonGlance } from "./json-glance.ts";
import { GELF_MARK } from "./json-line.ts";

// Files of container runtimes under Kubernetes (kubernetes/kubernetes, pkg/kubelet/kuberuntime/logs):
//
//     2026-11-20T10:33:36.367703123Z stdout F content, which may be empty and may begin with blanks
//
// The tags are separated by colons: P (a part, to be joined by whoever reads the file) or F, then ones that are not known yet.

const SPACE = 0x20;
/** A time with nine digits and an offset, a stream, tags. */
const MAX_HEAD_BYTES = 128;

/** A whole line of a container's file: the content is an object or text, as `auto` sees it. Other lines are malformed. */
export const criLine: Codec = {
  name: "cri",
  glancer: (wanted) => new CriGlance(wanted),
  decode(bytes: Buffer, start: number, end: number, from: Provenance): Decoded {
    const content = contentStart(bytes, start, end);
    if (content < 0) return { malformed: 'not a line of a container runtime, expected "TIME stdout|stderr F CONTENT"' };
    const head = bytes.toString("latin1", start, content - 1);
    const [time = "", stream = ""] = head.split(" ", 2);
    const carried = new Map([
      ["time", time],
      ["stream", stream],
    ]);
    return decodeCarried(bytes.subarray(content, end), from, carried);
  },
};

/** A glance at the object that is the content. */
class CriGlance implements Glancer {
  readonly #json: JsonGlance;

  constructor(wanted: readonly string[]) {
    this.#json = new JsonGlance("json", wanted, [GELF_MARK]);
  }

  get seen(): Sighting {
    return this.#json.seen;
  }

  look(bytes: Buffer, start: number, end: number): boolean {
    const content = contentStart(bytes, start, end);
    return content >= 0 && this.#json.look(bytes, content, end);
  }
}

/** Where the content begins; -1 when the line does not begin as one of a container runtime. */
function contentStart(bytes: Buffer, start: number, end: number): number {
  const limit = Math.min(end, start + MAX_HEAD_BYTES);
  const timeEnd = blankFrom(bytes, start, limit);
  if (timeEnd < start + 19 || !isTime(bytes, start)) return -1;
  const streamEnd = blankFrom(bytes, timeEnd + 1, limit);
  if (streamEnd !== timeEnd + 7 || !isStream(bytes, timeEnd + 1)) return -1;
  const tag = bytes[streamEnd + 1];
  if (streamEnd + 1 >= limit || (tag !== 0x46 && tag !== 0x50)) return -1;
  const tagsEnd = blankFrom(bytes, streamEnd + 1, limit);
  // A line without content may come without its last blank.
  if (tagsEnd < 0) return end < start + MAX_HEAD_BYTES && isTagEnd(bytes, streamEnd + 2, end) ? end : -1;
  return isTagEnd(bytes, streamEnd + 2, tagsEnd) ? tagsEnd + 1 : -1;
}

function blankFrom(bytes: Buffer, from: number, limit: number): number {
  for (let at = from; at < limit; at += 1) if (bytes[at] === SPACE) return at;
  return -1;
}

/** `2026-11-20T` */
function isTime(bytes: Buffer, start: number): boolean {
  return isDigit(bytes[start]) && bytes[start + 4] === 0x2d && bytes[start + 7] === 0x2d && bytes[start + 10] === 0x54;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** `stdout` or `stderr` */
function isStream(bytes: Buffer, at: number): boolean {
  const word = bytes.toString("latin1", at, at + 6);
  return word === "stdout" || word === "stderr";
}

/** Nothing behind the first tag, a line's end, or a colon and further tags. */
function isTagEnd(bytes: Buffer, at: number, end: number): boolean {
  return at === end || bytes[at] === 0x3a || (bytes[at] === 0x0d && at + 1 === end);
}

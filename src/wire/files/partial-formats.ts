import { skipString } from "../../scan/json.ts";
import type { Part, PartialFormat } from "./partial-lines.ts";

const SPACE = 0x20;
const COLON = 0x3a;
const PARTIAL = 0x50;
const BACKSLASH = 0x5c;
const LETTER_N = 0x6e;

/**
 * A line of a Kubernetes container runtime: `TIME STREAM TAGS TEXT`, with the first tag P for a part and F for the last or
 * only one (kubernetes/kubernetes, pkg/kubelet/kuberuntime/logs).
 */
export const criParts: PartialFormat = {
  partOf(bytes, start, end): Part | undefined {
    const time = spaceFrom(bytes, start, end);
    const stream = time < 0 ? -1 : spaceFrom(bytes, time + 1, end);
    if (stream < 0) return undefined;
    const behindTag = bytes[stream + 2];
    if (behindTag !== SPACE && behindTag !== COLON) return undefined;
    const text = behindTag === SPACE ? stream + 2 : spaceFrom(bytes, stream + 3, end);
    if (text < 0 || text >= end) return undefined;
    return { stream: nameOf(bytes, time + 1, stream), isLast: bytes[stream + 1] !== PARTIAL, start: text + 1, end };
  },
  whole({ line, start }, text): Buffer {
    // The tag stands right before the text, other tags may follow it: what is whole has only F.
    const tags = line.lastIndexOf(SPACE, start - 2) + 1;
    return Buffer.concat([line.subarray(0, tags), FULL, ...text]);
  },
};

const FULL = Buffer.from("F ");

/** Fields before the text are short. */
const MAX_FIELD_BYTES = 64;

function spaceFrom(bytes: Buffer, from: number, end: number): number {
  const last = Math.min(end, from + MAX_FIELD_BYTES);
  for (let at = from; at < last; at += 1) if (bytes[at] === SPACE) return at;
  return -1;
}

/** "stdout" and "stderr" differ in their fourth letter. */
function nameOf(bytes: Buffer, start: number, end: number): string {
  if (end - start === 6 && bytes[start + 3] === 0x6f) return "stdout";
  if (end - start === 6 && bytes[start + 3] === 0x65) return "stderr";
  return bytes.toString("latin1", start, end);
}

const LOG = Buffer.from('{"log":"');
const STREAM = Buffer.from('"stream":"');

/** A line of Docker's json-file driver: text without a line end at its end is a part (moby, daemon/logger/jsonfilelog). */
export const dockerParts: PartialFormat = {
  partOf(bytes, start, end): Part | undefined {
    if (end - start < LOG.length + 2 || bytes.compare(LOG, 0, LOG.length, start, start + LOG.length) !== 0) return undefined;
    const after = skipString(bytes, start + LOG.length - 1, end);
    if (after < 0 || after > end) return undefined;
    const text = { start: start + LOG.length, end: after - 1 };
    return { ...text, stream: streamOf(bytes, after, end), isLast: endsLine(bytes, text.start, text.end) };
  },
  whole({ line, start, end }, text): Buffer {
    return Buffer.concat([line.subarray(0, start), ...text, line.subarray(end)]);
  },
};

/** Whether JSON text ends with the two characters for a line end. */
function endsLine(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 2 || bytes[end - 1] !== LETTER_N) return false;
  let backslashes = 0;
  for (let at = end - 2; at >= start && bytes[at] === BACKSLASH; at -= 1) backslashes += 1;
  return backslashes % 2 === 1;
}

function streamOf(bytes: Buffer, start: number, end: number): string {
  const rest = bytes.subarray(start, end);
  const at = rest.indexOf(STREAM);
  if (at < 0) return "";
  const from = at + STREAM.length;
  return rest.toString("latin1", from, Math.min(rest.length, from + 6));
}

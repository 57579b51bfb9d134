import { gunzip, inflateRaw, type ZlibOptions } from "node:zlib";
import { messageOf } from "../base/errors.ts";

/** What unpacking came to. `broken`: why the end is missing, where only the beginning could be had. */
export type Gunzipped =
  | { readonly kind: "bytes"; readonly bytes: Buffer; readonly broken: string | undefined }
  | { readonly kind: "too_large" }
  | { readonly kind: "malformed"; readonly reason: string };

/** Below this a result may be of any ratio: log text repeats itself. */
const RATIO_FREE_BYTES = 1 << 20;
/** Deflate reaches 1032 at most, and only with runs of one byte. */
const MAX_RATIO = 1_000;
/** Members that are taken one by one where the end is no gzip; the usual way takes any number. */
const MAX_SINGLE_MEMBERS = 1_024;
const MEMBER_HEAD = 10;
const MEMBER_TAIL = 8;

/**
 * Unpacks gzip (RFC 1952) of any number of members off the event loop. Never yields more than `maxBytes`, nor more than
 * a thousand times its input beyond 1 MiB. Bytes behind the last member that are no gzip are left out; a member that is
 * cut off or damaged is told of, and those before it are kept.
 */
export async function gunzipBounded(packed: Buffer, maxBytes: number): Promise<Gunzipped> {
  const most = Math.min(maxBytes, Math.max(RATIO_FREE_BYTES, packed.length * MAX_RATIO));
  const result = await unpack(gunzip, packed, most);
  if (!(result instanceof Error)) return { kind: "bytes", bytes: result.bytes, broken: undefined };
  return result instanceof RangeError ? { kind: "too_large" } : memberByMember(packed, most, messageOf(result));
}

/** The members that can be had, where all at once failed with `reason`. */
async function memberByMember(packed: Buffer, most: number, reason: string): Promise<Gunzipped> {
  const parts: Buffer[] = [];
  let left = most;
  let at = 0;
  while (parts.length < MAX_SINGLE_MEMBERS) {
    const start = deflateStart(packed, at);
    if (start < 0) break;
    const result = await unpack(inflateRaw, packed.subarray(start), left);
    if (result instanceof RangeError) return { kind: "too_large" };
    if (result instanceof Error) break;
    const tail = start + result.consumed;
    if (tail + MEMBER_TAIL > packed.length || packed.readUInt32LE(tail + 4) !== result.bytes.length) break;
    parts.push(result.bytes);
    left -= result.bytes.length;
    at = tail + MEMBER_TAIL;
  }
  if (parts.length === 0) return { kind: "malformed", reason: `broken gzip: ${reason}` };
  const broken = packed[at] === 0x1f && packed[at + 1] === 0x8b ? `broken gzip member at byte ${at}: ${reason}` : undefined;
  return { kind: "bytes", bytes: Buffer.concat(parts), broken };
}

/** Where the deflated bytes of the member at `at` begin; -1 when no member is there. */
function deflateStart(packed: Buffer, at: number): number {
  if (at + MEMBER_HEAD > packed.length || packed.readUIntBE(at, 3) !== 0x1f8b08) return -1;
  const flags = packed[at + 3] ?? 0;
  let start = at + MEMBER_HEAD;
  if ((flags & 4) !== 0) start += start + 2 <= packed.length ? 2 + packed.readUInt16LE(start) : 2;
  // Name and comment end with NUL.
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const nul = packed.indexOf(0, start);
    if (nul < 0) return -1;
    start = nul + 1;
  }
  return (flags & 2) === 0 ? start : start + 2;
}

type Unpacking = typeof gunzip | typeof inflateRaw;

/** The output and how many bytes of the input it took. */
function unpack(unpacking: Unpacking, packed: Buffer, most: number): Promise<{ bytes: Buffer; consumed: number } | Error> {
  // The smallest limit that zlib takes is 1.
  const options: ZlibOptions = { maxOutputLength: Math.max(1, most), info: true };
  return new Promise((resolve) => {
    unpacking(packed, options, (error, result) => {
      if (error !== null) resolve(error);
      else resolve(outcomeOf(result));
    });
  });
}

/** With `info` the answer is an object that `@types/node` does not describe. */
function outcomeOf(result: unknown): { bytes: Buffer; consumed: number } {
  const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } };
  return { bytes: buffer, consumed: engine.bytesWritten };
}

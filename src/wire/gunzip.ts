import { createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from "node:zlib";
import { messageOf } from "../base/errors.ts";

/** What unpacking came to. `broken`: why the end is missing, where only the beginning could be had. */
export type Gunzipped =
  | { readonly kind: "bytes"; readonly bytes: Buffer; readonly broken: string | undefined }
  | { readonly kind: "too_large" }
  | { readonly kind: "no_room" }
  | { readonly kind: "malformed"; readonly reason: string };

/** Below this a result may be of any ratio: log text repeats itself. */
const RATIO_FREE_BYTES = 1 << 20;
/** Deflate reaches 1032 at most, and only with runs of one byte. */
const MAX_RATIO = 1_000;
/** Members that are taken one by one where the end is no gzip; the usual way takes any number. */
const MAX_SINGLE_MEMBERS = 1_024;
const MEMBER_HEAD = 10;
const MEMBER_TAIL = 8;

/** Asked for each piece of what is unpacked: false when there is no room for it. */
export type TakeRoom = (bytes: number) => boolean;

class NoRoom extends Error {}

/**
 * Unpacks gzip (RFC 1952) of any number of members off the event loop. Never yields more than `maxBytes`, nor more than
 * a thousand times its input beyond 1 MiB. Bytes behind the last member that are no gzip are left out; a member that is
 * cut off or damaged is told of, and those before it are kept.
 */
export async function gunzipBounded(packed: Buffer, maxBytes: number, take: TakeRoom = () => true): Promise<Gunzipped> {
  const most = Math.min(maxBytes, Math.max(RATIO_FREE_BYTES, packed.length * MAX_RATIO));
  const result = await unpack(createGunzip(), packed, { most, take });
  if (!(result instanceof Error)) return { kind: "bytes", bytes: result.bytes, broken: undefined };
  if (result instanceof NoRoom) return { kind: "no_room" };
  return result instanceof RangeError ? { kind: "too_large" } : memberByMember(packed, { most, take }, messageOf(result));
}

/** The members that can be had, where all at once failed with `reason`. */
async function memberByMember(packed: Buffer, { most, take }: Bounds, reason: string): Promise<Gunzipped> {
  const parts: Buffer[] = [];
  let left = most;
  let at = 0;
  while (parts.length < MAX_SINGLE_MEMBERS) {
    const start = deflateStart(packed, at);
    if (start < 0) break;
    const result = await unpack(createInflateRaw(), packed.subarray(start), { most: left, take });
    if (result instanceof NoRoom) return { kind: "no_room" };
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

interface Bounds {
  readonly most: number;
  readonly take: TakeRoom;
}

/** The output and how many bytes of the input it took. */
function unpack(
  engine: Gunzip | InflateRaw,
  packed: Buffer,
  { most, take }: Bounds,
): Promise<{ bytes: Buffer; consumed: number } | Error> {
  let parts: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    const fail = (error: Error): void => {
      parts = [];
      engine.destroy();
      resolve(error);
    };
    engine.on("data", (part: Buffer) => {
      length += part.length;
      if (length > most) fail(new RangeError("longer than it may be"));
      else if (take(part.length)) parts.push(part);
      else fail(new NoRoom());
    });
    engine.once("error", fail);
    engine.once("end", () => resolve({ bytes: Buffer.concat(parts), consumed: engine.bytesWritten }));
    engine.end(packed);
  });
}

import { gunzipSync, inflateSync } from "node:zlib";
import { messageOf } from "../base/errors.ts";
import type { Malformed } from "../component/codec.ts";

/** The unpacked bytes, or why there are none. */
export type Inflated = Buffer | "too_large" | Malformed;

/** Below this a result may be of any ratio: log text repeats itself. */
const RATIO_FREE_BYTES = 1 << 20;
/** Deflate reaches 1032 at most, and only with runs of one byte. */
const MAX_RATIO = 1_000;

/**
 * Unpacks a whole message by its first bytes: gzip (1f 8b, also several members in a row), zlib (78 and a header that
 * is a multiple of 31), anything else is returned as it is. Never yields more than `maxBytes`, nor more than a thousand
 * times its input beyond 1 MiB. The result of a plain message shares memory with it.
 */
export function inflate(bytes: Buffer, maxBytes: number): Inflated {
  const first = bytes[0] ?? 0;
  const second = bytes[1] ?? 0;
  if (first === 0x1f && second === 0x8b) return unpack(gunzipSync, "gzip", bytes, maxBytes);
  if (first === 0x78 && (first * 256 + second) % 31 === 0) return unpack(inflateSync, "zlib", bytes, maxBytes);
  if (first === 0x28 && second === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd) {
    return { malformed: "compressed with zstd; send gzip, zlib or no compression" };
  }
  return bytes.length > maxBytes ? "too_large" : bytes;
}

function unpack(unpackSync: typeof gunzipSync, name: string, bytes: Buffer, maxBytes: number): Inflated {
  const most = Math.min(maxBytes, Math.max(RATIO_FREE_BYTES, bytes.length * MAX_RATIO));
  // Room for a usual message in one piece: each piece is allocated whole, however little of it is filled.
  const chunkSize = Math.min(Math.max(1_024, bytes.length * 4), 64 * 1_024);
  try {
    return unpackSync(bytes, { maxOutputLength: most, chunkSize });
  } catch (error) {
    if (error instanceof RangeError) return "too_large";
    return { malformed: `broken ${name} data: ${messageOf(error)}` };
  }
}

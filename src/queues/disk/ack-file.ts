import { open, type FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { MAX_PARCELS } from "./frame.ts";
import { readUpTo } from "./scan.ts";
import { segmentPath, type Ack } from "./segment.ts";

// The side log of a segment: 12 bytes a parcel that has settled: sequence number, crc32 of its payload, crc32 of these
// eight. A lost entry makes a duplicate, a false one would lose a parcel: what fails a check is passed over.

const ENTRY_BYTES = 12;

export function encodeAcks(acks: readonly Ack[]): Buffer {
  const bytes = Buffer.allocUnsafe(acks.length * ENTRY_BYTES);
  acks.forEach(({ sequence, crc }, i) => {
    const at = i * ENTRY_BYTES;
    bytes.writeUInt32BE(sequence, at);
    bytes.writeUInt32BE(crc, at + 4);
    bytes.writeUInt32BE(crc32(bytes.subarray(at, at + 8)), at + 8);
  });
  return bytes;
}

/** So many bytes that are no entry are searched for the next one: each of them costs a checksum. */
const MAX_SEARCHED_BYTES = 256 << 10;

/** Checksums of payloads by sequence number. Entries are found wherever they lie: a torn one shifts those behind it. */
export function decodeAcks(bytes: Buffer): ReadonlyMap<number, number> {
  const acks = new Map<number, number>();
  let searched = 0;
  for (let at = 0; at + ENTRY_BYTES <= bytes.length && searched < MAX_SEARCHED_BYTES;) {
    const sequence = bytes.readUInt32BE(at);
    const sound = sequence < MAX_PARCELS && crc32(bytes.subarray(at, at + 8)) === bytes.readUInt32BE(at + 8);
    if (sound) acks.set(sequence, bytes.readUInt32BE(at + 4));
    if (!sound) searched += 1;
    at += sound ? ENTRY_BYTES : 1;
  }
  return acks;
}

/** No log is longer than this: every parcel twice. */
const MAX_BYTES = 2 * MAX_PARCELS * ENTRY_BYTES;

export async function readAcks(directory: string, segment: number): Promise<ReadonlyMap<number, number>> {
  try {
    const file = await open(segmentPath(directory, segment, "ack"), "r");
    try {
      return decodeAcks(await readUpTo(file, Math.min(MAX_BYTES, (await file.stat()).size)));
    } finally {
      await file.close();
    }
  } catch {
    return new Map();
  }
}

/** Appends to side logs; keeps the last one open, because acknowledgements come in the order of the segments. */
export class AckWriter {
  readonly #directory: string;
  #open: { readonly segment: number; readonly file: FileHandle } | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async append(segment: number, acks: readonly Ack[]): Promise<void> {
    if (this.#open?.segment !== segment) {
      await this.close();
      this.#open = { segment, file: await open(segmentPath(this.#directory, segment, "ack"), "a", 0o600) };
    }
    await this.#open.file.appendFile(encodeAcks(acks));
  }

  async close(segment?: number): Promise<void> {
    if (segment !== undefined && this.#open?.segment !== segment) return;
    const last = this.#open;
    this.#open = undefined;
    await last?.file.close();
  }
}

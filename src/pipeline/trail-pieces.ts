import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { MAX_PIECE_BYTES, type SavedPiece } from "../lanes/saved-trails.ts";

// The file of saved trails: lines of JSON throughout. Each piece of a lane (see `saved-trails.ts`) has a line before it.
//
//     {"format":"crumbtrail trails","version":1,"lanes":2}
//     {"lane":0,"bytes":262207}
//     ... that many bytes ...
//     {"crc32":"9ae0daaf"}          of everything before

const FORMAT = "crumbtrail trails";
const VERSION = 1;
const MAX_LINE_BYTES = 128;
const MAX_LANES = 1_024;

/** Why a file of saved trails cannot be used. */
export class DamagedTrails extends Error {}

export function headerLine(lanes: number): Buffer {
  return line({ format: FORMAT, version: VERSION, lanes });
}

export function pieceLine(lane: number, bytes: number): Buffer {
  return line({ lane, bytes });
}

export function trailerLine(crc: number): Buffer {
  return line({ crc32: crc.toString(16).padStart(8, "0") });
}

function line(content: object): Buffer {
  return Buffer.from(`${JSON.stringify(content)}\n`);
}

/** The pieces of a file, read one by one; throws {@link DamagedTrails}, at the latest at the end, where the checksum is. */
export class TrailPieces {
  readonly #file: FileHandle;
  readonly #size: number;
  #at = 0;
  #crc = 0;

  /** `size`: of the file, in bytes. */
  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SavedPiece, undefined> {
    this.#at = 0;
    this.#crc = 0;
    const lanes = await this.#header();
    for (;;) {
      const crc = this.#crc;
      const { lane, bytes, crc32: stated } = await this.#line();
      if (stated !== undefined) {
        if (stated !== crc.toString(16).padStart(8, "0")) throw new DamagedTrails("its checksum does not fit");
        if (this.#at < this.#size) throw new DamagedTrails("something was added to it");
        return;
      }
      if (!isCount(lane) || lane >= lanes || !isCount(bytes) || bytes > MAX_PIECE_BYTES) throw new DamagedTrails(ODD);
      yield { lane, lanes, bytes: await this.#take(bytes) };
    }
  }

  /** The number of lanes that were saved. */
  async #header(): Promise<number> {
    const { format, version, lanes } = await this.#line();
    if (format !== FORMAT) throw new DamagedTrails("it is not a file of trails");
    if (version !== VERSION) {
      throw new DamagedTrails(
        `it has version ${JSON.stringify(version)} of the format, and this crumbtrail reads version ${VERSION}`,
      );
    }
    if (!isCount(lanes) || lanes === 0 || lanes > MAX_LANES) throw new DamagedTrails(ODD);
    return lanes;
  }

  async #line(): Promise<Readonly<Record<string, unknown>>> {
    const at = this.#at;
    const bytes = await this.#read(Math.min(MAX_LINE_BYTES, this.#size - at));
    const end = bytes.indexOf(0x0a);
    if (end < 0) throw new DamagedTrails(at === 0 ? "it is not a file of trails" : ODD);
    this.#at = at + end + 1;
    this.#crc = crc32(bytes.subarray(0, end + 1), this.#crc);
    return objectIn(bytes.toString("utf8", 0, end));
  }

  async #take(length: number): Promise<Buffer> {
    const bytes = await this.#read(length);
    if (bytes.length < length) throw new DamagedTrails("its end is missing");
    this.#at += length;
    this.#crc = crc32(bytes, this.#crc);
    return bytes;
  }

  /** Up to so many bytes from where it stands. */
  async #read(length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#file.read(bytes, filled, length - filled, this.#at + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }
}

const ODD = "a line of it is not what belongs there";

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Told below.
  }
  throw new DamagedTrails(ODD);
}

import { statSync } from "node:fs";
import { open, rm, type FileHandle } from "node:fs/promises";
import type { Parcel } from "../../record/parcel.ts";
import { frameBytes, MAX_PARCELS, writeFrame } from "./frame.ts";
import { IndexTable } from "./index-file.ts";
import { Segment, segmentPath } from "./segment.ts";
import type { Stored } from "./shelf.ts";

const MIN_RUN_BYTES = 64 << 10;

/** The segment that is being written, its file and the index that it will have. */
interface Active {
  readonly segment: Segment;
  readonly file: FileHandle;
  readonly path: string;
  /** What tells the file from any other that has its name. */
  readonly inode: number;
  readonly device: number;
  readonly table: IndexTable;
}

/** A larger group gets memory of its own. */
const MAX_KEPT_BYTES = 1 << 20;

export interface SegmentWriterOptions {
  readonly directory: string;
  /** A segment is sealed before it grows beyond; a longer parcel has one of its own. */
  readonly segmentBytes: number;
  /** The number of the next segment. */
  nextId(): number;
  /** Parcels are durable now. The segment is new when they are its first. */
  committed(segment: Segment, stored: readonly Stored[]): void;
  /** Nothing more will be appended. */
  sealed(segment: Segment, table: IndexTable): void;
}

/** Appends parcels to the newest segment, durably. One call at a time. */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  #active: Active | undefined;
  #room = Buffer.alloc(0);
  /** Bytes that are written at once. */
  #runBytes = Infinity;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
  }

  /** Makes sure that there is a segment to write to. */
  async prepare(): Promise<void> {
    this.#active ??= await this.#create();
  }

  /**
   * Writes as many parcels from `from` on as fit into the segment, and makes them durable; returns how many. On failure
   * none of them is, and the segment is as it was.
   */
  async write(parcels: readonly Parcel[], from: number): Promise<number> {
    await this.prepare();
    let active = this.#active as unknown as Active;
    let run = runOf(parcels, from, this.#options.segmentBytes - active.segment.bytes);
    if (active.segment.bytes > 0 && (run.count === 0 || active.segment.nextSequence + run.count > MAX_PARCELS)) {
      await this.seal();
      await this.prepare();
      active = this.#active as unknown as Active;
      run = runOf(parcels, from, this.#options.segmentBytes);
    }
    if (run.bytes > this.#runBytes) run = runOf(parcels, from, this.#runBytes);
    // One that no segment holds has one of its own.
    if (run.count === 0) run = { count: 1, bytes: frameBytes(parcels[from] as Parcel) };
    await this.#append(active, parcels.slice(from, from + run.count), run.bytes);
    return run.count;
  }

  /** Ends the segment that is being written; an empty one leaves nothing behind. */
  async seal(): Promise<void> {
    const active = this.#active;
    if (active === undefined) return;
    this.#active = undefined;
    active.segment.sealed = true;
    await active.file.close().catch(() => {});
    if (active.segment.bytes > 0) this.#options.sealed(active.segment, active.table);
    else await rm(segmentPath(this.#options.directory, active.segment.id, "seg"), { force: true }).catch(() => {});
  }

  async #create(): Promise<Active> {
    const { directory } = this.#options;
    const segment = new Segment(this.#options.nextId());
    const path = segmentPath(directory, segment.id, "seg");
    const file = await open(path, "wx", 0o600);
    try {
      const { ino: inode, dev: device } = await file.stat();
      await syncDirectory(directory);
      return { segment, file, path, inode, device, table: new IndexTable() };
    } catch (thrown) {
      await file.close();
      await rm(path, { force: true });
      throw thrown;
    }
  }

  /** Memory for a group; valid until the next one. Fresh memory for each would scatter the heap in the long run. */
  #roomFor(bytes: number): Buffer {
    if (bytes > MAX_KEPT_BYTES) return Buffer.allocUnsafeSlow(bytes);
    if (bytes > this.#room.length) this.#room = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)));
    return this.#room.subarray(0, bytes);
  }

  async #append(active: Active, parcels: readonly Parcel[], bytes: number): Promise<void> {
    const { segment, file, table } = active;
    const buffer = this.#roomFor(bytes);
    const stored: Stored[] = [];
    let at = 0;
    for (const parcel of parcels) {
      const sequence = segment.nextSequence + stored.length;
      const frame = writeFrame(buffer, at, sequence, parcel);
      stored.push({ parcel, sequence, offset: segment.bytes + at, ...frame });
      at += frame.bytes;
    }
    try {
      await writeAll(file, buffer, segment.bytes);
      this.#runBytes = Infinity;
    } catch (thrown) {
      // Where there is no room for all, there may be some for a part.
      this.#runBytes = Math.max(MIN_RUN_BYTES, Math.floor(bytes / 2));
      // Half a group must not stay: it takes room that there is none of, and would be read again after a restart.
      await file.truncate(segment.bytes).catch(() => this.seal());
      throw thrown;
    }
    try {
      await file.datasync();
      // What is in a file that is not found under its name any more, no later start will find either.
      if (!isInPlace(active)) throw new DeletedError();
    } catch (thrown) {
      // After a failed sync nobody knows what the file holds.
      await file.truncate(segment.bytes).catch(() => {});
      await this.seal();
      throw thrown;
    }
    for (const { parcel, sequence, bytes: size, crc } of stored) {
      table.add({ ...parcel, sequence, bytes: size, crc });
    }
    segment.bytes += bytes;
    segment.nextSequence += stored.length;
    this.#options.committed(segment, stored);
  }
}

class DeletedError extends Error {
  readonly code = "ENOENT";
  readonly errno = -2;

  constructor() {
    super("the segment, or its directory, was deleted or moved while it was written");
  }
}

function isInPlace({ path, inode, device }: Active): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.ino === inode && found.dev === device;
}

/** How many parcels fit into so many bytes, and how many bytes they take. */
function runOf(parcels: readonly Parcel[], from: number, room: number): { count: number; bytes: number } {
  let count = 0;
  let bytes = 0;
  for (let i = from; i < parcels.length; i += 1) {
    const size = frameBytes(parcels[i] as Parcel);
    if (bytes + size > room) break;
    bytes += size;
    count += 1;
  }
  return { count, bytes };
}

async function writeAll(file: FileHandle, buffer: Buffer, position: number): Promise<void> {
  for (let done = 0; done < buffer.length;) {
    const { bytesWritten } = await file.write(buffer, done, buffer.length - done, position + done);
    done += bytesWritten;
  }
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const file = await open(directory, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

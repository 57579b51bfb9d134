import { closeSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Shelf } from "./shelf.ts";
import type { DiskLine } from "./disk-line.ts";
import { parcelOf } from "./frame.ts";
import { readUpTo } from "./scan.ts";
import { segmentPath, type Segment } from "./segment.ts";
import { readWindow, type Gap } from "./window.ts";

const WINDOW_BYTES = 512 << 10;
/** With less at hand than this, a line is read ahead. */
const LOW_BYTES = 256 << 10;
const RETRY_MS = 1_000;

export interface ReadAheadOptions {
  readonly directory: string;
  readonly shelf: Shelf;
  /** Sets bytes aside that are no parcel. */
  damaged(segment: Segment, gaps: readonly Gap[]): void;
  /** Parcels of an upstream are at hand. */
  wake(upstream: string): void;
  /** A segment could not be read; true when what it held is lost for good, false to try again. */
  failed(segment: Segment, error: NodeJS.ErrnoException): boolean;
}

/** A stretch of a segment to be read. */
interface Stretch {
  readonly segment: Segment;
  readonly epoch: number;
  readonly offset: number;
  readonly bytes: number;
}

/** Brings parcels from the disk to hand before they are wanted. */
export class ReadAhead {
  readonly #options: ReadAheadOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(options: ReadAheadOptions) {
    this.#options = options;
  }

  /** Reads on for a line that runs low; does nothing for others. */
  fill(line: DiskLine): void {
    if (line.unread === 0 || line.reading || line.readyBytes >= LOW_BYTES || this.#closed) return;
    line.reading = true;
    void this.#fill(line);
  }

  /** The same at once, for who cannot wait; false when nothing is at hand after it. */
  fillNow(line: DiskLine): boolean {
    for (let need = 0; line.atHand === 0;) {
      const stretch = this.#next(line, need);
      if (stretch === undefined) return false;
      try {
        need = this.#take(line, stretch, readNow(this.#options.directory, stretch));
      } catch (thrown) {
        if (!this.#failed(line, stretch, thrown as NodeJS.ErrnoException)) return false;
        need = 0;
      }
    }
    return true;
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #fill(line: DiskLine): Promise<void> {
    let again = true;
    for (let need = 0; again && line.readyBytes < LOW_BYTES && !this.#closed;) {
      const stretch = this.#next(line, need);
      if (stretch === undefined) break;
      try {
        const bytes = await readLater(this.#options.directory, stretch);
        need = this.#isCurrent(line, stretch) ? this.#take(line, stretch, bytes) : 0;
      } catch (thrown) {
        need = 0;
        again = !this.#isCurrent(line, stretch) || this.#failed(line, stretch, thrown as NodeJS.ErrnoException);
      }
    }
    line.reading = false;
    if (line.atHand > 0) this.#options.wake(line.upstream);
    if (!again) this.#later(line);
  }

  /** The stretch to read next; gives up what a segment should have had once its end is reached. */
  #next(line: DiskLine, need: number): Stretch | undefined {
    const { shelf } = this.#options;
    while (line.cursor !== undefined && line.unread > 0) {
      const { segment, offset } = line.cursor;
      if (segment.unreadOf(line) > 0 && offset < segment.bytes) {
        const bytes = Math.min(Math.max(need, WINDOW_BYTES), segment.bytes - offset);
        return { segment, epoch: segment.epoch, offset, bytes };
      }
      shelf.lose(line, segment);
      shelf.advance(line);
    }
    return undefined;
  }

  #isCurrent(line: DiskLine, { segment, epoch, offset }: Stretch): boolean {
    return segment.epoch === epoch && line.cursor?.segment === segment && line.cursor.offset === offset;
  }

  /** Puts what was read at hand; returns how much must be read at once to get on, 0 for any. */
  #take(line: DiskLine, stretch: Stretch, bytes: Buffer): number {
    const { shelf } = this.#options;
    const { segment, offset } = stretch;
    const cutShort = bytes.length < stretch.bytes;
    const window = readWindow(bytes, cutShort || offset + stretch.bytes >= segment.bytes);
    // Few parcels of many would keep the whole stretch in memory.
    const own = window.frames.filter((frame) => frame.upstream === line.upstream && frame.category === line.category);
    const copied = own.reduce((sum, frame) => sum + frame.bytes, 0) * 2 < bytes.length;
    for (const frame of own) {
      shelf.found(line, segment, frame, () => {
        const parcel = parcelOf(bytes, frame);
        return copied ? { ...parcel, body: Uint8Array.prototype.slice.call(parcel.body) } : parcel;
      });
    }
    const gaps = window.gaps.map(({ from, to }) => ({ from: offset + from, to: offset + to }));
    if (gaps.length > 0) this.#options.damaged(segment, gaps);
    line.cursor = { segment, offset: cutShort ? segment.bytes : offset + window.next };
    if (segment.unreadOf(line) === 0) shelf.advance(line);
    return window.need;
  }

  /** True when reading may go on at once. */
  #failed(line: DiskLine, { segment }: Stretch, error: NodeJS.ErrnoException): boolean {
    if (!this.#options.failed(segment, error)) return false;
    line.cursor = { segment, offset: segment.bytes };
    return true;
  }

  #later(line: DiskLine): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.fill(line);
    }, RETRY_MS);
    timer.unref();
    this.#timers.add(timer);
  }
}

async function readLater(directory: string, { segment, offset, bytes }: Stretch): Promise<Buffer> {
  const file = await open(segmentPath(directory, segment.id, "seg"), "r");
  try {
    return await readUpTo(file, bytes, offset);
  } finally {
    await file.close();
  }
}

function readNow(directory: string, { segment, offset, bytes }: Stretch): Buffer {
  const file = openSync(segmentPath(directory, segment.id, "seg"), "r");
  try {
    const target = Buffer.allocUnsafeSlow(bytes);
    let filled = 0;
    while (filled < bytes) {
      const read = readSync(file, target, filled, bytes - filled, offset + filled);
      if (read === 0) break;
      filled += read;
    }
    return target.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../base/log.ts";
import { segmentPath, type Segment } from "./segment.ts";
import { reasonOf } from "./trouble.ts";
import type { Gap } from "./window.ts";

const MAX_FILES = 100;
const MAX_BYTES = 64 << 20;
const PIECE_BYTES = 1 << 20;

interface Kept {
  readonly name: string;
  readonly bytes: number;
}

/** Keeps bytes that are no parcel for whoever wants to look at them: the newest hundred regions, or 64 MiB. */
export class Quarantine {
  readonly #directory: string;
  readonly #log: Logger;
  #kept: Kept[] | undefined;
  /** One copy at a time. */
  #work: Promise<unknown> = Promise.resolve();
  readonly #told = new WeakSet<Segment>();

  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
  }

  /**
   * Copies regions of a segment, but none twice; resolves with how many there were. One of zeros only, which a power cut
   * leaves behind, is nobody's parcel.
   */
  take(segment: Segment, gaps: readonly Gap[]): Promise<number> {
    const news = gaps.filter((gap) => segment.isNews(gap));
    const copied = this.#work.then(() => this.#take(segment, news));
    this.#work = copied;
    return copied;
  }

  /** Resolves once all that was taken so far is copied. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #take(segment: Segment, gaps: readonly Gap[]): Promise<number> {
    if (gaps.length === 0) return 0;
    let regions = 0;
    let trouble: string | undefined;
    try {
      const source = await open(segmentPath(this.#directory, segment.id, "seg"), "r");
      try {
        for (const { from, to } of gaps.slice(0, MAX_FILES)) {
          const bytes = Math.min(to - from, MAX_BYTES);
          if (await this.#copy(source, { name: `${segment.id}-${from}.bin`, from, bytes })) regions += 1;
        }
      } finally {
        await source.close();
      }
    } catch (thrown) {
      trouble = reasonOf(thrown);
    }
    if (trouble !== undefined) regions = gaps.length;
    else regions += Math.max(0, gaps.length - MAX_FILES);
    if (regions > 0) this.#tell(segment, gaps, trouble);
    return regions;
  }

  /** False when there was nothing but zeros. */
  async #copy(
    source: Awaited<ReturnType<typeof open>>,
    { name, from, bytes }: { readonly name: string; readonly from: number; readonly bytes: number },
  ): Promise<boolean> {
    const folder = join(this.#directory, "quarantine");
    const path = join(folder, name);
    let target: Awaited<ReturnType<typeof open>> | undefined;
    try {
      for (let done = 0; done < bytes;) {
        const piece = Buffer.alloc(Math.min(PIECE_BYTES, bytes - done));
        const { bytesRead } = await source.read(piece, 0, piece.length, from + done);
        if (bytesRead === 0) break;
        const read = piece.subarray(0, bytesRead);
        if (target === undefined && read.some((byte) => byte !== 0)) {
          await mkdir(folder, { recursive: true, mode: 0o700 });
          await this.#makeRoom(folder, name, bytes);
          target = await open(path, "w", 0o600);
        }
        await target?.write(read, 0, bytesRead, done);
        done += bytesRead;
      }
    } finally {
      await target?.close();
    }
    return target !== undefined;
  }

  async #makeRoom(folder: string, name: string, bytes: number): Promise<void> {
    this.#kept ??= await keptIn(folder);
    this.#kept = [...this.#kept.filter((kept) => kept.name !== name), { name, bytes }];
    let total = this.#kept.reduce((sum, kept) => sum + kept.bytes, 0);
    while (this.#kept.length > 1 && (this.#kept.length > MAX_FILES || total > MAX_BYTES)) {
      const oldest = this.#kept.shift();
      if (oldest === undefined) return;
      total -= oldest.bytes;
      await rm(join(folder, oldest.name), { force: true });
    }
  }

  /** Once for each segment. */
  #tell(segment: Segment, gaps: readonly Gap[], trouble: string | undefined): void {
    const [first] = gaps;
    if (first === undefined || this.#told.has(segment)) return;
    this.#told.add(segment);
    const file = segmentPath(this.#directory, segment.id, "seg");
    const others = gaps.length > 1 ? `, and ${gaps.length - 1} more regions,` : "";
    const kept = trouble === undefined ? `are kept in ${join(this.#directory, "quarantine")}` : `could not be kept (${trouble})`;
    this.#log.warn(
      { file, offset: first.from, bytes: first.to - first.from, regions: gaps.length },
      `${first.to - first.from} bytes at offset ${first.from} of ${file}${others} are no parcel and ${kept}; ` +
        "every whole parcel around them is delivered",
    );
  }
}

async function keptIn(folder: string): Promise<Kept[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".bin"));
  const files = await Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name));
      return { name, bytes: size, mtimeMs };
    }),
  );
  return files.toSorted((a, b) => a.mtimeMs - b.mtimeMs);
}

import { rm } from "node:fs/promises";
import type { Logger } from "../../base/log.ts";
import { AckWriter } from "./ack-file.ts";
import { compact, sparsest } from "./compaction.ts";
import { writeIndex, type IndexTable } from "./index-file.ts";
import { segmentPath, type Segment } from "./segment.ts";
import type { Shelf } from "./shelf.ts";
import { reasonOf } from "./trouble.ts";
import type { Gap } from "./window.ts";

const RETRY_MS = 1_000;

export interface ChoresOptions {
  readonly directory: string;
  readonly shelf: Shelf;
  readonly log: Logger;
  /** Dead bytes that are put up with. */
  readonly maxDeadBytes: number;
  /** Sets bytes aside that are no parcel. */
  damaged(segment: Segment, gaps: readonly Gap[]): void;
  /** Resolves once all that was damaged is set aside, so that its segment may go. */
  setAside(): Promise<void>;
}

/**
 * Everything on disk that nobody waits for, one thing after the other: acknowledgements, indexes, the deletion of what is
 * empty, the rewriting of what is nearly so. What fails is tried again.
 */
export class Chores {
  readonly #options: ChoresOptions;
  readonly #acks: AckWriter;
  readonly #changed = new Set<Segment>();
  readonly #indexes = new Map<Segment, IndexTable>();
  #empty: Segment[] = [];
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #failing = false;
  /** There may be more to rewrite. */
  #rewriting: Segment | undefined;

  constructor(options: ChoresOptions) {
    this.#options = options;
    this.#acks = new AckWriter(options.directory);
  }

  /** A segment has acknowledgements to write, or nothing left in it. */
  changed(segment: Segment): void {
    this.#changed.add(segment);
    this.#start();
  }

  sealed(segment: Segment, table: IndexTable): void {
    this.#indexes.set(segment, table);
    this.changed(segment);
  }

  /** Deletes the files of a segment that was taken off the shelf; false when that must be tried again. */
  async discard(segment: Segment): Promise<boolean> {
    try {
      await this.#deleteFiles(segment);
      return true;
    } catch {
      this.#empty.push(segment);
      this.#start();
      return false;
    }
  }

  /** Does once more what is left to do, and lets go. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#running !== undefined) await this.#running;
    this.#closed = true;
    try {
      while (this.#changed.size + this.#empty.length > 0) await this.#round();
    } catch {
      // What could not be done now is found by the next start.
    }
    await this.#acks.close().catch(() => {});
  }

  #start(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    try {
      await this.#round();
      this.#failing = false;
    } catch (thrown) {
      if (!this.#failing) {
        const { log, directory } = this.#options;
        log.warn({ directory, err: thrown }, `cannot tidy ${directory}: ${reasonOf(thrown)}; it is tried again`);
      }
      this.#failing = true;
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#start();
      }, RETRY_MS);
      this.#timer.unref();
    }
    this.#running = undefined;
    if (this.#changed.size + this.#empty.length > 0 || this.#rewriting !== undefined) this.#start();
  }

  async #round(): Promise<void> {
    const { shelf, maxDeadBytes } = this.#options;
    for (const segment of this.#changed) if (isEmpty(segment)) this.#retire(segment);
    const changed = Array.from(this.#changed);
    // One file that cannot be written or deleted keeps no other from it: deleting is what makes room.
    const failed = [...(await this.#delete()), ...(await eachOf(changed, (segment) => this.#write(segment)))];
    // One at a time, so that acknowledgements do not wait for the rewriting of many.
    this.#rewriting = shelf.deadBytes > maxDeadBytes ? sparsest(shelf) : undefined;
    const segment = this.#rewriting;
    if (segment !== undefined) {
      this.#indexes.delete(segment);
      await compact(this.#options.directory, segment, this.#options);
      if (segment.live.parcels === 0) this.#retire(segment);
      failed.push(...(await this.#delete()));
    }
    if (failed.length > 0) throw failed[0];
  }

  #retire(segment: Segment): void {
    if (!segment.gone) this.#options.shelf.remove(segment);
    this.#empty.push(segment);
  }

  /** Deletes what is empty; what was thrown over it. */
  #delete(): Promise<unknown[]> {
    return eachOf(this.#empty, async (segment) => {
      await this.#deleteFiles(segment);
      this.#empty = this.#empty.filter((other) => other !== segment);
    });
  }

  async #deleteFiles(segment: Segment): Promise<void> {
    this.#changed.delete(segment);
    this.#indexes.delete(segment);
    await this.#options.setAside();
    await this.#acks.close(segment.id);
    // The segment first: acknowledgements without it are harmless, the other way round its parcels would come back.
    for (const extension of ["seg", "idx", "ack"] as const) {
      await rm(segmentPath(this.#options.directory, segment.id, extension), { force: true });
    }
  }

  async #write(segment: Segment): Promise<void> {
    const { directory } = this.#options;
    // It became empty meanwhile: the next round deletes it.
    if (isEmpty(segment) && !segment.gone) return;
    // First, because it may change again while this is written.
    this.#changed.delete(segment);
    if (!segment.gone && segment.acks.length > 0) {
      const { acks } = segment;
      segment.acks = [];
      try {
        await this.#acks.append(segment.id, acks);
      } catch (thrown) {
        segment.acks = [...acks, ...segment.acks];
        this.#changed.add(segment);
        throw thrown;
      }
    }
    const table = this.#indexes.get(segment);
    this.#indexes.delete(segment);
    // Without it the next start is slower, and that is all.
    if (table !== undefined && !segment.gone) await writeIndex(directory, segment, table).catch(() => {});
  }
}

function isEmpty({ sealed, live }: Segment): boolean {
  return sealed && live.parcels === 0;
}

/** Does something with all of them, one after the other, whatever some of them throw; what they threw. */
async function eachOf(segments: readonly Segment[], act: (segment: Segment) => Promise<void>): Promise<unknown[]> {
  const failed: unknown[] = [];
  for (const segment of segments) {
    try {
      await act(segment);
    } catch (thrown) {
      failed.push(thrown);
    }
  }
  return failed;
}

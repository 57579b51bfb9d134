import { statSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Complaint } from "../../base/complaints.ts";
import { RelayError } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";
import { checkFormat } from "./format.ts";
import { DirectoryLock } from "./lock.ts";
import { PROBE, recover } from "./recovery.ts";
import { segmentPath, type Segment } from "./segment.ts";
import { reasonOf } from "./trouble.ts";
import type { Gap } from "./window.ts";

const MAX_PROBE_BYTES = 8 << 20;
const MIN_PROBE_BYTES = 64 << 10;

export interface StoreOptions {
  readonly directory: string;
  readonly log: Logger;
  /** Sets bytes aside that are no parcel. */
  damaged(segment: Segment, gaps: readonly Gap[]): Promise<void>;
  /** What a former process left has been found; called once. */
  recovered(segments: readonly Segment[]): void;
  complain(complaint: Complaint): void;
}

/** The directory: that it exists, is ours alone, has a layout we know, and what was in it. */
export class Store {
  readonly #options: StoreOptions;
  readonly #lock: DirectoryLock;
  #nextId = 1;
  #recovered = false;
  #ready = false;
  /** Why this directory must not be used at all: another relay, or a newer version. */
  refusal: RelayError | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#lock = new DirectoryLock(options.directory, options.log);
  }

  /** The number of the next segment. */
  nextId(): number {
    this.#nextId += 1;
    return this.#nextId - 1;
  }

  /** True once everything is done that can be done. */
  get ready(): boolean {
    return this.#ready;
  }

  /**
   * Takes possession as far as that is not done yet: what can be read is read even where nothing can be written. Throws
   * a RelayError when the directory must not be used, and otherwise the first trouble there was. With `abort`, what has
   * not been read by then is left for the next start.
   */
  async open(abort?: AbortSignal): Promise<void> {
    const { directory, log } = this.#options;
    const troubles: unknown[] = [];
    this.#ready = false;
    this.refusal = undefined;
    const steps = [
      () => mkdir(directory, { recursive: true, mode: 0o700 }),
      () => this.#lock.take(),
      () => checkFormat(directory, log),
      () => this.#recover(abort),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch (thrown) {
        if (thrown instanceof RelayError) {
          this.refusal = thrown;
          throw thrown;
        }
        troubles.push(thrown);
      }
    }
    if (troubles.length > 0) throw troubles[0];
    this.#ready = true;
  }

  /** Whether the parcels of a segment that cannot be read are gone for good. */
  isLost(segment: Segment, error: NodeJS.ErrnoException): boolean {
    const { directory } = this.#options;
    const file = segmentPath(directory, segment.id, "seg");
    // Where the whole directory is gone, as with a volume that is not mounted, it may come back.
    const lost = error.code === "ENOENT" && statSync(join(directory, "format"), { throwIfNoEntry: false }) !== undefined;
    const message = lost
      ? `${file} is gone, and the parcels in it with it; nobody but the relay may delete files in ${directory}`
      : `cannot read ${file}: ${reasonOf(error)}; what waits in it is not delivered until it can be read`;
    this.#options.complain({ cause: "queue_unreadable", peer: "", message });
    return lost;
  }

  /** Writes and deletes so many bytes, within bounds; fails as a commit would. */
  async probe(bytes: number): Promise<void> {
    const path = join(this.#options.directory, PROBE);
    try {
      const content = Buffer.alloc(Math.min(MAX_PROBE_BYTES, Math.max(MIN_PROBE_BYTES, bytes)));
      await writeFile(path, content, { mode: 0o600, flush: true });
    } finally {
      await rm(path, { force: true }).catch(() => {});
    }
  }

  async close(): Promise<void> {
    this.#ready = false;
    await this.#lock.release();
  }

  async #recover(abort: AbortSignal | undefined): Promise<void> {
    if (this.#recovered) return;
    const { segments, nextId } = await recover(this.#options, abort);
    this.#nextId = nextId;
    this.#recovered = true;
    this.#options.recovered(segments);
  }
}

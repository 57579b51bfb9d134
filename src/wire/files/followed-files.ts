import { aborted } from "../../base/abort.ts";
import { messageOf } from "../../base/errors.ts";
import type { FileCounts } from "../../component/following.ts";
import type { Checkpoint } from "./checkpoint-file.ts";
import type { FilesContext } from "./file-batches.ts";
import { FollowedFile, type TurnEnd } from "./followed-file.ts";
import { OpenFiles } from "./open-files.ts";
import { findPredecessor } from "./predecessors.ts";
import { Remains } from "./remains.ts";
import { Turns } from "./turns.ts";

export interface FollowedFilesOptions {
  readonly context: FilesContext;
  readonly maxOpenFiles: number;
  /** How long a file that is gone from its path is read on after its last byte. */
  readonly rotateWaitMs: number;
  /** How long a last line without a line end is waited with; undefined: for ever. */
  readonly unfinishedWaitMs: number | undefined;
  /** Writes the checkpoints now. */
  readonly save: () => Promise<void>;
  /** Has them written within a moment, rather than when it is time. */
  readonly saveSoon: () => void;
}

/** All files that are followed, and what is left of those that are not any more. */
export class FollowedFiles {
  readonly #options: FollowedFilesOptions;
  readonly #context: FilesContext;
  readonly #files = new Map<string, FollowedFile>();
  readonly #remains = new Set<Remains>();
  /** The newest at each path. */
  readonly #byPath = new Map<string, FollowedFile | Remains>();
  /** Files that wait until the one before them has been read. */
  readonly #waiting = new Set<FollowedFile>();
  readonly #turns = new Turns<FollowedFile>((file) => this.#turn(file));
  readonly #open: OpenFiles;
  readonly #background = new Set<Promise<void>>();
  #isStopping = false;

  constructor(options: FollowedFilesOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#open = new OpenFiles(options.maxOpenFiles, (file) => file.isCaughtUp && !this.#turns.isRunning(file));
  }

  get(id: string): FollowedFile | undefined {
    return this.#files.get(id);
  }

  values(): IterableIterator<FollowedFile> {
    return this.#files.values();
  }

  /** Of all files, and of what is left of others. */
  get checkpoints(): readonly Checkpoint[] {
    return [...this.#files.values(), ...this.#remains].map(({ checkpoint }) => checkpoint);
  }

  counts(): FileCounts {
    let lagBytes = 0;
    for (const file of this.#files.values()) lagBytes += file.lagBytes;
    return { ...this.#context.counts, followed: this.#files.size, open: this.#open.size, lagBytes };
  }

  /** Follows a file from its checkpoint on, once the file that had its path before has been read. */
  add(checkpoint: Checkpoint): FollowedFile {
    const { path } = checkpoint;
    const file = new FollowedFile({
      context: this.#context,
      checkpoint,
      patiently: this.#turns.patiently,
      met: this.#options.saveSoon,
      truncated: (before, sizeBefore) => this.#recover(file, before, sizeBefore),
    });
    file.predecessor = this.#byPath.get(path);
    this.#byPath.set(path, file);
    this.#files.set(file.id, file);
    return file;
  }

  /** A file that was followed and is not at its path any more: what is left of it is read, where it can be found. */
  remember(checkpoint: Checkpoint): void {
    const remains = new Remains(this.#context, checkpoint);
    this.#remains.add(remains);
    if (!this.#byPath.has(remains.path)) this.#byPath.set(remains.path, remains);
    const reading = this.#finish(remains, checkpoint).finally(() => this.#background.delete(reading));
    this.#background.add(reading);
  }

  /** There may be something to read. */
  wake(file: FollowedFile): void {
    this.#turns.wake(file);
  }

  /** Looks after files for which it is time, although nothing came. */
  tick(): void {
    for (const file of this.#files.values()) {
      if (file.goneSinceMs !== undefined || this.#isFlushDue(file)) this.#turns.wake(file);
    }
  }

  /** Begins no more reading, and resolves when all that was handed over is queued, or the deadline aborts. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#isStopping = true;
    const finished = async (): Promise<void> => {
      await Promise.all([this.#turns.stop(), ...this.#background]);
      await Promise.all([...this.#files.values()].map((file) => file.drained()));
    };
    await Promise.race([finished(), aborted(deadline)]);
  }

  close(): Promise<void> {
    return this.#open.closeAll();
  }

  async #turn(file: FollowedFile): Promise<TurnEnd> {
    // What was let go may have been woken before.
    if (this.#files.get(file.id) !== file) return "rest";
    if (file.predecessor?.isCaughtUp === false) {
      this.#waiting.add(file);
      return "rest";
    }
    file.predecessor = undefined;
    try {
      if (file.isCopy) {
        if (file.goneSinceMs !== undefined) this.#forget(file);
        return "rest";
      }
      if (!(await this.#open.use(file))) {
        if (file.goneSinceMs !== undefined) this.#seek(file);
        return "rest";
      }
      const end = await file.turn();
      if (end === "rest") await this.#atRest(file);
      return end;
    } catch (thrown) {
      this.#complain("unreadable", file.path, `${file.path} cannot be read: ${messageOf(thrown)}`);
      return "rest";
    }
  }

  async #atRest(file: FollowedFile): Promise<void> {
    this.#release();
    const { rotateWaitMs } = this.#options;
    const { goneSinceMs, grewMs } = file;
    if (goneSinceMs !== undefined && this.#now - Math.max(goneSinceMs, grewMs) >= rotateWaitMs) {
      await file.flush();
      await file.drained();
      await this.#open.close(file);
      // It may have come back.
      if (file.goneSinceMs !== undefined) this.#forget(file);
    } else if (this.#isFlushDue(file)) await file.flush();
  }

  #isFlushDue(file: FollowedFile): boolean {
    const { unfinishedWaitMs } = this.#options;
    return unfinishedWaitMs !== undefined && file.isUnfinished && this.#now - file.grewMs >= unfinishedWaitMs;
  }

  /** A file that had to be closed is gone from its path: it may have another name. */
  #seek(file: FollowedFile): void {
    this.#forget(file);
    if (file.lagBytes > 0) this.remember(file.checkpoint);
    file.isCaughtUp = true;
    this.#release();
  }

  #forget(file: FollowedFile): void {
    this.#files.delete(file.id);
    if (this.#byPath.get(file.path) === file) this.#byPath.delete(file.path);
  }

  /** Lets those go on whose predecessor has been read. */
  #release(): void {
    for (const file of this.#waiting) {
      if (file.predecessor?.isCaughtUp === false) continue;
      this.#waiting.delete(file);
      this.#turns.wake(file);
    }
  }

  async #finish(remains: Remains, checkpoint: Checkpoint): Promise<void> {
    const found = await findPredecessor(checkpoint);
    if (found === undefined) {
      const { path, offset } = checkpoint;
      const message = `${path} is another file now, and what it was is gone: what was written to it after byte ${offset} is lost`;
      this.#complain("file_gone", path, message);
    } else await remains.read(found, () => this.#isStopping);
    remains.isCaughtUp = true;
    // What could not be finished is finished after the next start.
    if (!this.#isStopping) this.#remains.delete(remains);
    if (this.#byPath.get(remains.path) === remains) this.#byPath.delete(remains.path);
    this.#release();
  }

  /** A file was truncated: what was not read yet may be in a copy of it. */
  async #recover(file: FollowedFile, before: Checkpoint, sizeBefore: number): Promise<void> {
    const found = before.head.length === 0 ? undefined : await findPredecessor(before);
    let readTo = before.offset;
    if (found !== undefined) {
      const remains = new Remains(this.#context, before);
      this.#remains.add(remains);
      await remains.read(found, () => this.#isStopping);
      // What could not be finished is finished after the next start.
      if (this.#isStopping) return;
      readTo = remains.offset;
      this.#remains.delete(remains);
    }
    const lost = Math.max(0, sizeBefore - readTo);
    if (lost > 0) {
      this.#context.counts.lostBytes += lost;
      const message = `${file.path} was truncated before its last ${lost} bytes were read, and no copy beside it has them`;
      this.#complain("truncated", file.path, message);
    }
    await this.#options.save();
  }

  get #now(): number {
    return this.#context.host.clock.tickMs();
  }

  #complain(cause: string, peer: string, message: string): void {
    this.#context.host.complain({ cause, peer, message });
  }
}

import { codeOf, messageOf } from "../../base/errors.ts";
import { copyOf } from "./buffers.ts";
import type { Checkpoint } from "./checkpoint-file.ts";
import { FileBatches, type FilesContext, type Taken } from "./file-batches.ts";
import { FileHead } from "./file-head.ts";
import { cutLines } from "./lines.ts";
import { idOf, OpenFile } from "./open-file.ts";
import { pathMetadata } from "./path-metadata.ts";
import type { Patience } from "./turns.ts";

/** A file whose trace is not at its end gets so many turns in a row, so that the wait for the next line does not cut it. */
const MAX_TURNS_IN_A_ROW = 16;
/** So much is copied out of the buffer that it was read into. */
const SMALL_BYTES = 16 << 10;

export interface FollowedFileOptions {
  readonly context: FilesContext;
  /** Where it begins, and what is known of it. */
  readonly checkpoint: Checkpoint;
  readonly patiently: Patience;
  /** It has a beginning by which it can be known: worth remembering soon. */
  readonly met: () => void;
  /**
   * It was cut or rewritten from its beginning: called once what was handed over is done, before it is read anew; with how
   * far it was read, and the most that is known to have been in it.
   */
  readonly truncated: (before: Checkpoint, sizeBefore: number) => Promise<void>;
}

/** "more": there is more to read; "rest": nothing, until it grows. */
export type TurnEnd = "more" | "rest";

/**
 * One file, whatever its name is by now, read from an offset on. It keeps no bytes between turns: a line that has no end
 * yet is read again when the file has grown.
 */
export class FollowedFile {
  readonly id: string;
  readonly path: string;
  readonly target: string;
  readonly isCopy: boolean;
  /** The name that it was last seen under. */
  currentPath: string;
  readonly head: FileHead;
  /** When it was last seen to be gone from all matching paths, monotonic; undefined while it is there. */
  goneSinceMs: number | undefined;
  /** When bytes last came, monotonic. */
  grewMs: number;
  /** The file that had its path before; it is read to its end first. */
  predecessor: { readonly isCaughtUp: boolean } | undefined;
  /** Whether it was read to its end at least once. */
  isCaughtUp = false;
  readonly #options: FollowedFileOptions;
  readonly #place: ReadonlyMap<string, string>;
  #size = 0;
  /** The most that it has held since it was last truncated. */
  #largest = 0;
  #generation: number;
  /** Where the next line begins. */
  #at: number;
  /** Up to where no line end was found. */
  #scanned: number;
  #isSkipping: boolean;
  /** Whether the last turn did not come to the end. */
  #hasMore = false;
  #batches: FileBatches;
  #file: OpenFile | undefined;

  constructor(options: FollowedFileOptions) {
    const { checkpoint, context } = options;
    this.#options = options;
    ({ id: this.id, path: this.path, target: this.target, isCopy: this.isCopy } = checkpoint);
    this.currentPath = checkpoint.path;
    this.grewMs = context.host.clock.tickMs();
    this.#generation = checkpoint.generation;
    this.#at = checkpoint.offset;
    this.#scanned = checkpoint.offset;
    this.#isSkipping = checkpoint.isSkipping;
    this.head = new FileHead(checkpoint.head);
    this.#place = pathMetadata(this.path, this.target);
    this.#batches = this.#newBatches();
  }

  /** Where it is now, links resolved as far as that is known. */
  get currentTarget(): string {
    return this.currentPath === this.path ? this.target : this.currentPath;
  }

  /** Up to where it has been read. */
  get offset(): number {
    return this.#scanned;
  }

  get isOpen(): boolean {
    return this.#file !== undefined;
  }

  /** Bytes written and not read yet. */
  get lagBytes(): number {
    return this.isCopy ? 0 : Math.max(0, this.#size - this.#scanned);
  }

  /** Notes its size; whether there is something to read, or to look into. */
  sees(size: number): boolean {
    this.#size = size;
    this.#largest = Math.max(this.#largest, size);
    return size !== this.#scanned && !this.isCopy;
  }

  /** Whether the last line has no end yet, or waits for its other parts. */
  get isUnfinished(): boolean {
    return this.#scanned > this.#at || this.#batches.isPartial;
  }

  get checkpoint(): Checkpoint {
    const { id, path, target, isCopy } = this;
    const offset = this.#batches.progress.committed;
    const isSkipping = this.#isSkipping && offset === this.#at;
    return { path, target, id, generation: this.#generation, offset, head: this.head.print, isSkipping, isCopy };
  }

  /** Opens it where it was last seen; false when it is not there, or not this file any more. */
  async open(): Promise<boolean> {
    if (this.#file !== undefined) return true;
    let file: OpenFile | undefined;
    try {
      file = await OpenFile.open(this.currentPath);
      const stats = await file.stat();
      if (stats.isFile() && idOf(stats) === this.id) {
        this.#file = file;
        this.sees(Number(stats.size));
        return true;
      }
    } catch (thrown) {
      if (codeOf(thrown) !== "ENOENT") this.#complain("unreadable", `cannot be opened: ${messageOf(thrown)}`);
    }
    await file?.close();
    return false;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Reads a chunk and hands over its lines; several where a trace is not at its end. */
  async turn(): Promise<TurnEnd> {
    const file = this.#file;
    if (file === undefined || this.isCopy) return "rest";
    try {
      const { clock } = this.#options.context.host;
      if (await this.head.isReplaced(file, clock.tickMs(), this.#hasMore)) await this.#restart(file);
      this.#hasMore = false;
      for (let turn = 0; turn < MAX_TURNS_IN_A_ROW; turn += 1) {
        const end = await this.#read(file);
        if (end === "rest") return this.#rest(file);
        if (!this.#batches.waits) break;
      }
      this.#hasMore = true;
      return "more";
    } catch (thrown) {
      this.#complain("unreadable", `cannot be read, and is tried again when it changes: ${messageOf(thrown)}`);
      return "rest";
    }
  }

  /** Hands over a last line that no line end closed, and lines whose other parts did not come. */
  async flush(): Promise<void> {
    const file = this.#file;
    const { maxLineBytes } = this.#options.context;
    const length = this.#scanned - this.#at;
    if (file !== undefined && length > 0 && !this.#isSkipping) {
      if (length > maxLineBytes) this.#batches.refuse(1);
      else {
        const bytes = Buffer.allocUnsafe(length);
        const end = await file.read(bytes, this.#at);
        await this.#batches.take({ bytes, bounds: [0, end], places: [this.#at] }, this.#scanned);
      }
    }
    this.#at = this.#scanned;
    this.#isSkipping = false;
    await this.#batches.finish(this.#at);
  }

  /** Resolves when all that was handed over is queued or accounted for. */
  drained(): Promise<void> {
    return this.#batches.progress.drained();
  }

  #newBatches(): FileBatches {
    const { context, patiently } = this.#options;
    const position = `${this.id}:${this.#generation}`;
    return new FileBatches(context, { path: this.path, position, place: this.#place, offset: this.#at, patiently });
  }

  async #read(file: OpenFile): Promise<TurnEnd> {
    const { buffers } = this.#options.context;
    const buffer = await buffers.take();
    let taken: Taken | undefined;
    try {
      const isLong = this.#isSkipping || this.#scanned - this.#at >= buffer.length;
      const from = isLong ? this.#scanned : this.#at;
      const read = await file.read(buffer, from, this.#scanned - from + 1);
      if (from + read <= this.#scanned) return "rest";
      this.#grew(from + read);
      if (await this.head.learn(file, this.#size)) this.#options.met();
      if (isLong) await this.#readLong(file, buffer.subarray(0, read));
      else taken = await this.#readLines(buffer, read);
      return read === buffer.length ? "more" : "rest";
    } finally {
      if (taken?.held === undefined) buffers.give(buffer);
      else void taken.held.then(() => buffers.give(buffer));
    }
  }

  #grew(size: number): void {
    this.sees(Math.max(this.#size, size));
    this.grewMs = this.#options.context.host.clock.tickMs();
  }

  async #readLines(buffer: Buffer, read: number): Promise<Taken | undefined> {
    const { context } = this.#options;
    context.host.receivedBytes(this.#at + read - this.#scanned);
    const cut = cutLines({ bytes: buffer, end: read, offset: this.#at }, context.maxLineBytes);
    const end = this.#at + cut.rest;
    this.#scanned = this.#at + read;
    this.#at = end;
    if (cut.tooLong > 0) this.#batches.refuse(cut.tooLong);
    if (read - cut.rest > context.maxLineBytes) this.#skip();
    if (cut.rest === 0) return undefined;
    // A small batch does not keep a large buffer while a trace waits.
    const bytes = cut.rest <= SMALL_BYTES ? copyOf(buffer, cut.rest) : buffer;
    const taken = await this.#batches.take({ bytes, bounds: cut.bounds, places: cut.places }, end);
    return bytes === buffer ? taken : undefined;
  }

  /** Within a line that is longer than a chunk: looks for its end. */
  async #readLong(file: OpenFile, bytes: Buffer): Promise<void> {
    const { context } = this.#options;
    context.host.receivedBytes(bytes.length);
    const found = bytes.indexOf(0x0a);
    const end = this.#scanned + (found < 0 ? bytes.length : found);
    const length = end - this.#at;
    this.#scanned = found < 0 ? end : end + 1;
    if (!this.#isSkipping && length > context.maxLineBytes) this.#skip();
    if (this.#isSkipping) {
      this.#at = this.#scanned;
      this.#isSkipping = found < 0;
      this.#batches.progress.pass(this.#at);
    } else if (found >= 0) {
      const line = Buffer.allocUnsafe(length);
      const read = await file.read(line, this.#at);
      const place = this.#at;
      this.#at = this.#scanned;
      await this.#batches.take({ bytes: line, bounds: [0, read], places: [place] }, this.#at);
    }
  }

  /** The line that begins at `#at` is too long already. */
  #skip(): void {
    this.#batches.refuse(1);
    this.#isSkipping = true;
    this.#at = this.#scanned;
  }

  /** At its end: whether it has grown meanwhile, or was cut. */
  async #rest(file: OpenFile): Promise<TurnEnd> {
    const { size } = await file.stat();
    this.sees(Number(size));
    if (this.#size < this.#scanned) {
      await this.#restart(file);
      return "more";
    }
    if (this.#size > this.#scanned) return "more";
    this.isCaughtUp = true;
    return "rest";
  }

  /** Begins at the beginning, as another file: what was here is gone, but perhaps not from a copy. */
  async #restart(file: OpenFile): Promise<void> {
    const { context, truncated } = this.#options;
    context.counts.truncations += 1;
    await this.#batches.finish(this.#at);
    await this.#batches.progress.drained();
    const [before, largest] = [this.checkpoint, this.#largest];
    this.head.renew();
    this.#generation += 1;
    this.#at = this.#scanned = this.#largest = 0;
    this.#isSkipping = false;
    this.#batches = this.#newBatches();
    // It may be truncated once more while the copy is read.
    await this.head.learn(file, 0);
    await truncated(before, largest);
  }

  #complain(cause: string, text: string): void {
    this.#options.context.host.complain({ cause, peer: this.path, message: `${this.path} ${text}` });
  }
}

import { messageOf } from "../../base/errors.ts";
import type { Checkpoint } from "./checkpoint-file.ts";
import { FileBatches, type FilesContext } from "./file-batches.ts";
import { cutLines } from "./lines.ts";
import { pathMetadata } from "./path-metadata.ts";
import { contentsOf, type Found } from "./predecessors.ts";

const LF = 0x0a;

/** What is left to read of a file that is followed no more, under whatever name and in whatever form it is found. */
export class Remains {
  /** Whether nothing more is to be expected of it. */
  isCaughtUp = false;
  readonly #context: FilesContext;
  readonly #checkpoint: Checkpoint;
  readonly #batches: FileBatches;
  /** Where `#rest` begins. */
  #at: number;
  /** The beginning of a line. */
  #rest: Buffer = Buffer.alloc(0);
  #isSkipping: boolean;

  constructor(context: FilesContext, checkpoint: Checkpoint) {
    this.#context = context;
    this.#checkpoint = checkpoint;
    const { id, generation, path, target, offset, isSkipping } = checkpoint;
    this.#at = offset;
    this.#isSkipping = isSkipping;
    const place = pathMetadata(path, target);
    // Ids are those that the lines had, or would have had, in the file itself.
    this.#batches = new FileBatches(context, {
      path,
      position: `${id}:${generation}`,
      place,
      offset,
      patiently: (work) => work,
    });
  }

  /** The path that it was followed by. */
  get path(): string {
    return this.#checkpoint.path;
  }

  get checkpoint(): Checkpoint {
    return { ...this.#checkpoint, offset: this.#batches.progress.committed, isSkipping: false };
  }

  /** Up to where it has been read. */
  get offset(): number {
    return this.#at + this.#rest.length;
  }

  /** Reads it to its end, unless `isStopping` says otherwise meanwhile; resolves when all of it is queued. Never rejects. */
  async read(found: Found, isStopping: () => boolean): Promise<void> {
    const { host } = this.#context;
    try {
      for await (const chunk of contentsOf(found, this.offset)) {
        if (isStopping()) return;
        host.receivedBytes(chunk.length);
        await this.#take(chunk);
      }
    } catch (thrown) {
      const message = `${found.path}, which ${this.#checkpoint.path} was rotated to, cannot be read to its end: ${messageOf(thrown)}`;
      host.complain({ cause: "unreadable", peer: found.path, message });
    }
    await this.#last();
    await this.#batches.progress.drained();
  }

  async #take(chunk: Buffer): Promise<void> {
    const { maxLineBytes } = this.#context;
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.#isSkipping) {
      const found = bytes.indexOf(LF);
      const end = found < 0 ? bytes.length : found + 1;
      this.#isSkipping = found < 0;
      bytes = bytes.subarray(end);
      this.#at += end;
    }
    const cut = cutLines({ bytes, end: bytes.length, offset: this.#at }, maxLineBytes);
    this.#at += cut.rest;
    this.#rest = Buffer.from(bytes.subarray(cut.rest));
    let { tooLong } = cut;
    if (this.#rest.length > maxLineBytes) {
      tooLong += 1;
      this.#isSkipping = true;
      this.#at += this.#rest.length;
      this.#rest = Buffer.alloc(0);
    }
    if (tooLong > 0) this.#batches.refuse(tooLong);
    await this.#batches.take(cut, this.#at);
  }

  /** A last line that no line end closed. */
  async #last(): Promise<void> {
    const [bytes, place] = [this.#rest, this.#at];
    this.#at += bytes.length;
    this.#rest = Buffer.alloc(0);
    if (bytes.length > 0) await this.#batches.take({ bytes, bounds: [0, bytes.length], places: [place] }, this.#at);
    await this.#batches.finish(this.#at);
  }
}

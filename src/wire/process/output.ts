import { write } from "node:fs";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { codeOf } from "../../base/errors.ts";

/** Sees what passes. */
export type Watcher = (chunk: Buffer) => void;

/** A descriptor that cannot take more just now is asked again after so long. */
const BUSY_MS = 5;
/** What a reader that has gone away answers. */
const GONE: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET"]);
/** Bytes that pass before anybody watches; beyond it the process waits for our start, as for any slow reader. */
const MAX_UNSEEN_BYTES = 1 << 20;

/** One output of a process on its way to ours: every byte passes, in order, whatever becomes of what watches. */
export class Output {
  readonly #source: Readable;
  readonly #fd: number;
  #unseen: Buffer[] = [];
  #unseenBytes = 0;
  #watcher: Watcher | undefined;
  #watched: () => void = () => {};
  readonly #attached: Promise<void> = new Promise((resolve) => {
    this.#watched = resolve;
  });
  #begin: () => void = () => {};
  /** Resolves when the first bytes pass; never where none do. */
  readonly begun: Promise<void> = new Promise((resolve) => {
    this.#begin = resolve;
  });
  /** Whether any bytes have passed. */
  hasBegun = false;
  /** Resolves when nothing more will come: the output was closed, or `stop` was called. Never rejects. */
  readonly ended: Promise<void>;

  constructor(source: Readable, fd: number) {
    this.#source = source;
    this.#fd = fd;
    this.ended = this.#pass();
  }

  /** From now on the watcher sees what passes, first what has passed already. */
  watch(watcher: Watcher): void {
    for (const chunk of this.#unseen) watcher(chunk);
    this.#unseen = [];
    this.#watcher = watcher;
    this.#watched();
  }

  /** Reads no further. */
  stop(): void {
    this.#source.destroy();
  }

  async #pass(): Promise<void> {
    try {
      for await (const chunk of this.#source as AsyncIterable<Buffer>) {
        this.hasBegun = true;
        this.#begin();
        // Writing goes on in another thread while the chunk is looked at.
        const written = writeWhole(this.#fd, chunk);
        const seen = this.#show(chunk);
        if (!(await written)) break;
        await seen;
      }
    } catch {
      // The other end was torn down, or `stop` was called: either way nothing more comes.
    }
    // A process that writes on learns from the closed pipe what it would have learnt from ours.
    this.#source.destroy();
  }

  #show(chunk: Buffer): Promise<void> | undefined {
    if (this.#watcher !== undefined) {
      this.#watcher(chunk);
      return undefined;
    }
    this.#unseen.push(chunk);
    this.#unseenBytes += chunk.length;
    return this.#unseenBytes > MAX_UNSEEN_BYTES ? this.#attached : undefined;
  }
}

/** Writes all of it; false when nobody reads any more. What cannot be written for another reason (a full disk) is left out. */
async function writeWhole(fd: number, bytes: Buffer): Promise<boolean> {
  let at = 0;
  while (at < bytes.length) {
    const { written, code } = await writeSome(fd, bytes, at);
    at += written;
    if (GONE.has(code)) return false;
    if (code === "EAGAIN") await pause(BUSY_MS);
    else if (code !== "") return true;
  }
  return true;
}

function writeSome(fd: number, bytes: Buffer, at: number): Promise<{ written: number; code: string }> {
  return new Promise((resolve) => {
    write(fd, bytes, at, bytes.length - at, null, (error, written) => {
      resolve(error === null ? { written, code: "" } : { written: 0, code: codeOf(error) });
    });
  });
}

import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import type { Clock } from "../base/clock.ts";
import { codeOf, messageOf } from "../base/errors.ts";

/** An id that was acknowledged. */
export interface AcknowledgedEntry {
  /** Hash of the id: 8 bytes, each a character. */
  readonly key: string;
  /** How often it has been acknowledged then. */
  readonly times: number;
}

export interface AcknowledgedFileOptions {
  readonly path: string;
  /** Ids that are worth keeping; the file holds a few times as many entries. */
  readonly capacity: number;
  readonly clock: Clock;
  /** Told once when the file cannot be used, and again only after it could. */
  readonly trouble: (text: string) => void;
}

// 16 bytes that name the format and its version, then entries of 16 bytes: hash (8), times (4, little endian), and the
// CRC-32 of those twelve. The last entry of an id counts.
const HEADER = Buffer.from("crumbtrail-ack-1");
const ENTRY_BYTES = 16;
const KEY_BYTES = 8;
const SUMMED_BYTES = 12;
/** Entries for each id that is kept, before the file is written anew. */
const SLACK = 4;
const RETRY_MS = 1_000;

/**
 * An append-only file of acknowledged ids. It is not synced: what was written survives the process, whatever kills it,
 * and a machine that loses power may forget the last ones. It never throws: ids that cannot be written are forgotten
 * with the process, and the file is tried again.
 */
export class AcknowledgedFile {
  readonly #options: AcknowledgedFileOptions;
  #fd: number | undefined;
  /** Where the next entry goes; what a failed write left behind it is overwritten. */
  #end = 0;
  #compactAt = 0;
  #retryMs = -Infinity;
  #failing = false;
  #closed = false;

  constructor(options: AcknowledgedFileOptions) {
    this.#options = options;
  }

  /** Opens or makes the file; what it held, the longest unused id first. */
  open(): readonly AcknowledgedEntry[] {
    let entries: readonly AcknowledgedEntry[] = [];
    this.#try(() => {
      mkdirSync(dirname(this.#options.path), { recursive: true });
      entries = this.#rewrite();
    });
    return entries;
  }

  append(entries: readonly AcknowledgedEntry[]): void {
    if (this.#closed) return;
    if (this.#fd === undefined) {
      if (this.#options.clock.tickMs() < this.#retryMs) return;
      this.open();
    }
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#try(() => {
      const bytes = encoded(entries);
      writeWhole(fd, bytes, this.#end);
      this.#end += bytes.length;
    });
    if (this.#end >= this.#compactAt) this.#try(() => this.#rewrite());
  }

  close(): void {
    this.#closed = true;
    this.#letGo();
  }

  #letGo(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** Replaces the file by one with the newest entries of itself only. */
  #rewrite(): readonly AcknowledgedEntry[] {
    const { path, capacity } = this.#options;
    const growth = ENTRY_BYTES * capacity * SLACK;
    this.#compactAt = this.#end + growth;
    const kept = newest(readEnd(path, growth * 2), capacity);
    const bytes = Buffer.concat([HEADER, encoded(kept)]);
    // The name of no other input ends like this.
    const fresh = openSync(`${path}~`, "w", 0o600);
    try {
      writeWhole(fresh, bytes, 0);
      renameSync(`${path}~`, path);
    } catch (error) {
      closeSync(fresh);
      throw error;
    }
    this.#letGo();
    this.#fd = fresh;
    this.#end = bytes.length;
    this.#compactAt = bytes.length + growth;
    return kept;
  }

  #try(work: () => void): void {
    try {
      work();
      this.#failing = false;
    } catch (error) {
      this.#retryMs = this.#options.clock.tickMs() + RETRY_MS;
      if (this.#failing) return;
      this.#failing = true;
      this.#options.trouble(
        `${this.#options.path}: ${messageOf(error)}; a batch that comes again after a restart may be taken for a repetition`,
      );
    }
  }
}

function encoded(entries: readonly AcknowledgedEntry[]): Buffer {
  const bytes = Buffer.alloc(entries.length * ENTRY_BYTES);
  let at = 0;
  for (const { key, times } of entries) {
    bytes.write(key, at, KEY_BYTES, "latin1");
    bytes.writeUInt32LE(Math.min(times, 0xffff_ffff), at + KEY_BYTES);
    bytes.writeUInt32LE(crc32(bytes.subarray(at, at + SUMMED_BYTES)), at + SUMMED_BYTES);
    at += ENTRY_BYTES;
  }
  return bytes;
}

function writeWhole(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}

/** The whole entries at the end of a file, at most so many bytes; none when it is missing, or of another format. */
function readEnd(path: string, maxBytes: number): Buffer {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
  try {
    const header = Buffer.alloc(HEADER.length);
    readSync(fd, header, 0, header.length, 0);
    if (!header.equals(HEADER)) return Buffer.alloc(0);
    const length = Math.floor((fstatSync(fd).size - HEADER.length) / ENTRY_BYTES) * ENTRY_BYTES;
    const bytes = Buffer.alloc(Math.min(length, maxBytes));
    const read = readSync(fd, bytes, 0, bytes.length, HEADER.length + length - bytes.length);
    return bytes.subarray(0, read);
  } finally {
    closeSync(fd);
  }
}

/** The last entries of the newest ids, in order; those whose checksum is wrong are passed over. */
function newest(bytes: Buffer, capacity: number): readonly AcknowledgedEntry[] {
  const found = new Map<string, number>();
  for (let at = bytes.length - ENTRY_BYTES; at >= 0 && found.size < capacity; at -= ENTRY_BYTES) {
    const key = bytes.toString("latin1", at, at + KEY_BYTES);
    if (found.has(key)) continue;
    if (crc32(bytes.subarray(at, at + SUMMED_BYTES)) !== bytes.readUInt32LE(at + SUMMED_BYTES)) continue;
    found.set(key, bytes.readUInt32LE(at + KEY_BYTES));
  }
  return [...found].map(([key, times]) => ({ key, times })).toReversed();
}

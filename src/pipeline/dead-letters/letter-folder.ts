import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, opendir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { MAX_ENVELOPE_BYTES } from "./kept-envelope.ts";
import { readLetterId } from "./letter-id.ts";
import { MAX_NOTE_BYTES, noteJson, parseNote, type Note } from "./note.ts";

/** Names looked at; what is beyond them waits until some of these are gone. */
const MAX_NAMES = 1_000_000;
const NAMES_AT_ONCE = 1_024;
const ENVELOPE = ".envelope";
const NOTE = ".json";
/** What a file takes of most disks, however short it is. */
const BLOCK_BYTES = 4_096;

/** Where dead letters are below a `data_dir`. */
export function directoryIn(dataDir: string): string {
  return join(dataDir, "dead-letters");
}

/** What a directory of dead letters holds. */
export interface FolderContents {
  /** Ids of whole letters, oldest first. */
  readonly letters: readonly string[];
  /** Ids of letters of which one file is missing: one is being removed, or a process died over it. */
  readonly halves: readonly string[];
  /** Names of files that were never finished. */
  readonly unfinished: readonly string[];
  /** Everything else, links and directories included: how many. */
  readonly foreign: number;
}

/**
 * The files of dead letters: `ID.envelope`, which any tool for Sentry envelopes takes, and `ID.json` with the reason.
 * Whatever else is in the directory is left alone. Several processes may use one at the same time; methods reject with
 * errors of the file system.
 */
export class LetterFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes the directory if it is missing: only its owner can look inside. */
  async create(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
  }

  /** Reads names only. Links are foreign: nothing here is followed out of the directory. */
  async contents(): Promise<FolderContents> {
    const seen = new Map<string, { envelope: boolean; note: boolean }>();
    const unfinished: string[] = [];
    let [foreign, looked] = [0, 0];
    for await (const entry of await opendir(this.path, { bufferSize: NAMES_AT_ONCE })) {
      looked += 1;
      if (looked > MAX_NAMES) break;
      const { name } = entry;
      const suffix = name.endsWith(ENVELOPE) ? ENVELOPE : name.endsWith(NOTE) ? NOTE : ".tmp";
      const id = name.slice(0, -suffix.length);
      if (!entry.isFile() || !name.endsWith(suffix) || readLetterId(id.split(".", 1)[0] ?? "") === undefined) foreign += 1;
      else if (suffix === ".tmp") unfinished.push(name);
      else if (id.includes(".")) foreign += 1;
      else {
        const files = seen.get(id) ?? { envelope: false, note: false };
        if (suffix === ENVELOPE) files.envelope = true;
        else files.note = true;
        seen.set(id, files);
      }
    }
    const ids = [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const isWhole = ([, { envelope, note }]: (typeof ids)[number]): boolean => envelope && note;
    const letters = ids.filter(isWhole).map(([id]) => id);
    const halves = ids.filter((files) => !isWhole(files)).map(([id]) => id);
    return { letters, halves, unfinished, foreign };
  }

  /** Bytes of disk that a letter takes; 0 when it is gone. */
  async bytesOf(id: string): Promise<number> {
    const sizes = await Promise.all(
      [ENVELOPE, NOTE].map(async (suffix) => lstat(this.fileOf(id, suffix)).catch(() => undefined)),
    );
    return sizes.reduce((sum, found) => sum + (found === undefined ? 0 : onDisk(found.size)), 0);
  }

  /** Undefined when it is gone or is no note. */
  async readNote(id: string): Promise<Note | undefined> {
    const bytes = await readBounded(this.fileOf(id, NOTE), MAX_NOTE_BYTES).catch(() => undefined);
    return bytes === undefined ? undefined : parseNote(bytes);
  }

  /** The bytes of an envelope. Rejects with what is wrong. */
  async readEnvelope(id: string): Promise<Buffer> {
    return readBounded(this.fileOf(id, ENVELOPE), MAX_ENVELOPE_BYTES);
  }

  /** Writes a letter, or replaces it; the note, which makes it whole, comes last. */
  async write(id: string, envelope: Buffer, note: Note): Promise<void> {
    await this.#put(this.fileOf(id, ENVELOPE), envelope);
    await this.writeNote(id, note);
  }

  async writeNote(id: string, note: Note): Promise<void> {
    await this.#put(this.fileOf(id, NOTE), noteBytes(id, note));
  }

  /** Removes what there is of a letter; the note, without which it is none, goes first. */
  async remove(id: string): Promise<void> {
    await rm(this.fileOf(id, NOTE), { force: true });
    await rm(this.fileOf(id, ENVELOPE), { force: true });
  }

  /** Removes files that were never finished, and whose process has had time enough. */
  async sweep(names: readonly string[], writtenBeforeMs: number): Promise<void> {
    for (const name of names) {
      const path = join(this.path, name);
      const found = await lstat(path).catch(() => undefined);
      if (found !== undefined && found.mtimeMs < writtenBeforeMs) await rm(path, { force: true });
    }
  }

  fileOf(id: string, suffix: string = ENVELOPE): string {
    return join(this.path, `${id}${suffix}`);
  }

  /** No reader ever sees half of it. */
  async #put(path: string, bytes: Buffer): Promise<void> {
    const unfinished = `${path}.${randomBytes(4).toString("hex")}.tmp`;
    try {
      const file = await open(unfinished, "wx", 0o600);
      try {
        await file.writeFile(bytes);
      } finally {
        await file.close();
      }
      await rename(unfinished, path);
    } catch (thrown) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw thrown;
    }
  }
}

/** Bytes of disk that a letter will take. */
export function footprint(id: string, envelope: Buffer, note: Note): number {
  return onDisk(envelope.length) + onDisk(noteBytes(id, note).length);
}

function noteBytes(id: string, note: Note): Buffer {
  return Buffer.from(noteJson(note, readLetterId(id)?.diedMs ?? NaN));
}

function onDisk(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** A plain file and no longer than that, whatever it has become since it was listed: no link, no pipe to wait at. */
async function readBounded(path: string, maxBytes: number): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error("it is no plain file");
    if (found.size > maxBytes) throw new Error(`it is longer than ${maxBytes} bytes`);
    const bytes = Buffer.allocUnsafe(found.size);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}

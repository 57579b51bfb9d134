import { open, mkdir, readFile, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { codeOf, messageOf } from "../../base/errors.ts";
import { NO_FINGERPRINT, type Fingerprint } from "./fingerprint.ts";

/** How far one file has been read for good. */
export interface Checkpoint {
  /** Path by which it was found, and where that leads. */
  readonly path: string;
  readonly target: string;
  /** Device and inode: "2049:1835023". */
  readonly id: string;
  /** Tells files apart that had the same inode, and what a file held before it was truncated. */
  readonly generation: number;
  readonly offset: number;
  readonly head: Fingerprint;
  /** The offset is within a line that is too long. */
  readonly isSkipping: boolean;
  /** It is a copy of a followed file, of which nothing is to be read. */
  readonly isCopy: boolean;
}

/** The checkpoint of a file that is met for the first time. */
export function newCheckpoint(of: Pick<Checkpoint, "path" | "target" | "id" | "generation" | "offset">): Checkpoint {
  return { ...of, head: NO_FINGERPRINT, isSkipping: false, isCopy: false };
}

export interface Checkpoints {
  /** What was looked for, as text: with the same patterns, a file that is not here is new. */
  readonly patterns: string;
  readonly files: readonly Checkpoint[];
}

const MAGIC = "crumbtrail-files";
const VERSION = "1";
const MAX_BYTES = 256 << 20;

export interface CheckpointFileOptions {
  readonly path: string;
  /** Told once when the file cannot be written, and again only after it could. */
  readonly trouble: (text: string) => void;
  /** Told when what is there cannot be used. */
  readonly damaged: (text: string) => void;
}

/**
 * The checkpoints of one input: a line with name, version, checksum and length, and a line of JSON. It is replaced as a
 * whole and synced, so that what is there is always of one moment. Never rejects.
 */
export class CheckpointFile {
  readonly #options: CheckpointFileOptions;
  #failing = false;
  #saved = "";

  constructor(options: CheckpointFileOptions) {
    this.#options = options;
  }

  /** What was saved last; undefined when there is nothing that can be used. */
  async load(): Promise<Checkpoints | undefined> {
    const { path, damaged } = this.#options;
    let text: string;
    try {
      const { size } = await stat(path);
      if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, and at most ${MAX_BYTES} are read`);
      text = await readFile(path, "utf8");
    } catch (thrown) {
      if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return undefined;
      return this.#setAside(messageOf(thrown));
    }
    const read = parse(text);
    if (typeof read === "string") return this.#setAside(read);
    if (read.passedOver > 0) damaged(`${path}: ${read.passedOver} checkpoints cannot be used; these files begin anew`);
    return read.checkpoints;
  }

  /** Writes what changed since the last time. False when it could not. */
  async save(checkpoints: Checkpoints): Promise<boolean> {
    const json = JSON.stringify(checkpoints);
    if (json === this.#saved) return true;
    const { path, trouble } = this.#options;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await replace(path, `${headerOf(json)}\n${json}\n`);
      this.#saved = json;
      this.#failing = false;
      return true;
    } catch (thrown) {
      if (!this.#failing)
        trouble(`${path}: ${messageOf(thrown)}; after a crash, lines may be read again under their old event ids`);
      this.#failing = true;
      return false;
    }
  }

  async #setAside(why: string): Promise<undefined> {
    const { path, damaged } = this.#options;
    const aside = `${path}.bad`;
    let moved = `it is now ${aside}`;
    try {
      await rename(path, aside);
    } catch (thrown) {
      moved = `it could not be moved to ${aside} either: ${messageOf(thrown)}`;
    }
    damaged(`the checkpoints in ${path} cannot be used, so files are followed as if for the first time: ${why} (${moved})`);
    return undefined;
  }
}

function headerOf(json: string): string {
  const bytes = Buffer.from(json);
  return `${MAGIC} ${VERSION} ${crc32(bytes).toString(16).padStart(8, "0")} ${bytes.length}`;
}

async function replace(path: string, text: string): Promise<void> {
  const unfinished = `${path}.tmp`;
  const file = await open(unfinished, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  const directory = await open(dirname(path), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

interface Read {
  readonly checkpoints: Checkpoints;
  /** Entries that made no sense. */
  readonly passedOver: number;
}

/** What a file's text says, or what is wrong with it. */
function parse(text: string): Read | string {
  const [header = "", json = "", ...rest] = text.split("\n");
  const [magic, version] = header.split(" ");
  if (magic !== MAGIC) return "it does not begin as such a file does";
  if (version !== VERSION) return `its version is ${JSON.stringify(version)}, and this relay reads version ${VERSION}`;
  if (rest.length !== 1 || header !== headerOf(json)) return "its checksum is wrong";
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return "what its checksum fits is no JSON";
  }
  const patterns = memberOf(value, "patterns");
  const entries = memberOf(value, "files");
  if (typeof patterns !== "string" || !Array.isArray(entries)) return "it holds no checkpoints";
  const files = entries.flatMap((entry) => checkpointOf(entry) ?? []);
  return { checkpoints: { patterns, files }, passedOver: entries.length - files.length };
}

function checkpointOf(entry: unknown): Checkpoint | undefined {
  const [path, target, id] = [memberOf(entry, "path"), memberOf(entry, "target"), memberOf(entry, "id")];
  const [generation, offset] = [memberOf(entry, "generation"), memberOf(entry, "offset")];
  const head = memberOf(entry, "head");
  const [length, crc] = [memberOf(head, "length"), memberOf(head, "crc")];
  if (typeof path !== "string" || typeof target !== "string" || typeof id !== "string") return undefined;
  if (!isCount(generation) || !isCount(offset) || !isCount(length) || !isCount(crc)) return undefined;
  const [isSkipping, isCopy] = [memberOf(entry, "isSkipping") === true, memberOf(entry, "isCopy") === true];
  return { path, target, id, generation, offset, head: { length, crc }, isSkipping, isCopy };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createGunzip } from "node:zlib";
import type { Checkpoint } from "./checkpoint-file.ts";
import { isOf } from "./fingerprint.ts";
import { idOf } from "./open-file.ts";
import { isRotatedName } from "./rotated-names.ts";

/** What a file that is not at its path any more has become. */
export interface Found {
  readonly path: string;
  readonly isCompressed: boolean;
}

/** Files of a directory that are looked at for one that is missed. */
const MAX_LOOKS = 1_000;
/** Of these, files whose beginning is read. */
const MAX_HEADS = 64;

interface Candidate extends Found {
  readonly id: string;
  readonly size: number;
  readonly changedMs: number;
}

/**
 * Looks beside a file's path for the same file under another name, then for a copy of it, plain or packed with gzip, that
 * holds more than was read. A copy is known by its first bytes. Never rejects.
 */
export async function findPredecessor(missed: Checkpoint): Promise<Found | undefined> {
  const { target, id, head, offset } = missed;
  const original = basename(target);
  const candidates = await candidatesIn(dirname(target), original);
  const same = candidates.find((candidate) => candidate.id === id && !candidate.isCompressed && candidate.size >= offset);
  if (same !== undefined && basename(same.path) !== original && (await hasHead(same, missed))) return same;
  if (head.length === 0) return undefined;
  const copies = candidates
    .filter(({ path, size, isCompressed }) => isRotatedName(original, basename(path)) && (isCompressed || size >= offset))
    .toSorted((a, b) => b.changedMs - a.changedMs);
  for (const copy of copies.slice(0, MAX_HEADS)) if (await hasHead(copy, missed)) return copy;
  return undefined;
}

/** The bytes of a file, unpacked, from an offset on, in chunks. Ends with an exception where they are damaged. */
export async function* contentsOf({ path, isCompressed }: Found, offset: number): AsyncGenerator<Buffer, void> {
  if (!isCompressed) {
    yield* createReadStream(path, { start: offset, highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
    return;
  }
  const packed = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const unpacking = createGunzip({ chunkSize: CHUNK_BYTES });
  packed.on("error", (error) => unpacking.destroy(error));
  try {
    let skip = offset;
    for await (const chunk of packed.pipe(unpacking) as AsyncIterable<Buffer>) {
      if (skip < chunk.length) yield chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
    }
  } finally {
    packed.destroy();
    unpacking.destroy();
  }
}

const CHUNK_BYTES = 64 << 10;

/** Those that look like what rotation makes of the name come first. */
async function candidatesIn(directory: string, original: string): Promise<readonly Candidate[]> {
  const names = await readdir(directory).catch(() => []);
  const [likely, other] = [
    names.filter((name) => isRotatedName(original, name)),
    names.filter((name) => !isRotatedName(original, name)),
  ];
  const candidates: Candidate[] = [];
  for (const name of [...likely, ...other].slice(0, MAX_LOOKS)) {
    const path = join(directory, name);
    const stats = await stat(path, { bigint: true }).catch(() => undefined);
    if (stats?.isFile() !== true) continue;
    const [size, changedMs] = [Number(stats.size), Number(stats.mtimeMs)];
    candidates.push({ path, isCompressed: name.endsWith(".gz"), id: idOf(stats), size, changedMs });
  }
  return candidates;
}

async function hasHead(candidate: Candidate, { head }: Checkpoint): Promise<boolean> {
  if (head.length === 0) return true;
  try {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of contentsOf(candidate, 0)) {
      parts.push(part);
      length += part.length;
      if (length >= head.length) break;
    }
    return isOf(head, Buffer.concat(parts));
  } catch {
    return false;
  }
}

import { constants } from "node:fs";
import { access, opendir, stat, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { codeOf } from "../../base/errors.ts";

/** What is so about a directory that the relay is to write to. */
export interface DirectoryFacts {
  /** As configured. */
  readonly path: string;
  /** It, or the nearest of its parents that exists; absolute. */
  readonly nearest: string;
  readonly exists: boolean;
  /** False where a file stands in its place or in that of a parent. */
  readonly isDirectory: boolean;
  /** Why this process cannot make files there: "EACCES", "EROFS"; undefined when it can. */
  readonly unwritable: string | undefined;
  /** Linux's number of the kind of file system (statfs(2)); undefined elsewhere. */
  readonly fileSystem: number | undefined;
  /** For users without privileges. Undefined where the file system does not tell. */
  readonly freeBytes: number | undefined;
  /** Files that may yet be made; undefined where there is no such limit. */
  readonly freeFiles: number | undefined;
  /** Bytes of the files in it. */
  readonly usedBytes: number;
}

/** More files than that are not counted; a queue has a few hundred. */
const MAX_COUNTED = 100_000;

/** Looks at a directory without changing anything. Never rejects. */
export async function directoryFacts(path: string): Promise<DirectoryFacts> {
  const wanted = resolve(path);
  const { nearest, isDirectory } = await nearestOf(wanted);
  const exists = nearest === wanted;
  const [unwritable, room, usedBytes] = await Promise.all([
    accessTrouble(nearest),
    roomOf(nearest),
    exists && isDirectory ? bytesIn(nearest) : 0,
  ]);
  return { path, nearest, exists, isDirectory, unwritable, usedBytes, ...room };
}

async function nearestOf(wanted: string): Promise<{ nearest: string; isDirectory: boolean }> {
  let nearest = wanted;
  for (;;) {
    try {
      return { nearest, isDirectory: (await stat(nearest)).isDirectory() };
    } catch {
      const parent = dirname(nearest);
      if (parent === nearest) return { nearest, isDirectory: true };
      nearest = parent;
    }
  }
}

async function accessTrouble(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (thrown) {
    return codeOf(thrown) || String(thrown);
  }
}

async function roomOf(path: string): Promise<Pick<DirectoryFacts, "fileSystem" | "freeBytes" | "freeFiles">> {
  try {
    const { type, bavail, bsize, files, ffree } = await statfs(path, { bigint: true });
    return {
      fileSystem: process.platform === "linux" ? Number(BigInt.asUintN(32, type)) : undefined,
      freeBytes: Number(bavail * bsize),
      freeFiles: files === 0n ? undefined : Number(ffree),
    };
  } catch {
    return { fileSystem: undefined, freeBytes: undefined, freeFiles: undefined };
  }
}

async function bytesIn(path: string): Promise<number> {
  let bytes = 0;
  let counted = 0;
  try {
    for await (const entry of await opendir(path, { recursive: true })) {
      counted += 1;
      if (counted > MAX_COUNTED) break;
      if (!entry.isFile()) continue;
      // Files of a running queue come and go.
      const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined);
      bytes += found?.size ?? 0;
    }
  } catch {
    // What could be read of it is counted.
  }
  return bytes;
}

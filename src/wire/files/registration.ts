import type { BigIntStats } from "node:fs";
import { realpath } from "node:fs/promises";
import { newCheckpoint, type Checkpoint } from "./checkpoint-file.ts";
import { fingerprintOf, HEAD_BYTES, isOf } from "./fingerprint.ts";
import type { Neighbours } from "./neighbours.ts";
import { bornMs, idOf, OpenFile } from "./open-file.ts";

/** A file at a path. */
export interface Sight {
  readonly path: string;
  readonly stats: BigIntStats;
}

/** How much of a file's end is searched for the beginning of its last line. */
const TAIL_BYTES = 64 << 10;
/** A file that may become the copy of another one has so long to grow as far as its known beginning. */
const COPYING_MS = 2_000;

/** The checkpoint at which a new file is begun at its first byte. */
export async function atStart({ path, stats }: Sight): Promise<Checkpoint> {
  const target = await realpath(path).catch(() => path);
  const checkpoint = newCheckpoint({ path, target, id: idOf(stats), generation: Math.floor(bornMs(stats)), offset: 0 });
  const head = await headOf(path);
  // What it is rotated to has to be known by it, even if that happens before the first line is read.
  return head === undefined ? checkpoint : { ...checkpoint, head: fingerprintOf(head) };
}

/** The checkpoint at which only what is written from now on is read: a last line that has no end yet belongs to that. */
export async function atEnd(sight: Sight): Promise<Checkpoint> {
  const checkpoint = await atStart(sight);
  const file = await OpenFile.open(sight.path);
  try {
    const size = Number(sight.stats.size);
    const from = Math.max(0, size - TAIL_BYTES);
    const bytes = Buffer.alloc(size - from);
    const read = await file.read(bytes, from);
    const last = bytes.subarray(0, read).lastIndexOf(0x0a);
    // Without a line end in sight, the middle of a line is no beginning.
    if (last < 0 && from > 0) return { ...checkpoint, offset: size, isSkipping: true };
    return { ...checkpoint, offset: from + last + 1 };
  } finally {
    await file.close();
  }
}

interface Matched {
  readonly known: readonly { readonly sight: Sight; readonly checkpoint: Checkpoint }[];
  /** Checkpoints of files that are not there any more. */
  readonly left: readonly Checkpoint[];
  readonly unknown: readonly Sight[];
}

/** Finds the files that have a checkpoint: by their inode, and by how they begin, because inodes are used again. */
export async function matched(sights: readonly Sight[], checkpoints: readonly Checkpoint[]): Promise<Matched> {
  const left = new Set(checkpoints);
  const byId = new Map<string, Checkpoint[]>();
  for (const checkpoint of checkpoints) byId.set(checkpoint.id, [...(byId.get(checkpoint.id) ?? []), checkpoint]);
  const known: { sight: Sight; checkpoint: Checkpoint }[] = [];
  const unknown: Sight[] = [];
  for (const sight of sights) {
    const candidates = (byId.get(idOf(sight.stats)) ?? []).toSorted((a, b) => b.generation - a.generation);
    const head = candidates.length === 0 ? undefined : await headOf(sight.path);
    const checkpoint = candidates.find(({ head: print }) => print.length === 0 || (head !== undefined && isOf(print, head)));
    if (checkpoint === undefined) unknown.push(sight);
    else {
      left.delete(checkpoint);
      const isUnknown = checkpoint.head.length === 0 && head !== undefined;
      known.push({ sight, checkpoint: isUnknown ? { ...checkpoint, head: fingerprintOf(head) } : checkpoint });
    }
  }
  return { known, left: [...left], unknown };
}

/** The first bytes of a file; undefined where they cannot be had. */
async function headOf(path: string): Promise<Buffer | undefined> {
  let file: OpenFile | undefined;
  try {
    file = await OpenFile.open(path);
    const bytes = Buffer.alloc(HEAD_BYTES);
    return bytes.subarray(0, await file.read(bytes, 0));
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}

/** "copy": of a followed file, which needs no reading; "perhaps": to be looked at again soon; "no": a file of its own. */
export async function isCopyOf(sight: Sight, neighbours: Neighbours, sinceMs: number): Promise<"copy" | "perhaps" | "no"> {
  const prints = neighbours
    .of(sight.path)
    .flatMap(({ heads }) => heads)
    .filter(({ length }) => length > 0);
  const head = prints.length === 0 ? undefined : await headOf(sight.path);
  if (head === undefined) return "no";
  if (prints.some((print) => isOf(print, head))) return "copy";
  const isShort = prints.some(({ length }) => length > head.length);
  return isShort && sinceMs < COPYING_MS ? "perhaps" : "no";
}

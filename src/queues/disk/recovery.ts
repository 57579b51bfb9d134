import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../base/log.ts";
import { readAcks } from "./ack-file.ts";
import { IndexTable, readIndex, writeIndex } from "./index-file.ts";
import { scanSegment } from "./scan.ts";
import { MAX_SEGMENT_ID, parseSegmentName, Segment, segmentPath } from "./segment.ts";
import { reasonOf } from "./trouble.ts";
import type { Gap } from "./window.ts";

/** Written and deleted to find out whether the disk has room again. */
export const PROBE = "probe.tmp";

/** No relay lives to count so far: a higher number was given by somebody else, and nothing is numbered after it. */
const LAST_OWN_ID = Math.floor(MAX_SEGMENT_ID / 2);

export interface RecoveryOptions {
  readonly directory: string;
  readonly log: Logger;
  /** Sets bytes aside that are no parcel. */
  damaged(segment: Segment, gaps: readonly Gap[]): Promise<void>;
}

/** What a former process left: segments with something in them, oldest first, and the number the next one gets. */
export interface Recovered {
  readonly segments: readonly Segment[];
  readonly nextId: number;
}

/**
 * Reads a store as far as it can be read, and until `abort`. Fails only when the directory itself cannot be listed.
 */
export async function recover(options: RecoveryOptions, abort?: AbortSignal): Promise<Recovered> {
  const { directory, log } = options;
  const names = await readdir(directory);
  const files = names.flatMap((name) => parseSegmentName(name) ?? []);
  const ids = new Set(files.filter(({ extension }) => extension === "seg").map(({ id }) => id));
  for (const { id, extension } of files) {
    // Left by a process that died while it rewrote a segment, or deleted one.
    if (extension === "tmp" || !ids.has(id)) await discard(segmentPath(directory, id, extension as "tmp"));
  }
  for (const name of names) if (name === PROBE || name === "format.tmp") await discard(join(directory, name));
  const strangers = names.filter((name) => name.endsWith(".seg") && parseSegmentName(name) === undefined);
  if (strangers.length > 0) {
    const message = `${strangers.length} files in ${directory} have names that no relay gives (${strangers[0]}); they are not read`;
    log.warn({ directory, files: strangers.slice(0, 10) }, message);
  }
  const segments: Segment[] = [];
  for (const id of [...ids].sort((a, b) => a - b)) {
    if (abort?.aborted === true) {
      log.info({ directory }, `told to stop while reading ${directory}: what was not read waits there for the next start`);
      break;
    }
    try {
      const segment = await open(id, options);
      if (segment.live.parcels > 0) segments.push(segment);
      else for (const extension of ["seg", "idx", "ack"] as const) await discard(segmentPath(directory, id, extension));
    } catch (thrown) {
      const file = segmentPath(directory, id, "seg");
      log.error({ file, err: thrown }, `cannot read ${file}: ${reasonOf(thrown)}; its parcels wait there for the next start`);
    }
  }
  return { segments, nextId: freeId(files.map(({ id }) => id)) };
}

/** The number behind all that relays have given, and one that no file has. */
function freeId(ids: readonly number[]): number {
  const taken = new Set(ids);
  let next = 1 + ids.reduce((last, id) => (id <= LAST_OWN_ID && id > last ? id : last), 0);
  while (taken.has(next)) next += 1;
  return next;
}

async function open(id: number, options: RecoveryOptions): Promise<Segment> {
  const { directory } = options;
  const path = segmentPath(directory, id, "seg");
  const { size } = await stat(path);
  const acks = await readAcks(directory, id);
  const segment = new Segment(id);
  segment.bytes = size;
  segment.sealed = true;
  if (await readIndex(directory, segment, acks)) return segment;
  const table = new IndexTable();
  const gaps: Gap[] = [];
  await scanSegment(path, size, { frame: (frame) => table.add(frame), gap: (gap) => gaps.push(gap) });
  table.describe(segment);
  table.acknowledge(segment, acks);
  await options.damaged(segment, gaps);
  // The next start would be slower without it, and that is all.
  await writeIndex(directory, segment, table).catch(() => {});
  return segment;
}

/** What cannot be deleted now is found again at the next start. */
async function discard(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => {});
}

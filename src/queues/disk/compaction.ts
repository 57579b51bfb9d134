import { renameSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { IndexTable, writeIndex } from "./index-file.ts";
import { scanSegment } from "./scan.ts";
import { segmentPath, type Segment } from "./segment.ts";
import type { Shelf } from "./shelf.ts";
import type { Gap } from "./window.ts";

const PIECE_BYTES = 1 << 20;

/** Where frames that were kept began, and where they begin now; both ascending. */
interface Moves {
  readonly from: number[];
  readonly to: number[];
}

export interface CompactionOptions {
  readonly shelf: Shelf;
  /** Sets bytes aside that are no parcel; they are not in the new segment. */
  damaged(segment: Segment, gaps: readonly Gap[]): void;
  /** Resolves once that is done. */
  setAside(): Promise<void>;
}

/** The sealed segment with the smallest share of live bytes. */
export function sparsest(shelf: Shelf): Segment | undefined {
  let found: Segment | undefined;
  const share = ({ live, bytes }: Segment): number => live.bytes / bytes;
  for (const segment of shelf.segments) {
    if (segment.sealed && segment.deadBytes > 0 && (found === undefined || share(segment) < share(found))) found = segment;
  }
  return found;
}

/**
 * Writes a sealed segment anew with its live parcels only. They keep their numbers, and the segment its own, so that
 * order and acknowledgements stay as they are. On failure the segment stays as it was.
 */
export async function compact(directory: string, segment: Segment, options: CompactionOptions): Promise<void> {
  const path = segmentPath(directory, segment.id, "seg");
  const temporary = segmentPath(directory, segment.id, "tmp");
  const table = new IndexTable();
  const moves: Moves = { from: [], to: [] };
  const gaps: Gap[] = [];
  let written = 0;
  let pieces: Buffer[] = [];
  let held = 0;
  const file = await open(temporary, "w", 0o600);
  const flush = async (): Promise<void> => {
    if (held > 0) await file.appendFile(Buffer.concat(pieces, held));
    pieces = [];
    held = 0;
  };
  try {
    await scanSegment(path, segment.bytes, {
      frame: async (frame, source, base) => {
        if (segment.acked.has(frame.sequence)) return;
        table.add(frame);
        moves.from.push(base + frame.offset);
        moves.to.push(written);
        pieces.push(source.subarray(frame.offset, frame.offset + frame.bytes));
        written += frame.bytes;
        held += frame.bytes;
        if (held >= PIECE_BYTES) await flush();
      },
      gap: (gap) => gaps.push(gap),
    });
    await flush();
    await file.sync();
    await file.close();
    options.damaged(segment, gaps);
    await options.setAside();
  } catch (thrown) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
    throw thrown;
  }
  if (segment.gone) {
    await rm(temporary, { force: true });
    return;
  }
  // In one turn of the event loop with the cursors, so that nobody reads at an offset of the other file.
  renameSync(temporary, path);
  segment.bytes = written;
  segment.epoch += 1;
  for (const line of options.shelf.lines) {
    if (line.cursor?.segment === segment) line.cursor = { segment, offset: moved(line.cursor.offset, moves, written) };
  }
  await writeIndex(directory, segment, table);
}

/** The new offset of the first frame that was kept at or behind an old one. */
function moved(offset: number, { from, to }: Moves, end: number): number {
  let low = 0;
  let high = from.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((from[middle] ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return to[low] ?? end;
}

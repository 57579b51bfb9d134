import { lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { aborted } from "../base/abort.ts";
import { codeOf, messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { Lane } from "../lanes/lane.ts";
import { DamagedTrails, headerLine, pieceLine, trailerLine, TrailPieces } from "./trail-pieces.ts";

export interface TrailFileOptions {
  readonly lanes: readonly Lane[];
  /** Undefined: nothing is saved or read. */
  readonly dataDir: string | undefined;
  /** Bytes of trails that each lane may hold. */
  readonly maxBytes: number;
  readonly log: Logger;
}

const NAME = "trails.jsonl";
/** As JSON, trails may take more than in memory. */
const MANIFOLD = 4;
/** A file is read up to this many bytes more than trails of today's configuration take: yesterday's may have been larger. */
const SPARE_BYTES = 256 << 20;

/**
 * Saves the trails of all lanes as `trails.jsonl` in the data directory, for the next start. To be called once no batch
 * can come any more. Nothing is saved when the deadline aborts before it is done. Never rejects: trails are context, and
 * a relay that cannot save them stops all the same.
 *
 * The file holds breadcrumbs as events show them, scrubbed; only its owner can read it. It is not synced: its checksum
 * tells when a machine went down too soon.
 */
export async function saveTrails(options: TrailFileOptions, deadline: AbortSignal): Promise<void> {
  const { dataDir, log } = options;
  if (dataDir === undefined || deadline.aborted) return;
  const path = join(dataDir, NAME);
  const unfinished = `${path}.tmp`;
  const saving = async (): Promise<boolean> => {
    try {
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      const bytes = await write(unfinished, options, deadline);
      if (bytes > 0 && !deadline.aborted) {
        await rename(unfinished, path);
        log.info({ file: path, bytes }, "trails saved");
        return true;
      }
    } catch (thrown) {
      log.warn({ file: path }, `the trails could not be saved, so the next start begins without: ${messageOf(thrown)}`);
    }
    await rm(unfinished, { force: true }).catch(() => {});
    return !deadline.aborted;
  };
  // A disk that hangs must not keep the process.
  const inTime = await Promise.race([saving(), aborted(deadline).then(() => false)]);
  if (!inTime) log.warn({ file: path }, "no time was left to save the trails, so the next start begins without");
}

/** Writes a whole file; returns its bytes, 0 when there is nothing to save or the deadline has aborted. */
async function write(path: string, { lanes, maxBytes }: TrailFileOptions, deadline: AbortSignal): Promise<number> {
  await rm(path, { force: true });
  const file = await open(path, "wx", 0o600);
  let bytes = 0;
  let crc = 0;
  const put = async (block: Uint8Array): Promise<void> => {
    crc = crc32(block, crc);
    bytes += block.length;
    await file.writeFile(block);
  };
  try {
    await put(headerLine(lanes.length));
    const empty = bytes;
    const late = aborted(deadline).then(() => undefined);
    for (const [number, lane] of lanes.entries()) {
      const full = bytes + MANIFOLD * maxBytes;
      for (;;) {
        // Between two pieces the event loop has its turn, and with it deliveries and the deadline.
        const piece = await Promise.race([lane.save(), late]);
        if (deadline.aborted) return 0;
        if (piece === undefined) break;
        // What comes last was unused for longest.
        if (bytes + piece.length > full) break;
        await put(pieceLine(number, piece.length));
        await put(piece);
      }
    }
    if (bytes === empty) return 0;
    await put(trailerLine(crc));
    return bytes;
  } finally {
    await file.close();
  }
}

/**
 * Reads what {@link saveTrails} wrote back into the lanes, before their first batch. The file is used once: what follows
 * a crash begins without trails rather than with those of an earlier stop. With as many lanes as before each gets its
 * own, since senders keep their lanes; with another number every lane gets all of them.
 *
 * A file that cannot be used is moved aside as `trails.jsonl.bad`, with a warning. Never rejects.
 */
export async function restoreTrails(options: TrailFileOptions): Promise<void> {
  const { dataDir, lanes, log } = options;
  if (dataDir === undefined) return;
  const path = join(dataDir, NAME);
  try {
    const found = await sizeOf(path);
    if (found === undefined) return;
    const most = SPARE_BYTES + MANIFOLD * options.maxBytes * lanes.length;
    if (found > most) throw new DamagedTrails(`it has ${found} bytes, and at most ${most} are read`);
    await read(path, found, lanes);
  } catch (thrown) {
    await setAside(path, messageOf(thrown), log);
    return;
  }
  const keys = lanes.reduce((sum, lane) => sum + lane.stats().trailKeys, 0);
  log.info({ file: path, keys }, "trails restored");
  await rm(path).catch((thrown: unknown) => {
    log.warn({ file: path }, `saved trails were read, but the file could not be removed: ${messageOf(thrown)}`);
  });
}

/** Undefined where there is no such file. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const found = await lstat(path);
    if (!found.isFile()) throw new DamagedTrails("it is no ordinary file");
    return found.size;
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw thrown;
  }
}

async function read(path: string, size: number, lanes: readonly Lane[]): Promise<void> {
  const file = await open(path, "r");
  try {
    const pieces = new TrailPieces(file, size);
    // All of it is checked before a lane sees any of it.
    for await (const piece of pieces) void piece;
    for await (const piece of pieces) {
      const own = piece.lanes === lanes.length ? lanes[piece.lane] : undefined;
      if (own !== undefined) await own.restore({ ...piece, lane: 0, lanes: 1 });
      else for (const lane of lanes) await lane.restore(piece);
    }
    for (const lane of lanes) await lane.restore(undefined);
  } finally {
    await file.close();
  }
}

async function setAside(path: string, why: string, log: Logger): Promise<void> {
  const aside = `${path}.bad`;
  let moved = `it is now ${aside}`;
  try {
    await rename(path, aside);
  } catch (thrown) {
    moved = `it could not be moved to ${aside} either: ${messageOf(thrown)}`;
  }
  log.warn({ file: path }, `saved trails cannot be used, so events begin without earlier breadcrumbs: ${why} (${moved})`);
}

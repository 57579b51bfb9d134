import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Logger } from "../../base/log.ts";
import { codeOf, RelayError } from "../../base/errors.ts";

/** The layout of the store that this version writes. */
export const FORMAT_VERSION = 1;
const NAME = "crumbtrail-queue";

function lineOf(version: number): string {
  const text = `${NAME} ${version}`;
  return `${text} ${crc32(text).toString(16).padStart(8, "0")}\n`;
}

/** The version that a sound line names; undefined for anything else. */
function versionIn(line: string): number | undefined {
  const version = Number(/^crumbtrail-queue (\d{1,9}) [0-9a-f]{8}\n?$/.exec(line)?.[1] ?? Number.NaN);
  return lineOf(version).trim() === line.trim() ? version : undefined;
}

/**
 * Sees to it that the store says which layout it has. Throws a RelayError for one from a newer version; a line that is
 * damaged is no newer version, and is written again.
 */
export async function checkFormat(directory: string, log: Logger): Promise<void> {
  const path = join(directory, "format");
  const line = await readLine(path);
  const version = line === undefined ? undefined : versionIn(line);
  if (version === FORMAT_VERSION) return;
  if (version !== undefined && version > FORMAT_VERSION) {
    throw new RelayError(
      "RELAY_STORE",
      `the queue in ${directory} has format ${version}, written by a newer crumbtrail; this one reads formats up to ${FORMAT_VERSION}. ` +
        "Start the newer version again and let it drain, or point queue.directory at another directory",
    );
  }
  if (line !== undefined) {
    const kept = join(directory, "quarantine", "format");
    await mkdir(join(directory, "quarantine"), { recursive: true, mode: 0o700 });
    await rename(path, kept);
    log.warn({ file: path }, `${path} is damaged; it was kept as ${kept} and written again`);
  }
  await writeFile(`${path}.tmp`, lineOf(FORMAT_VERSION), { mode: 0o600, flush: true });
  await rename(`${path}.tmp`, path);
}

async function readLine(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path)).subarray(0, 4_096).toString("latin1");
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === "ENOENT") return undefined;
    // A directory of that name is no format either, and makes way like a damaged line.
    if (code === "EISDIR") return "";
    throw thrown;
  }
}

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { messageOf, RelayError } from "../../base/errors.ts";
import { jsonLine, letters, print } from "./output.ts";
import { contentsOf, demandChoice, idsOf, letterFolder, lettersOf, warn, type LetterOptions } from "./selection.ts";

export interface ExportOptions extends LetterOptions {
  /** Directory for the envelopes; without it there may be one, which goes to standard output. */
  readonly out?: string;
}

/** Copies envelopes as they are, for `sentry-cli send-envelope` and the like. */
export async function exportLetters(ids: readonly string[], options: ExportOptions): Promise<number> {
  demandChoice("export", ids, options);
  const { out } = options;
  if (out === undefined && ids.length !== 1) {
    throw new RelayError(
      "RELAY_USAGE",
      "give the directory to write envelopes to with --out DIR; only a single id goes to standard output",
    );
  }
  // What is in an envelope may be meant to play tricks on a terminal, and must not be changed either.
  if (out === undefined && process.stdout.isTTY) {
    throw new RelayError(
      "RELAY_USAGE",
      "an envelope is not for a terminal: write it to a file (> FILE), or see it with crumbtrail dlq show",
    );
  }
  const folder = letterFolder(options);
  const { letters: known } = await contentsOf(folder);
  let [copied, failed] = [0, 0];
  for await (const { id } of lettersOf(folder, idsOf(known, ids, options, systemClock.nowMs()), options)) {
    const envelope = await folder.readEnvelope(id).catch((thrown: unknown) => {
      warn(`${folder.fileOf(id)} cannot be read: ${messageOf(thrown)}`);
    });
    if (envelope === undefined) failed += 1;
    else {
      copied += 1;
      if (out === undefined) await print(envelope);
      else {
        const file = await copyTo(out, `${id}.envelope`, envelope);
        if (options.json) await print(jsonLine({ id, result: "exported", file }));
      }
    }
  }
  if (out !== undefined) warn(`${letters(copied)} copied to ${out}`);
  return failed === 0 && (out !== undefined || copied === 1) ? 0 : 1;
}

async function copyTo(directory: string, name: string, envelope: Buffer): Promise<string> {
  const file = join(directory, name);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(file, envelope, { mode: 0o600 });
    return file;
  } catch (thrown) {
    throw new RelayError("RELAY_USAGE", `${file} cannot be written: ${messageOf(thrown)}`, { cause: thrown });
  }
}

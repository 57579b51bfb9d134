import { systemClock } from "../../base/clock.ts";
import { messageOf, RelayError } from "../../base/errors.ts";
import type { LetterFolder } from "../../pipeline/dead-letters/letter-folder.ts";
import { jsonLine, letters, print } from "./output.ts";
import { contentsOf, demandChoice, idsOf, letterFolder, lettersOf, warn, type LetterOptions } from "./selection.ts";

/** Removes dead letters for good, without a question. */
export async function purgeLetters(ids: readonly string[], options: LetterOptions): Promise<number> {
  demandChoice("purge", ids, options);
  const folder = letterFolder(options);
  const contents = await contentsOf(folder);
  const nowMs = systemClock.nowMs();
  let removed = 0;
  for await (const id of purgedOf(folder, idsOf(contents.letters, ids, options, nowMs), options)) {
    await removing(folder, () => folder.remove(id));
    removed += 1;
    if (options.json) await print(jsonLine({ id, result: "removed" }));
  }
  if (options.all === true && removed >= contents.letters.length) {
    for (const half of contents.halves) await removing(folder, () => folder.remove(half));
    await removing(folder, () => folder.sweep(contents.unfinished, nowMs));
  }
  warn(`${letters(removed)} removed from ${folder.path}`);
  return 0;
}

/** Without a filter that needs it the note is not read, so that letters with a damaged one go too. */
async function* purgedOf(folder: LetterFolder, ids: readonly string[], options: LetterOptions): AsyncGenerator<string, void> {
  if (options.upstream === undefined && options.reason === undefined) yield* ids;
  else for await (const { id } of lettersOf(folder, ids, options)) yield id;
}

async function removing(folder: LetterFolder, remove: () => Promise<void>): Promise<void> {
  await remove().catch((thrown: unknown) => {
    throw new RelayError("RELAY_USAGE", `${folder.path} cannot be changed: ${messageOf(thrown)}`, { cause: thrown });
  });
}

import { systemClock } from "../../base/clock.ts";
import { letterFields, letters, jsonLine, print, tabbedLine, tableHeading, tableLine } from "./output.ts";
import { contentsOf, idsOf, letterFolder, lettersOf, warn, type LetterOptions } from "./selection.ts";

/** For what calls itself a terminal and does not know its width. */
const USUAL_WIDTH = 120;

/** Oldest first: a table on a terminal, columns parted by tabs in a pipe, or a JSON object a line. */
export async function listLetters(options: LetterOptions): Promise<number> {
  const folder = letterFolder(options);
  const contents = await contentsOf(folder);
  const nowMs = systemClock.nowMs();
  const table = process.stdout.isTTY && !options.json;
  const width = process.stdout.columns || USUAL_WIDTH;
  let count = 0;
  for await (const letter of lettersOf(folder, idsOf(contents.letters, [], options, nowMs), options)) {
    if (table && count === 0) await print(tableHeading(width));
    count += 1;
    if (options.json) await print(jsonLine(letterFields(letter)));
    else await print(table ? tableLine(letter, nowMs, width) : tabbedLine(letter));
  }
  const others = contents.letters.length - count;
  if (count === 0 && others === 0) warn(`there are no dead letters in ${folder.path}`);
  else if (count === 0) warn(`none of ${letters(others)} in ${folder.path} fits`);
  else if (table) warn(`${letters(count)} in ${folder.path}${others > 0 ? `, and ${others} that do not fit` : ""}`);
  return 0;
}

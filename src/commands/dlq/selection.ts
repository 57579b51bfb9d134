import { codeOf, messageOf, RelayError } from "../../base/errors.ts";
import { veil } from "../../base/veil.ts";
import { directoryIn, LetterFolder, type FolderContents } from "../../pipeline/dead-letters/letter-folder.ts";
import { readLetterId } from "../../pipeline/dead-letters/letter-id.ts";
import type { Note } from "../../pipeline/dead-letters/note.ts";
import { printable } from "../../sentry/terminal.ts";
import { configurationOf } from "../configuration.ts";

/** Where dead letters are, and which of them are meant. */
export interface LetterOptions {
  readonly config?: string;
  /** Goes before the one of the configuration, which is then not read for it. */
  readonly dataDir?: string;
  readonly upstream?: string;
  readonly reason?: string;
  /** Milliseconds since death. */
  readonly olderThan?: number;
  readonly newerThan?: number;
  readonly all?: boolean;
  /** One JSON object a line on standard output. */
  readonly json: boolean;
}

export interface FoundLetter {
  readonly id: string;
  readonly diedMs: number;
  readonly note: Note;
}

const FULL_EVENT_ID = /^[0-9a-f]{32}$/;
/** Enough to see which are meant. */
const MAX_NAMED = 5;

/** The directory of dead letters below `--data-dir`, or below the `data_dir` of the configuration. */
export function letterFolder(options: LetterOptions): LetterFolder {
  const dataDir =
    options.dataDir ?? (options.config === undefined ? undefined : configurationOf({ config: options.config }).config.dataDir);
  if (dataDir !== undefined && dataDir !== "") return new LetterFolder(directoryIn(dataDir));
  const why =
    options.config === undefined
      ? "say where the dead letters are: --config relay.yml (whose data_dir is used) or --data-dir /var/lib/crumbtrail"
      : `${options.config} has no data_dir, so its relay keeps no dead letters; set data_dir, or name another with --data-dir`;
  throw new RelayError("RELAY_USAGE", why);
}

/** What changes or sends letters must be told which: nobody should empty the whole directory by leaving a word out. */
export function demandChoice(verb: string, ids: readonly string[], options: LetterOptions): void {
  const { all, upstream, reason, olderThan, newerThan } = options;
  if (ids.length > 0 || all === true || [upstream, reason, olderThan, newerThan].some((filter) => filter !== undefined)) return;
  const message = `${verb} which? Give ids, a filter (--upstream, --reason, --older-than, --newer-than) or --all; see crumbtrail dlq list`;
  throw new RelayError("RELAY_USAGE", message);
}

/** What there is; nothing when the directory is missing. Whatever is no dead letter is told, and left alone. */
export async function contentsOf(folder: LetterFolder): Promise<FolderContents> {
  try {
    const contents = await folder.contents();
    const { halves, foreign } = contents;
    if (halves.length > 0) warn(`skipped ${halves.length} dead letters in ${folder.path} of which one file is missing`);
    if (foreign > 0) warn(`skipped ${foreign} files in ${folder.path} that are no dead letters`);
    return contents;
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return { letters: [], halves: [], unfinished: [], foreign: 0 };
    throw new RelayError("RELAY_USAGE", `${folder.path} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** Ids by their beginnings (of the id, of what follows its time, or a whole event id) and by age, oldest first. */
export function idsOf(known: readonly string[], wanted: readonly string[], options: LetterOptions, nowMs: number): string[] {
  const named = wanted.length === 0 ? undefined : new Set(wanted.map((one) => idOf(known, one)));
  const diedBefore = nowMs - (options.olderThan ?? -Infinity);
  const diedAfter = nowMs - (options.newerThan ?? Infinity);
  return known.filter((id) => {
    const { diedMs } = readLetterId(id) ?? { diedMs: 0 };
    return (named === undefined || named.has(id)) && diedMs <= diedBefore && diedMs >= diedAfter;
  });
}

/** The letters whose notes fit the filters. Those without a readable note are counted and told at the end. */
export async function* lettersOf(
  folder: LetterFolder,
  ids: readonly string[],
  options: LetterOptions,
): AsyncGenerator<FoundLetter, void> {
  const unreadable: string[] = [];
  for (const id of ids) {
    const note = await folder.readNote(id);
    if (note === undefined) unreadable.push(id);
    else if (fits(note, options)) yield { id, diedMs: readLetterId(id)?.diedMs ?? 0, note };
  }
  if (unreadable.length === 0) return;
  warn(`skipped ${unreadable.length} whose .json is gone or damaged: ${named(unreadable)}`);
}

/** One line on standard error. */
export function warn(message: string): void {
  process.stderr.write(`crumbtrail: ${printable(veil.over(message))}\n`);
}

function fits(note: Note, { upstream, reason }: LetterOptions): boolean {
  return (upstream === undefined || note.upstream === upstream) && (reason === undefined || note.reason === reason);
}

function idOf(known: readonly string[], wanted: string): string {
  const found = wanted === "" ? [] : known.filter((id) => isMeant(id, wanted));
  const [only] = found;
  if (only === undefined)
    throw new RelayError("RELAY_USAGE", `there is no dead letter "${printable(wanted)}"; see crumbtrail dlq list`);
  if (found.length === 1) return only;
  throw new RelayError("RELAY_USAGE", `"${printable(wanted)}" is the beginning of ${found.length} dead letters: ${named(found)}`);
}

function isMeant(id: string, wanted: string): boolean {
  const short = id.slice(id.indexOf("-") + 1);
  // The rest of an event id says no more: the file is named after its beginning.
  const sought = FULL_EVENT_ID.test(wanted) ? wanted.slice(0, short.length) : wanted;
  return id.startsWith(wanted) || short.startsWith(sought);
}

function named(ids: readonly string[]): string {
  return ids.slice(0, MAX_NAMED).join(", ") + (ids.length > MAX_NAMED ? ", ..." : "");
}

import { systemClock } from "../../base/clock.ts";
import { messageOf, RelayError } from "../../base/errors.ts";
import { formatDuration } from "../../base/units.ts";
import { readKeptEnvelope, type KeptShipment } from "../../pipeline/dead-letters/kept-envelope.ts";
import { prettyShipment } from "../../sentry/pretty.ts";
import { paint, printable } from "../../sentry/terminal.ts";
import { jsonLine, letterFields, print } from "./output.ts";
import { contentsOf, idsOf, letterFolder, lettersOf, type FoundLetter, type LetterOptions } from "./selection.ts";

/** One dead letter: why it is one, and what it says. */
export async function showLetter(id: string, options: LetterOptions): Promise<number> {
  const folder = letterFolder(options);
  const { letters } = await contentsOf(folder);
  const nowMs = systemClock.nowMs();
  for await (const letter of lettersOf(folder, idsOf(letters, [id], options, nowMs), options)) {
    const file = folder.fileOf(letter.id);
    const bytes = await folder.readEnvelope(letter.id).catch((thrown: unknown) => {
      throw new RelayError("RELAY_USAGE", `${file} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
    });
    const kept = readKeptEnvelope(bytes, { upstream: letter.note.upstream, input: "", bornMs: nowMs });
    if (typeof kept === "string") throw new RelayError("RELAY_USAGE", `${file} is damaged: ${kept}`);
    const colour = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
    if (options.json) await print(jsonLine({ ...letterFields(letter), file, ...contentOf(kept) }));
    else await print(`${heading(letter, { file, nowMs, colour })}\n\n${prettyShipment(kept, colour)}`);
    return 0;
  }
  throw new RelayError(
    "RELAY_USAGE",
    `the dead letter "${printable(id)}" cannot be shown: it does not fit the filters, or is damaged`,
  );
}

interface Looks {
  readonly file: string;
  readonly nowMs: number;
  readonly colour: boolean;
}

/** The reason in a few lines, safe for a terminal. */
function heading({ id, diedMs, note }: FoundLetter, { file, nowMs, colour }: Looks): string {
  const style = paint(colour);
  const born = note.bornMs === undefined ? "" : `, born ${new Date(note.bornMs).toISOString()}`;
  const rows: readonly (readonly [name: string, text: string])[] = [
    ["reason", note.status === undefined ? note.reason : `${note.reason}, HTTP ${note.status}`],
    ["cause", note.cause],
    ["upstream", note.upstream],
    ["died", `${new Date(diedMs).toISOString()} (${formatDuration(Math.max(0, nowMs - diedMs))} ago)${born}`],
    ["holds", `${counted(note.items, note.category === "error" ? "event" : "log")}, made of ${counted(note.records, "record")}`],
    ["attempts", `${note.attempts} since then`],
    ["file", file],
  ];
  const lines = rows.map(([name, text]) => `  ${style.dim(name.padEnd(9))} ${printable(text)}`);
  return [style.bold(`dead letter ${id}`), ...lines].join("\n");
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** Bodies as JSON; they were read as such before. */
function contentOf(kept: KeptShipment): object {
  const [first, ...others] = kept.parcels.map(({ body }) => JSON.parse(Buffer.from(body).toString("utf8")) as unknown);
  return kept.kind === "event" ? { event: first } : { logs: [first, ...others] };
}

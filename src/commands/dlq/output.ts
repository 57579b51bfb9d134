import { terminalJson } from "../../base/json-line.ts";
import { formatDuration } from "../../base/units.ts";
import { clip } from "../../sentry/bounds.ts";
import { printable } from "../../sentry/terminal.ts";
import type { FoundLetter } from "./selection.ts";

const WIDTHS = [28, 6, 12, 18, 7] as const;
const TITLES = ["ID", "AGE", "UPSTREAM", "REASON", "LEVEL", "TITLE"];

/** One line of JSON in which no text can make a terminal do anything. */
export function jsonLine(value: object): string {
  return `${terminalJson(JSON.stringify(value))}\n`;
}

/** A letter as `--json` shows it. */
export function letterFields({ id, diedMs, note }: FoundLetter): Readonly<Record<string, unknown>> {
  const { eventId, bornMs, ...rest } = note;
  const born = bornMs === undefined ? null : new Date(bornMs).toISOString();
  return { id, died: new Date(diedMs).toISOString(), born, ...rest, status: note.status ?? null, event_id: eventId };
}

/** Columns that scripts can rely on; new ones come last. */
export function tabbedLine({ id, diedMs, note }: FoundLetter): string {
  const { upstream, reason, status, category, records, attempts, eventId, level, title, cause } = note;
  const died = new Date(diedMs).toISOString();
  const columns = [id, died, upstream, reason, status ?? "", category, records, attempts, eventId, level, title, cause];
  return `${columns.map((column) => printable(String(column))).join("\t")}\n`;
}

/** The heading of what {@link tableLine} writes. */
export function tableHeading(width: number): string {
  return rowOf(TITLES, width);
}

/** A row for a terminal that is so many characters wide. */
export function tableLine({ id, diedMs, note }: FoundLetter, nowMs: number, width: number): string {
  const reason = note.status === undefined ? note.reason : `${note.reason} ${note.status}`;
  const age = formatDuration(Math.max(0, nowMs - diedMs));
  return rowOf([id, age, note.upstream, reason, note.level, note.title], width);
}

function rowOf(cells: readonly string[], width: number): string {
  const row = cells.map((cell, index) => {
    const room = WIDTHS[index];
    return room === undefined ? printable(cell) : clip(printable(cell), room).padEnd(room);
  });
  return `${clip(row.join("  ").trimEnd(), Math.max(width, 40))}\n`;
}

/** "1 dead letter", "2 dead letters". */
export function letters(count: number): string {
  return count === 1 ? "1 dead letter" : `${count} dead letters`;
}

/** Waits for a slow reader. */
export function print(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

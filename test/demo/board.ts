import type { JsonView } from "../../src/sentry/json-view.ts";
import { paint, printable, type Paint } from "../../src/sentry/terminal.ts";

/** Where the board is shown. */
export interface Screen {
  readonly colour: boolean;
  /** A terminal, whose last line may be written again and again. */
  readonly live: boolean;
  readonly columns: number;
  write(text: string): void;
}

/** How far the demo is. */
export interface Progress {
  readonly elapsedMs: number;
  readonly totalMs: number;
  readonly received: number;
  readonly heldBack: number;
}

/** What the relay says of its records at the end. */
export interface LedgerView {
  readonly received: ReadonlyMap<string, number>;
  readonly settled: Readonly<Record<string, number>>;
  readonly inFlight: number;
}

interface Issue {
  readonly number: number;
  readonly title: string;
  readonly level: string;
  events: number;
  heldBack: number;
}

const LINES_PER_SOURCE = 2;
const BAR = 12;

/** The tracker's side of the demo: issues as they form, and how often each was seen. */
export class Board {
  readonly #screen: Screen;
  readonly #style: Paint;
  readonly #issues = new Map<string, Issue>();
  #events = 0;
  #quarter = 0;
  #statusShown = false;

  constructor(screen: Screen) {
    this.#screen = screen;
    this.#style = paint(screen.colour);
  }

  get issues(): number {
    return this.#issues.size;
  }

  /** Takes an event: a new issue is shown with the trail that led to it, a known one is counted. */
  take(event: JsonView, elapsedMs: number): void {
    this.#events += 1;
    const key = event.get("fingerprint").text;
    const heldBack = event.get("extra").get("storm_suppressed").number ?? 0;
    const known = this.#issues.get(key);
    if (known !== undefined) {
      known.events += 1;
      known.heldBack += heldBack;
      if (heldBack > 0)
        this.print(this.#style.dim(`         #${known.number}  again, and ${heldBack} more that storm control held back\n`));
      return;
    }
    const issue: Issue = {
      number: this.#issues.size + 1,
      title: titleOf(event),
      level: event.get("level").text,
      events: 1,
      heldBack,
    };
    this.#issues.set(key, issue);
    this.print(this.#formed(issue, event, elapsedMs));
  }

  /** On a terminal a line that stays at the bottom; elsewhere a line for each quarter. */
  progress(now: Progress): void {
    const share = Math.min(1, now.elapsedMs / now.totalMs);
    const counts = `${count(now.received)} records  ${this.#events} events of ${plural(this.#issues.size, "issue")}  ${count(now.heldBack)} held back`;
    if (this.#screen.live) {
      const filled = Math.round(share * BAR);
      const bar = `${"=".repeat(filled)}${" ".repeat(BAR - filled)}`;
      const line = `[${bar}] ${seconds(now.elapsedMs)} of ${seconds(now.totalMs)}  ${counts}`;
      this.#screen.write(`\r\u001b[2K${line.slice(0, this.#screen.columns - 1)}`);
      this.#statusShown = true;
    } else if (Math.floor(share * 4) > this.#quarter) {
      this.#quarter = Math.floor(share * 4);
      this.#screen.write(`-- ${seconds(now.elapsedMs)}  ${counts}\n\n`);
    }
  }

  /** Prints above the line that stays. */
  print(text: string): void {
    if (this.#statusShown) this.#screen.write("\r\u001b[2K");
    this.#statusShown = false;
    this.#screen.write(text);
  }

  /** All issues, the most frequent first. */
  summary(): void {
    const rows = [...this.#issues.values()].sort((a, b) => b.events + b.heldBack - (a.events + a.heldBack));
    const lines = rows.map(({ number, title, level, events, heldBack }) => {
      const held = heldBack === 0 ? "" : this.#style.dim(` (+${heldBack} held back)`);
      return `  #${number}  ${this.#level(level)}  ${String(events).padStart(4)}x  ${clipped(title, 78)}${held}`;
    });
    this.print(`${this.#style.bold("Issues in the tracker")}\n${lines.join("\n")}\n\n`);
  }

  /** Where every record went, and whether the books balance. */
  ledger({ received, settled, inFlight }: LedgerView): boolean {
    const total = sum(received.values());
    const left = sum(Object.values(settled));
    const inputs = [...received].map(([input, records]) => `${input} ${count(records)}`).join(", ");
    const row = (name: string, records: number, note: string): string =>
      `  ${name.padEnd(12)}${count(records).padStart(8)}  ${note}`;
    const doors = Object.entries(settled).filter(([, records]) => records > 0);
    const balances = total === left + inFlight;
    const verdict = `received ${count(total)} = settled ${count(left)} + in flight ${count(inFlight)}`;
    const lines = [
      row("received", total, this.#style.dim(inputs)),
      ...doors.map(([outcome, records]) => row(outcome, records, this.#style.dim(MEANINGS[outcome] ?? ""))),
      row("in flight", inFlight, ""),
      balances
        ? this.#style.cyan(`  ${verdict}`)
        : this.#style.red(`  the ledger does not balance: ${verdict.replace("=", "is not")}`),
    ];
    this.print(`${this.#style.bold("Ledger")}\n${lines.join("\n")}\n`);
    return balances;
  }

  #formed(issue: Issue, event: JsonView, elapsedMs: number): string {
    const trail = event.get("breadcrumbs").get("values").list;
    const sources = [...new Set(trail.map((crumb) => crumb.get("category").text))].map(printable);
    const at = event.get("timestamp").number ?? 0;
    const shown = excerpt(trail).map((crumb) => {
      const before = ((crumb.get("timestamp").number ?? at) - at).toFixed(2);
      const source = lastPart(printable(crumb.get("category").text)).padEnd(16);
      return `           ${this.#style.dim(`${before.padStart(6)}s  ${source}`)}  ${clipped(printable(crumb.get("message").text), 64)}\n`;
    });
    const head = `${seconds(elapsedMs).padStart(6)}  #${issue.number}  ${this.#level(issue.level)} ${this.#style.bold(clipped(issue.title, 88))}\n`;
    const from = sources.length === 0 ? "no trail" : `trail of ${trail.length} from ${sources.join(", ")}`;
    return `${head}           ${this.#style.dim(clipped(from, 90))}\n${shown.join("")}\n`;
  }

  #level(level: string): string {
    const text = level.toUpperCase().padEnd(7);
    return level === "error" || level === "fatal" ? this.#style.red(text) : this.#style.yellow(text);
  }
}

const MEANINGS: Readonly<Record<string, string>> = {
  absorbed: "became breadcrumbs",
  delivered: "became events in the tracker",
  storm: "held back by storm control, told by the next event",
  malformed: "were no records",
  network_error: "could not be delivered",
};

function titleOf(event: JsonView): string {
  const headline = event.get("exception").get("values").list.at(-1);
  const [type, value] = [headline?.get("type").text ?? "", headline?.get("value").text ?? ""];
  const said = [type, value].filter((part) => part !== "").join(": ");
  return printable(said === "" ? event.get("logentry").get("message").text : said);
}

/** The newest two lines of each source, in the order of the trail. */
function excerpt(trail: readonly JsonView[]): readonly JsonView[] {
  const bySource = new Map<string, number>();
  const kept = trail.toReversed().filter((crumb) => {
    const source = crumb.get("category").text;
    const before = bySource.get(source) ?? 0;
    bySource.set(source, before + 1);
    return before < LINES_PER_SOURCE;
  });
  return kept.toReversed();
}

/** "com.example.ChargeService" as "ChargeService". */
function lastPart(name: string): string {
  const part = name.slice(name.lastIndexOf(".") + 1);
  return clipped(part === "" || part.toLowerCase() === part ? name : part, 16);
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

function count(records: number): string {
  return records.toLocaleString("en-US");
}

function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)}s`;
}

function clipped(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 3)}...`;
}

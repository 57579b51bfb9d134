import { beginsRecord, beginsWithLevel } from "./fresh-line.ts";
import { beginsWithError, opensTrace, type Start } from "./line-heads.ts";
import { followingShape, indentedStep, marginStep } from "./line-shapes.ts";
import { indentOf, isBlank } from "./traces/dialect.ts";
import { behindLead, leadOf, type Lead } from "./syslog-lead.ts";
import { closesQuote } from "./traces/quote.ts";
import type { State } from "./traces/shape.ts";

/** Blank lines in a row within a trace. */
const MAX_BLANK_LINES = 3;
/** Lines in a row that only their place makes part of a trace: of a message, of source. */
const MAX_FREE_LINES = 40;
/** Where there is more than messages. */
const FRAMED: ReadonlySet<State> = new Set<State>([
  "frames",
  "object",
  "code",
  "backtrace",
  "calls",
  "list",
  "report",
  "process",
  "stack",
  "dump",
  "crash",
  "uncaught",
  "caller",
]);
/** Where a trace has begun, so that any line may be the rest of its message until the frames come. */
const BEGUN: ReadonlySet<State> = new Set<State>(["message", "panic", "crash", "uncaught", "box", "header"]);
/** In these an indented line that nothing is known of belongs to something else. */
const NEVER_INDENTED: ReadonlySet<State> = new Set<State>(["frames", "calls", "list", "between", "stack", "crash", "dated"]);
const MESSAGES: ReadonlySet<State> = new Set<State>(["prose", "header", "message", "said", "panic"]);
const CARETS = /^\s*\^+\s*$/;
const ESCAPE = String.fromCharCode(27);
const COLOURS = new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g");

/**
 * What a record is to the trace before it: `loud`, a raw line at or above the issue level, which may wait anyhow; `kin`,
 * one that says no level, or a raw line of the level that the trace's first line said; `stranger`, any other, which is
 * taken only where its text leaves no doubt.
 */
export type Standing = "loud" | "kin" | "stranger";

/** Where a line leads, and whether it is surely of the trace; if not, a later one has to show that. */
interface Step {
  readonly to: State;
  readonly sure: boolean;
}

/** A trace that is put together line by line: what may come next is a matter of its {@link State}. */
export class LineJoin {
  readonly #lines: string[];
  /** Lines that belong to the trace only when a sure one follows. */
  #unsure: string[] = [];
  /** Blank lines that belong to it only when it goes on. */
  #blank: string[] = [];
  #state: State;
  readonly #named: boolean;
  /** What every line of the trace begins with, if anything; the joined text has it once. */
  readonly #lead: Lead | undefined;
  /** The first line begins as a logger's do, or ends in a colon, so that one without such a beginning may be its next. */
  readonly #goesOn: boolean;
  /** How far the first line is indented: some loggers indent all of theirs. */
  readonly #margin: number;
  #free = 0;
  /** Whether the braces behind an error are still open. */
  #braced: boolean;
  #taken = 1;
  #bytes: number;
  #pending = 0;
  #ended = false;
  #framed = false;

  /** `said`: the first line without its lead. */
  constructor(first: string, start: Start, { said, lead }: { readonly said: string; readonly lead: Lead | undefined }) {
    this.#lines = [first];
    this.#lead = lead;
    this.#state = start.state;
    this.#named = start.named;
    this.#margin = indentOf(said);
    this.#goesOn = beginsRecord(said) || said.trimEnd().endsWith(":");
    this.#braced = start.state === "object";
    this.#bytes = Buffer.byteLength(first);
  }

  get text(): string {
    return this.#lines.join("\n");
  }

  get lines(): number {
    return this.#taken;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get pending(): number {
    return this.#pending;
  }

  get awaitsLevel(): boolean {
    return this.#state === "dated";
  }

  /** Whether more than messages has been seen. */
  get framed(): boolean {
    return this.#framed;
  }

  offer(record: string, standing: Standing = "kin"): boolean {
    if (this.#ended) return false;
    const end = record.indexOf("\n");
    const first = this.#behindLead(end < 0 ? record : record.slice(0, end));
    if (first === undefined || !this.#take(first, standing)) return false;
    if (end >= 0) for (const more of record.slice(end + 1).split("\n")) this.#force(more);
    this.#pending = this.#unsure.length === 0 ? 0 : this.#pending + 1;
    return true;
  }

  /** A line without the lead that the trace's lines have; undefined when somebody else says it. */
  #behindLead(line: string): string | undefined {
    const lead = this.#lead === undefined ? undefined : leadOf(line);
    if (lead === undefined) return line;
    return lead.who === this.#lead?.who ? behindLead(line, lead) : undefined;
  }

  /** Takes the other lines of the record that the trace began with: they belong to it whatever they are. */
  begin(lines: readonly string[]): void {
    for (const line of lines) this.#force(line);
    this.#settle();
  }

  #force(line: string): void {
    if (this.#take(line, "loud")) return;
    this.#ended = false;
    if (this.#unsure.length === 0) this.#keep(line);
    else this.#doubt(line);
  }

  #take(line: string, standing: Standing): boolean {
    if (isBlank(line)) {
      if (this.#blank.length >= MAX_BLANK_LINES) return this.#end();
      this.#blank.push(line);
      this.#count(line);
      return true;
    }
    const step = this.#step(line.includes(ESCAPE) ? line.replaceAll(COLOURS, "") : line, standing);
    if (step === undefined) return this.#end();
    this.#state = step.to;
    if (step.sure) this.#keep(line);
    else this.#doubt(line);
    return true;
  }

  #end(): false {
    this.#ended = true;
    return false;
  }

  #keep(line: string): void {
    this.#doubt(line);
    this.#settle();
  }

  #doubt(line: string): void {
    this.#unsure.push(...this.#blank, line);
    this.#blank = [];
    this.#count(line);
  }

  #settle(): void {
    for (const line of this.#unsure) this.#lines.push(line);
    this.#unsure = [];
  }

  #count(line: string): void {
    this.#taken += 1;
    this.#bytes += Buffer.byteLength(line) + 1;
  }

  #step(line: string, standing: Standing): Step | undefined {
    const state = this.#state;
    if (this.#margin > 0 && indentOf(line) === this.#margin && beginsRecord(line.slice(this.#margin))) return undefined;
    if (state === "source" || state === "quoted") {
      if (standing === "stranger" || beginsRecord(line)) return undefined;
      return state === "source" ? this.#excerpt(line) : this.#quoted(line);
    }
    const shape = followingShape(state, line);
    // Behind a blank line a trace that can stand for itself does.
    const apart = state === "prose" && this.#blank.length > 0;
    if (shape !== undefined && !(apart && shape.opens === true)) return this.#shaped(shape.to ?? state, line);
    if (apart) return undefined;
    const indented = indentOf(line) > 0;
    const known = indented ? indentedStep(state, line) : undefined;
    if (known !== undefined) return this.#shaped(known, line);
    this.#free += 1;
    if (this.#free > MAX_FREE_LINES) return undefined;
    return indented ? this.#indented(line, standing) : this.#atMargin(line, standing);
  }

  /** Behind `file:line`: a line of source, which may be anything, and the carets that show it was one. */
  #excerpt(line: string): Step | undefined {
    if (this.#unsure.length === 0) return { to: "source", sure: false };
    return CARETS.test(line.slice(0, 4_096)) ? { to: "message", sure: true } : undefined;
  }

  #quoted(line: string): Step | undefined {
    this.#free += 1;
    if (this.#free > MAX_FREE_LINES) return undefined;
    return closesQuote(line) ? { to: "header", sure: true } : { to: "quoted", sure: false };
  }

  /** Among the properties of an error the frames of its cause change nothing, up to the brace at the margin. */
  #shaped(to: State, line: string): Step {
    this.#free = 0;
    this.#framed ||= FRAMED.has(to);
    if (to === "object") this.#braced = true;
    else if (line.startsWith("}")) this.#braced = false;
    return { to: this.#braced && to === "frames" ? "object" : to, sure: true };
  }

  /** Indented lines go on with messages, source and objects; among frames they mean nothing. */
  #indented(line: string, standing: Standing): Step | undefined {
    const state = this.#state;
    if (NEVER_INDENTED.has(state) || (MESSAGES.has(state) && beginsWithLevel(line.trimStart()))) return undefined;
    if (state === "announced") return standing === "stranger" ? undefined : { to: "message", sure: true };
    if (state === "prose" && !this.#named) return standing === "loud" && this.#goesOn ? { to: state, sure: false } : undefined;
    return { to: state, sure: this.#unsure.length === 0 };
  }

  #atMargin(line: string, standing: Standing): Step | undefined {
    const state = this.#state;
    if (beginsRecord(line)) return undefined;
    const next = marginStep(state, line);
    if (next !== undefined) return this.#placed(next, line, standing);
    if (state === "announced") return standing === "stranger" ? undefined : { to: "message", sure: true };
    if (opensTrace(line)) return undefined;
    // It begins a trace of its own unless a message may hold it.
    const named = beginsWithError(line);
    if (named && state === "prose") return { to: "header", sure: false };
    if (named && (state === "header" || !BEGUN.has(state))) return undefined;
    return this.#mayGoOn(standing) ? { to: state, sure: false } : undefined;
  }

  /** Whether a line that nothing is known of may be the rest of a message, if frames follow. */
  #mayGoOn(standing: Standing): boolean {
    const state = this.#state;
    if (BEGUN.has(state)) return standing !== "stranger";
    return standing === "loud" && (state === "said" || (this.#goesOn && (state === "prose" || state === "calls")));
  }

  /** The name of a function or a class alone may be anything else as well. */
  #placed(next: State, line: string, standing: Standing): Step | undefined {
    const known = next !== "calls" && next !== "header" && this.#state !== "entry";
    const may = standing !== "stranger" || (next === "calls" && line.endsWith(")"));
    if (!known) return may ? { to: next, sure: false } : undefined;
    return FRAMED.has(next) || next === "message" ? this.#shaped(next, line) : { to: next, sure: true };
  }
}

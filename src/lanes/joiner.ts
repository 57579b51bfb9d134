import type { Clock } from "../base/clock.ts";
import { fieldText } from "../record/field.ts";
import { NO_MESSAGE, type LogRecord } from "../record/record.ts";
import { Severity, type SeverityNumber } from "../record/severity.ts";
import { openJoin, type Join } from "../text/join.ts";
import type { Standing } from "../text/line-join.ts";
import type { Origin } from "./event-id.ts";
import { streamOf } from "./keys.ts";

export interface JoinPolicy {
  readonly maxLines: number;
  readonly maxBytes: number;
  readonly waitMs: number;
}

/** Text held by open traces of all streams; beyond it the oldest are let go early. */
const MAX_HELD_BYTES = 32 << 20;

/** A record and how it came, on its way through a lane. */
export interface Arrival {
  record: LogRecord;
  /** Lines it stands for: 1, or those of a joined trace. */
  lines: number;
  /** The batches that wait for it, with how many records each. */
  readonly owed: Map<number, number>;
  /** Where it was at its sender, which names its event; undefined where senders have no positions. */
  readonly origin: Origin | undefined;
  /** Which process of its stream wrote it, where the sender says: lines of another are none of its trace. */
  readonly process?: string | undefined;
}

type Emit = (arrival: Arrival) => void;

interface Open {
  /** Of whatever output and process. */
  readonly stream: string;
  readonly arrival: Arrival;
  readonly join: Join;
  /** When its last sure line came, monotonic milliseconds. */
  lineAt: number;
  severityStated: boolean;
  /** Records that are part of it only when a later line shows that; otherwise they are records of their own. */
  unsure: Arrival[];
}

/**
 * Joins stack traces that arrive line by line, per stream and bounded. A record waits only when its text opens or
 * continues a trace, or when it is loud, arrived as a raw line, and a trace may follow. A record that does not
 * continue the open trace of its stream ends it. The rest of a message looks like any line: it waits with the trace
 * until a frame shows what it was, no longer than the trace itself, and is let go as a record of its own when none comes.
 */
export class Joiner {
  readonly #policy: JoinPolicy;
  readonly #issue: number;
  readonly #clock: Clock;
  /** By stream and output, in the order of their last lines, which is the order in which they run out of time. */
  readonly #open = new Map<string, Open>();
  /** How many outputs and processes of a stream have a trace open. */
  readonly #waiting = new Map<string, number>();
  #held = 0;
  #heldBytes = 0;

  constructor(policy: JoinPolicy, issue: number, clock: Clock) {
    this.#policy = policy;
    this.#issue = issue;
    this.#clock = clock;
  }

  /** Records waiting. */
  get held(): number {
    return this.#held;
  }

  /** Whether some stream waits, so that even a quiet record of it matters. */
  get busy(): boolean {
    return this.#open.size > 0;
  }

  /** Takes a record; `emit` gets, in order, what is complete. */
  offer(arrival: Arrival, emit: Emit): void {
    const { record } = arrival;
    if (this.#policy.maxLines <= 1 || record.stackText !== undefined) {
      if (this.busy) this.#end(outputOf(arrival), emit);
      emit(arrival);
      return;
    }
    const stream = outputOf(arrival);
    // What ends a trace may leave lines behind, of which one may open another.
    for (let open = this.#open.get(stream); open !== undefined; open = this.#open.get(stream)) {
      if (this.#continues(stream, open, arrival, emit)) return;
      this.#close(stream, open, emit);
    }
    this.#begin(stream, arrival, emit);
  }

  /** Whether a trace of this stream waits for its next line. */
  waits(stream: string): boolean {
    return this.#waiting.has(stream);
  }

  /** The first place in a position whose record waits; undefined when none does. */
  waitsFrom(position: string | undefined): number | undefined {
    let first: number | undefined;
    for (const { arrival, unsure } of this.#open.values()) {
      for (const { origin } of [arrival, ...unsure]) {
        if (origin !== undefined && origin.position === position) first = Math.min(first ?? Infinity, origin.place);
      }
    }
    return first;
  }

  /** Ends the trace of an output, if one is open: a record that is none of its lines has come. */
  #end(stream: string, emit: Emit): void {
    for (let open = this.#open.get(stream); open !== undefined; open = this.#open.get(stream)) this.#close(stream, open, emit);
  }

  /** Ends traces that have waited long enough; all when `final`. */
  expire(final: boolean, emit: Emit): void {
    const before = this.#clock.tickMs() - this.#policy.waitMs;
    for (const [stream, open] of this.#open) {
      if (!final && open.lineAt > before) break;
      this.#close(stream, open, emit);
    }
  }

  #begin(stream: string, arrival: Arrival, emit: Emit): void {
    const { record } = arrival;
    const saysQuiet = record.severityStated && record.severity < this.#issue;
    const join = openJoin(record.message, this.#isLoud(record), saysQuiet);
    if (join === undefined || this.#isFull(join.lines, join.bytes)) {
      emit(arrival);
      return;
    }
    this.#held += arrival.lines;
    this.#heldBytes += join.bytes;
    const whole = streamOf(record);
    const lineAt = this.#clock.tickMs();
    this.#open.set(stream, { stream: whole, arrival, join, lineAt, severityStated: record.severityStated, unsure: [] });
    this.#waiting.set(whole, (this.#waiting.get(whole) ?? 0) + 1);
    this.#stayInBounds(emit);
  }

  #continues(stream: string, open: Open, arrival: Arrival, emit: Emit): boolean {
    const { join } = open;
    const { record } = arrival;
    // Senders without a word for an empty line say nothing; it stands between the traces of a chain.
    const text = record.message === NO_MESSAGE ? "" : record.message;
    const before = join.bytes;
    const levelled = join.awaitsLevel;
    if (this.#isOver(join, text) || !join.offer(text, this.#standing(open, record))) return false;
    this.#held += arrival.lines;
    this.#heldBytes += join.bytes - before;
    open.unsure.push(arrival);
    if (join.pending === 0) this.#settle(stream, open);
    const quiet = levelled && this.#takesLevel(open, record);
    if (quiet || this.#isFull(join.lines, join.bytes)) this.#close(stream, open, emit);
    else this.#stayInBounds(emit);
    return true;
  }

  /** A logger that says the level in its second line says it of the record; whether no trace is waited for behind it. */
  #takesLevel(open: Open, { severity, severityStated }: LogRecord): boolean {
    if (open.severityStated || !severityStated) return false;
    open.severityStated = true;
    open.arrival.record.severity = severity;
    open.arrival.record.severityStated = true;
    return severity < this.#issue;
  }

  /** What came last is part of the trace, which waits for its next line from now on. */
  #settle(stream: string, open: Open): void {
    const { arrival, unsure } = open;
    for (const { lines, owed } of unsure) {
      arrival.lines += lines;
      for (const [batch, records] of owed) arrival.owed.set(batch, (arrival.owed.get(batch) ?? 0) + records);
    }
    open.unsure = [];
    open.lineAt = this.#clock.tickMs();
    this.#open.delete(stream);
    this.#open.set(stream, open);
  }

  #isLoud(record: LogRecord): boolean {
    return record.rawLine && record.severity >= this.#issue;
  }

  #standing({ arrival, severityStated }: Open, record: LogRecord): Standing {
    if (this.#isLoud(record)) return "loud";
    if (!record.severityStated) return "kin";
    return record.rawLine && severityStated && record.severity === arrival.record.severity ? "kin" : "stranger";
  }

  #isFull(lines: number, bytes: number): boolean {
    return lines >= this.#policy.maxLines || bytes >= this.#policy.maxBytes;
  }

  /** Whether a trace would be longer than it may be with a record more. */
  #isOver(join: Join, text: string): boolean {
    const { maxLines, maxBytes } = this.#policy;
    if (join.bytes + text.length + 1 > maxBytes) return true;
    // Three bytes of UTF-8 at most for each unit.
    if (join.bytes + 3 * text.length + 1 > maxBytes && join.bytes + Buffer.byteLength(text) + 1 > maxBytes) return true;
    return text.includes("\n") && join.lines + text.split("\n").length > maxLines;
  }

  #stayInBounds(emit: Emit): void {
    for (const [stream, open] of this.#open) {
      if (this.#heldBytes <= MAX_HELD_BYTES) return;
      this.#close(stream, open, emit);
    }
  }

  #close(stream: string, open: Open, emit: Emit): void {
    this.#open.delete(stream);
    const others = (this.#waiting.get(open.stream) ?? 1) - 1;
    if (others === 0) this.#waiting.delete(open.stream);
    else this.#waiting.set(open.stream, others);
    const { arrival, join, unsure } = open;
    this.#held -= arrival.lines;
    for (const { lines } of unsure) this.#held -= lines;
    this.#heldBytes -= join.bytes;
    const { text } = join;
    // Blank lines alone make no trace of a line.
    if (arrival.lines > 1 && text !== arrival.record.message) {
      arrival.record.message = text;
      if (!open.severityStated) arrival.record.severity = raised(arrival.record.severity);
    }
    emit(arrival);
    for (const one of unsure) this.offer(one, emit);
  }
}

/** A joined trace without any level is an error. */
function raised(severity: SeverityNumber): SeverityNumber {
  return severity > Severity.error ? severity : Severity.error;
}

/**
 * Whose lines make one trace: what a program prints on one output must not come between the lines of the other, nor one of its
 * processes between those of another; they are one stream to everything else.
 */
function outputOf({ record, process }: Arrival): string {
  const output = fieldText(record, "stream") ?? fieldText(record, "source");
  const stream = output === "stdout" || output === "stderr" ? `${streamOf(record)}\0${output}` : streamOf(record);
  return process === undefined ? stream : `${stream}\0${process}`;
}

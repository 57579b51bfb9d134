import type { Clock } from "../base/clock.ts";
import { NO_MESSAGE, type LogRecord } from "../record/record.ts";
import { Severity, type SeverityNumber } from "../record/severity.ts";
import { openJoin, type Join } from "../text/join.ts";
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
}

interface Open {
  readonly arrival: Arrival;
  readonly join: Join;
  /** When its last line came, monotonic milliseconds. */
  lineAt: number;
  readonly severityStated: boolean;
}

/**
 * Joins stack traces that arrive line by line, per stream and bounded. A record waits only when its text opens or
 * continues a trace, or when it is loud, arrived as a raw line, and a trace may follow. A record that does not
 * continue the open trace of its stream ends it.
 */
export class Joiner {
  readonly #policy: JoinPolicy;
  readonly #issue: number;
  readonly #clock: Clock;
  /** By stream, in the order of their last lines, which is the order in which they run out of time. */
  readonly #open = new Map<string, Open>();
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
  offer(arrival: Arrival, emit: (arrival: Arrival) => void): void {
    const { record } = arrival;
    if (this.#policy.maxLines <= 1 || record.stackText !== undefined) {
      if (this.busy) this.end(streamOf(record), emit);
      emit(arrival);
      return;
    }
    const stream = streamOf(record);
    const open = this.#open.get(stream);
    if (open !== undefined) {
      if (this.#continues(stream, open, arrival, emit)) return;
      this.#close(stream, open, emit);
    }
    const join = openJoin(record.message, record.rawLine && record.severity >= this.#issue);
    if (join === undefined) {
      emit(arrival);
      return;
    }
    this.#held += arrival.lines;
    this.#heldBytes += join.bytes;
    this.#open.set(stream, { arrival, join, lineAt: this.#clock.tickMs(), severityStated: record.severityStated });
    this.#stayInBounds(emit);
  }

  /** Whether a trace of this stream waits for its next line. */
  waits(stream: string): boolean {
    return this.#open.has(stream);
  }

  /** Ends the trace of a stream, if one is open: a record that is none of its lines has come. */
  end(stream: string, emit: (arrival: Arrival) => void): void {
    const open = this.#open.get(stream);
    if (open !== undefined) this.#close(stream, open, emit);
  }

  /** Ends traces that have waited long enough; all when `final`. */
  expire(final: boolean, emit: (arrival: Arrival) => void): void {
    const before = this.#clock.tickMs() - this.#policy.waitMs;
    for (const [stream, open] of this.#open) {
      if (!final && open.lineAt > before) break;
      this.#close(stream, open, emit);
    }
  }

  #continues(stream: string, open: Open, arrival: Arrival, emit: (arrival: Arrival) => void): boolean {
    const { join } = open;
    const { record } = arrival;
    const before = join.bytes;
    // Senders without a word for an empty line say nothing; it stands between the traces of a chain.
    if (!join.offer(record.message === NO_MESSAGE ? "" : record.message)) return false;
    this.#held += arrival.lines;
    this.#heldBytes += join.bytes - before;
    open.arrival.lines += arrival.lines;
    for (const [batch, records] of arrival.owed) open.arrival.owed.set(batch, (open.arrival.owed.get(batch) ?? 0) + records);
    if (join.lines >= this.#policy.maxLines || join.bytes >= this.#policy.maxBytes) this.#close(stream, open, emit);
    else {
      open.lineAt = this.#clock.tickMs();
      this.#open.delete(stream);
      this.#open.set(stream, open);
    }
    return true;
  }

  #stayInBounds(emit: (arrival: Arrival) => void): void {
    for (const [stream, open] of this.#open) {
      if (this.#heldBytes <= MAX_HELD_BYTES) return;
      this.#close(stream, open, emit);
    }
  }

  #close(stream: string, open: Open, emit: (arrival: Arrival) => void): void {
    this.#open.delete(stream);
    const { arrival, join } = open;
    this.#held -= arrival.lines;
    this.#heldBytes -= join.bytes;
    const { text } = join;
    // Blank lines alone make no trace of a line.
    if (arrival.lines > 1 && text !== arrival.record.message) {
      arrival.record.message = text;
      if (!open.severityStated) arrival.record.severity = raised(arrival.record.severity);
    }
    emit(arrival);
  }
}

/** A joined trace without any level is an error. */
function raised(severity: SeverityNumber): SeverityNumber {
  return severity > Severity.error ? severity : Severity.error;
}

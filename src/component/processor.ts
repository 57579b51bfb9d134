import type { Outcome } from "../record/outcome.ts";
import type { LogRecord } from "../record/record.ts";

/** "keep", or the door by which the record leaves. */
export type Verdict = "keep" | Outcome;

/** Looks at one record, may change it in place, says whether it goes on. Synchronous; never throws. */
export interface Processor {
  process(record: LogRecord): Verdict;
  /**
   * True where it may be applied to a quiet record as late as when an event takes it along: it never drops, and what it
   * changes decides nothing about where the record goes.
   */
  readonly deferrable?: true;
  /** What it replaced since it was last asked, by rule name, for `/metrics`; undefined: nothing. Rules show with 0 at first. */
  takeCounts?(): ReadonlyMap<string, number> | undefined;
  /**
   * Whether it surely leaves a value alone that stands in a record as that field, or as another property where `field` is
   * undefined; false when unsure. Counts nothing. Absent: only {@link Processor.process} can tell.
   */
  readonly leaves?: (value: string | number, field: string | undefined) => boolean;
  /** The same of a text, `view[start .. end)` in printable ASCII: sooner said, and more often unsure. */
  readonly leavesAt?: (view: DataView, start: number, end: number, field: string | undefined) => boolean;
  /** From now on tells which rule replaced something, and the path of the field it stood in; never what. For `explain`. */
  watch?(witness: (rule: string, path: string) => void): void;
}

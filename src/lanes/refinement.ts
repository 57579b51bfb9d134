import { timeOf } from "../codec/timestamps.ts";
import type { LogRecord } from "../record/record.ts";
import { layoutOf } from "../text/line-layout.ts";
import { levelOfLine } from "../text/line-level.ts";
import { mendSeverity } from "./interpretation.ts";
import { takeServerLevel } from "./server-lines.ts";

/** A time without a zone is that of the sender's clock on the wall, which may be any. */
const ZONED = /(?:Z|UTC|[+-]\d\d:?\d\d)$/;

/**
 * Reads what only the text of a record says: its level, its logger. What a web server's line says beside its level is read
 * once the whole line is there: `restate`.
 */
export function refine(record: LogRecord): void {
  if (takeServerLevel(record)) return;
  if (record.rawLine) refineLine(record);
  if (record.severityStated) return;
  if (record.rawLine) {
    const severity = levelOfLine(record.message);
    if (severity !== undefined) {
      record.severity = severity;
      record.severityStated = true;
      return;
    }
  }
  mendSeverity(record);
}

/** What stands before the message of a plain line gets places of its own; the line stays whole until its trace is joined. */
function refineLine(record: LogRecord): void {
  const layout = layoutOf(record.message);
  if (layout === undefined) return;
  const { time, logger, thread, pid } = layout;
  record.logger ??= logger;
  addField(record, "thread", thread);
  addField(record, "pid", pid);
  // A time beside the line, such as a container runtime's, is exact; the line's own stands in for the time of arrival.
  const { receivedMs } = record.from;
  const stated = time !== undefined && record.timeMs === receivedMs && ZONED.test(time) ? timeOf(time, receivedMs) : undefined;
  if (stated === undefined) addField(record, "logged_at", time);
  else record.timeMs = stated;
}

function addField(record: LogRecord, name: string, value: string | undefined): void {
  if (value !== undefined && !record.fields.has(name)) record.fields.set(name, value);
}

import type { LogRecord } from "../record/record.ts";
import { levelOfLine } from "../text/line-level.ts";
import { isNginxErrorLine } from "../text/nginx-error.ts";
import { mendSeverity } from "./interpretation.ts";

/** Reads what only the text of a record says: its level, a web server's error line. */
export function refine(record: LogRecord): void {
  if (isNginxErrorLine(record.message)) record.logger = "nginx";
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

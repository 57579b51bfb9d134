import type { LogRecord } from "../record/record.ts";
import { Severity } from "../record/severity.ts";
import { phpMessagesOf, worstOf } from "../text/php-messages.ts";

const SEVERITIES = { error: Severity.error, warning: Severity.warning, notice: Severity.notice } as const;

/**
 * Takes what PHP printed on standard error: the worst of its messages is the record's, with PHP's own level, which web
 * servers do not look at; a stack trace is read where traces are. False when PHP printed none.
 */
export function takePhp(record: LogRecord, text: string): boolean {
  const messages = phpMessagesOf(text);
  const worst = worstOf(messages);
  if (worst === undefined || worst.text === "") return false;
  record.message = worst.text;
  record.template = undefined;
  record.logger = "php";
  if (worst.level !== undefined) record.severity = SEVERITIES[worst.level];
  const others = messages.filter((message) => message !== worst).map(({ text: said }) => said.slice(0, 1_000));
  if (others.length > 0) record.fields.set("php_messages", others.slice(0, 20));
  return true;
}

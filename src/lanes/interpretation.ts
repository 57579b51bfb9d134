import type { ParsedTrace } from "../record/exception.ts";
import type { LogRecord } from "../record/record.ts";
import { Severity } from "../record/severity.ts";
import { layoutOf } from "../text/line-layout.ts";
import { valuesIn } from "../text/template/held.ts";
import { groupOf } from "../text/template/placeholders.ts";
import { templateOf, type Template } from "../text/template.ts";
import { mayHoldTrace, parseTrace } from "../text/trace.ts";
import { titleOf } from "../text/title.ts";

/** What a record's text means, in the terms an event needs. */
export interface Interpretation {
  readonly template: string;
  readonly params: readonly string[];
  readonly trace: ParsedTrace | undefined;
  readonly title: string;
  /** Equal for equal causes, on any node, after any restart. */
  readonly fingerprint: readonly string[];
  /** Hash of the fingerprint, up to 2^53. */
  readonly issue: number;
}

/** Sentry keeps fingerprint parts whole, whatever their length; ours stay readable and short. */
const MAX_PART_CHARS = 200;

/** Reads a record. Pure: the same record gives the same answer. */
export function interpret(record: LogRecord): Interpretation {
  const parsed = parsedTrace(record);
  const headline =
    parsed === undefined ? firstLine(saidOf(record)) : record.rawLine ? behindLayout(parsed.message) : parsed.message;
  const { template: named, params } = ownTemplate(record) ?? templateOf(headline);
  const template = groupOf(named);
  const errorType = parsed?.trace.values.at(-1)?.type ?? record.errorType;
  const trace = parsed?.trace;
  const title = titleOf({ message: headline, template: named, trace, errorType, errorMessage: record.errorMessage });
  const fingerprint = record.fingerprint ?? computedFingerprint(template, record.logger, errorType);
  return { template, params, trace, title, fingerprint, issue: hash53(fingerprint.join("\n")) };
}

/** A trace or a named error without any level is an error, whether it came in one record or was joined from many. */
export function mendSeverity(record: LogRecord): void {
  if (record.severityStated || record.severity >= Severity.error) return;
  const { errorType, stackText, message } = record;
  const text = stackText ?? (message.includes("\n") ? message : undefined);
  if (errorType !== undefined || (text !== undefined && parseTrace(text) !== undefined)) record.severity = Severity.error;
}

/** A template that is the message itself may have values in it: structlog's `event` is both, whatever was put into it. */
function ownTemplate({ template, message, fingerprint }: LogRecord): Template | undefined {
  // Unless it is what the issue is told by: nothing varies in that.
  if (template === undefined || (template === message && template !== fingerprint?.[0])) return undefined;
  return { template, params: valuesIn(template, message) };
}

function parsedTrace(record: LogRecord): { trace: ParsedTrace; message: string } | undefined {
  if (record.stackText !== undefined) {
    const parsed = parseTrace(record.stackText);
    // The logger's message says more to a person than the trace's own first line.
    if (parsed !== undefined) return { trace: parsed.trace, message: firstLine(record.message) };
  }
  return mayHoldTrace(record.message) ? parseTrace(record.message) : undefined;
}

/** What the program said: a plain line without the time, level, thread and logger before it, which have places of their own. */
export function saidOf({ message, rawLine }: LogRecord): string {
  return rawLine ? behindLayout(message) : message;
}

function behindLayout(text: string): string {
  const end = layoutOf(text)?.end ?? 0;
  return end < text.length ? text.slice(end) : text;
}

function firstLine(message: string): string {
  const end = message.indexOf("\n");
  return end < 0 ? message : message.slice(0, end);
}

function computedFingerprint(group: string, logger: string | undefined, errorType: string | undefined): string[] {
  const parts = [group];
  if (logger !== undefined) parts.push(logger);
  if (errorType !== undefined) parts.push(errorType);
  return parts.map((part) =>
    part.length <= MAX_PART_CHARS ? part : `${part.slice(0, MAX_PART_CHARS - 16)}~${hash53(part).toString(36)}`,
  );
}

/** A 53-bit hash (two multiply-xor lanes, as in the public-domain cyrb53): fast, and spread well enough to tell issues apart. */
export function hash53(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2_654_435_761);
    b = Math.imul(b ^ unit, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return 4_294_967_296 * (b & 0x1fffff) + (a >>> 0);
}

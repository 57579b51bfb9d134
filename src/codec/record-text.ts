import type { LogRecord } from "../record/record.ts";
import type { Draft } from "./draft.ts";
import { stackTextOf } from "./error-text.ts";
import { memberOf, type Members } from "./field-values.ts";
import { printedOf, renderTemplate } from "./message-template.ts";
import { SLOT } from "./readers.ts";

/** Fills what a record says of an error: its type, its message, and the text that holds its trace. */
export function fillError(record: LogRecord, draft: Draft): void {
  const error = draft.get(SLOT.error);
  record.errorType = draft.get(SLOT.errorType) ?? error?.type;
  record.errorMessage = draft.get(SLOT.errorMessage) ?? error?.message;
  const stack = draft.get(SLOT.stack);
  if (stack !== undefined) {
    record.stackText = stackTextOf(stack, record.errorMessage, record.errorType);
    if (record.stackText === undefined) draft.giveBack(SLOT.stack);
  }
  if (error === undefined) return;
  // Type and message are shown as the exception's; a message alone keeps the name that the logger gave it.
  const isTold = error.type !== undefined && error.type === record.errorType && error.message === record.errorMessage;
  if (error.stack === undefined ? !isTold : record.stackText !== undefined) draft.giveBack(SLOT.error);
  record.stackText ??= error.stack;
}

/**
 * Fills message and template. `said` is the object that the program wrote, `text` that object's JSON where it was the
 * text of a message. Without any message the error, the trace or that text stands in.
 */
export function fillMessage(record: LogRecord, draft: Draft, said: Members, text: string | undefined): void {
  let message = draft.get(SLOT.message);
  const event = draft.get(SLOT.event);
  if (event !== undefined) {
    if (message === undefined || draft.rank(SLOT.event) < draft.rank(SLOT.message)) {
      draft.giveBack(SLOT.message);
      message = event;
      record.template = event;
    } else draft.giveBack(SLOT.event);
  }
  const template = draft.get(SLOT.template);
  if (template !== undefined) {
    record.template = template;
    message ??= renderTemplate(template, (name) => valueIn(said, name), memberOf(said, "@r"));
  } else if (event === undefined) {
    const printed = printedOf(memberOf(said, "msg"), memberOf(said, "args"));
    if (printed !== undefined) {
      record.template = printed.template;
      if (message === undefined || message === printed.template) message = printed.text;
    }
  }
  const full = draft.get(SLOT.fullMessage);
  message ??= full === undefined ? errorLine(record) : firstLine(full);
  record.message = withoutLineEnd(message ?? text ?? record.message);
  if (full !== undefined) fillFullMessage(record, draft, full);
}

/** GELF's long message: often the short one again, sometimes with a trace below it. */
function fillFullMessage(record: LogRecord, draft: Draft, full: string): void {
  const bare = withoutLineEnd(full);
  if (bare === record.message) return;
  draft.addField("full_message", full);
  if (bare.includes("\n")) record.stackText ??= full;
}

function valueIn(said: Members, name: string): unknown {
  return memberOf(said, name) ?? memberOf(memberOf(said, "Properties"), name) ?? memberOf(memberOf(said, "State"), name);
}

function errorLine(record: LogRecord): string | undefined {
  const { errorType, errorMessage, stackText } = record;
  if (errorMessage !== undefined) return errorType === undefined ? errorMessage : `${errorType}: ${errorMessage}`;
  return errorType ?? (stackText === undefined ? undefined : firstLine(stackText));
}

function firstLine(text: string): string {
  const trimmed = text.trimStart();
  const end = trimmed.indexOf("\n");
  return end < 0 ? trimmed : trimmed.slice(0, end);
}

const LF = 0x0a;
const CR = 0x0d;

function withoutLineEnd(text: string): string {
  let end = text.length;
  for (let last = text.charCodeAt(end - 1); end > 1 && (last === LF || last === CR); last = text.charCodeAt(end - 1)) end -= 1;
  return end === text.length ? text : text.slice(0, end);
}

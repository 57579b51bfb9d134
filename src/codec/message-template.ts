import { jsonText, memberOf } from "./field-values.ts";

// Message templates (messagetemplates.org) as Serilog's compact format leaves them to the reader to render.

/** Longest message made of a template. */
const MAX_CHARS = 65_536;
/** `{Name}`, `{@Name}`, `{Name,-10:0.00}`; a doubled brace is a brace. No class overlaps the one after it. */
const TOKEN = /\{\{|\}\}|\{[@$]?([\w.-]{1,100})(?:,[^:{}]{0,20})?(:[^{}]{0,100})?\}/g;

/**
 * Puts a record's values into its template. `renderings` are the texts of the tokens that have a format, in order; a
 * token without a value stays as it is.
 */
export function renderTemplate(template: string, valueOf: (name: string) => unknown, renderings: unknown): string {
  let rendered = 0;
  const text = template.replace(TOKEN, (token: string, name: string | undefined, format: string | undefined) => {
    if (token === "{{") return "{";
    if (token === "}}") return "}";
    const given: unknown = format !== undefined && Array.isArray(renderings) ? renderings[rendered++] : undefined;
    const value = typeof given === "string" ? given : valueOf(name ?? "");
    if (value === undefined) return token;
    return typeof value === "string" ? value : jsonText(value);
  });
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS - 3)}...`;
}

/** `%s`, `%-5d`, `%.2f`, `%(name)s`; a doubled percent sign is one. */
const PRINTF = /%%|%(?:\((\w{1,100})\))?[-#0+]{0,4}\d{0,4}(?:\.\d{1,4})?[sdifrxXoeEgGcaju]/g;

/** Python's `msg` and `args` of a log record: the template, and the text with its values; undefined where they are none. */
export function printedOf(msg: unknown, args: unknown): { readonly template: string; readonly text: string } | undefined {
  if (typeof msg !== "string" || typeof args !== "object" || args === null || !msg.includes("%")) return undefined;
  const list: readonly unknown[] | undefined = Array.isArray(args) ? args : undefined;
  let used = 0;
  const text = msg.replace(PRINTF, (token: string, name: string | undefined) => {
    if (token === "%%") return "%";
    const value = name === undefined ? list?.[used++] : memberOf(list === undefined ? args : list[0], name);
    if (value === undefined) return token;
    return typeof value === "string" ? value : jsonText(value);
  });
  if (text === msg) return undefined;
  return { template: msg, text: text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS - 3)}...` };
}

import { jsonText } from "./field-values.ts";

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

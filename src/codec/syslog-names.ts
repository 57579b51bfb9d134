import { cut } from "./field-values.ts";

/** Longest name kept as a record's own. */
const MAX_NAME_CHARS = 1_000;

/** The name of a host, a program or a kind of message; undefined when the header has none. */
export function nameOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : cut(text, MAX_NAME_CHARS);
}

/** A process id is a number, unless it is another name of the process. */
export function processOf(text: string | undefined): string | number | undefined {
  return text !== undefined && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : text;
}

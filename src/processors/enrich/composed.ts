import { fieldOf } from "../../record/field.ts";
import type { FieldValue, LogRecord } from "../../record/record.ts";
import { propertyOf } from "./property.ts";

/** What a configured value comes to for one record; undefined when a field it names is missing. */
export type Composed = (record: LogRecord) => FieldValue | undefined;

/** What a person writes: a plain value, a text with `{field}` places, or a list of those. */
export type Written = string | number | boolean | readonly string[];

const PLACE = /\{([A-Za-z_@][\w.@-]*)\}/;

/** Compiles "{service}@{version}". A text that is one place alone takes over the value as it is, lists and objects included. */
export function compose(written: Written): Composed {
  if (typeof written === "object") return composeList(written.map(compose));
  if (typeof written !== "string") return () => written;
  // Splitting by a pattern with one group gives text, name, text, name, ..., text.
  const parts = written.split(PLACE);
  if (parts.length === 1) return () => written;
  const [before, name, after] = parts;
  if (parts.length === 3 && before === "" && after === "" && name !== undefined) return (record) => valueOf(record, name);
  return (record) => joined(record, parts);
}

function composeList(parts: readonly Composed[]): Composed {
  return (record) => {
    const values = parts.map((part) => part(record));
    return values.includes(undefined) ? undefined : values.filter((value) => value !== undefined);
  };
}

function joined(record: LogRecord, parts: readonly string[]): string | undefined {
  let text = "";
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 0) {
      text += part;
      continue;
    }
    const value = valueOf(record, part);
    if (value === undefined) return undefined;
    text += typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  return text;
}

/** An empty text counts as missing, so that "{service}@{version}" never becomes "@1.2". */
function valueOf(record: LogRecord, name: string): FieldValue | undefined {
  const value = fieldOf(record, name) ?? propertyOf(name).read(record);
  return value === null || value === "" ? undefined : value;
}

import { fieldText } from "../record/field.ts";
import type { LogRecord } from "../record/record.ts";
import { clip, oneLine } from "./bounds.ts";

/** Tags by mended key, in the order in which they were named. */
export type Tags = Readonly<Record<string, string>>;

const MAX_KEY_CHARS = 32;
const MAX_VALUE_CHARS = 200;
/** Bugsink takes no more. */
const MAX_TAGS = 100;

/** Keys that the tracker removes, or fills from the event's own attributes. As fields they stay in `extra`. */
const NOT_TAGS = new Set([
  "release",
  "dist",
  "user",
  "filename",
  "function",
  "environment",
  "level",
  "server_name",
  "transaction",
  "url",
  "site",
  "__proto__",
]);

/**
 * The tags of an event: the policy's fields, the labels of the input, and `input`. Values are 1-200 characters in one
 * line; the first of two equal keys wins.
 * @param taken receives the names of fields whose value became a tag as it is, so that `extra` need not repeat them.
 */
export function tagsOf(record: LogRecord, names: readonly string[], taken: Set<string>): Tags {
  const tags: Record<string, string> = {};
  // The last place is for `input`.
  let places = MAX_TAGS - 1;
  for (const name of names) {
    if (places === 0) break;
    const value = fieldText(record, name);
    if (value === undefined || !add(tags, name, value)) continue;
    places -= 1;
    if (value.length <= MAX_VALUE_CHARS) taken.add(name);
  }
  if (record.from.labels !== undefined) {
    for (const [name, value] of record.from.labels) {
      if (places > 0 && add(tags, name, value)) places -= 1;
    }
  }
  add(tags, "input", record.from.input);
  return tags;
}

/** A key of 1-32 characters A-Z a-z 0-9 _ . : - ; "" when there is nothing to mend. */
export function tagKey(name: string): string {
  if (name.length <= MAX_KEY_CHARS && PLAIN_KEY.test(name)) return name;
  return name.trim().slice(0, MAX_KEY_CHARS).replace(/\s/g, "-").replace(NOT_KEY, "_");
}

const PLAIN_KEY = /^[A-Za-z0-9_.:-]+$/;
const NOT_KEY = /[^A-Za-z0-9_.:-]/g;

function add(tags: Record<string, string>, name: string, value: string): boolean {
  const key = tagKey(name);
  // The trimmed name counts as well: to set __proto__ would be no entry but an order.
  if (NOT_TAGS.has(name) || key === "__proto__") return false;
  const text = clip(oneLine(value.slice(0, 4 * MAX_VALUE_CHARS)).trim(), MAX_VALUE_CHARS);
  if (key === "" || text === "" || Object.hasOwn(tags, key)) return false;
  tags[key] = text;
  return true;
}

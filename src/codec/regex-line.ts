import { NOTHING, type Codec } from "../component/codec.ts";
import { compileRe2, isBadPattern } from "../component/pattern.ts";
import type { TimeZone } from "./time-zone.ts";
import { recordFromLine } from "./normalise.ts";
import { recordFromPairs } from "./pairs.ts";
import { textOfLine } from "./text-line.ts";

/** A longer line is kept as text: a mebibyte would hold up everything else for most of a second. */
const MAX_MATCHED_CHARS = 65_536;

/** The names of a pattern's groups, in their order; none where it cannot be used. */
export function groupNamesOf(pattern: string): readonly string[] {
  const compiled = compileRe2(pattern);
  return isBadPattern(compiled) ? [] : Object.keys(compiled.namedGroups());
}

/**
 * Lines that a regular expression takes apart: its named groups are the members of the record. A line that it does not
 * find itself in is kept as text, since it is mostly the rest of a message or a trace.
 */
export function regexLine(pattern: string, zone: TimeZone | undefined): Codec {
  const compiled = compileRe2(pattern);
  if (isBadPattern(compiled)) throw new Error(`an unchecked pattern: ${compiled.mistake}`);
  const names = Object.keys(compiled.namedGroups());
  return {
    name: "regex",
    decode(bytes, start, end, from) {
      const text = textOfLine(bytes, start, end);
      if (text === undefined) return NOTHING;
      const matcher = text.length > MAX_MATCHED_CHARS ? undefined : compiled.matcher(text);
      if (matcher?.find() !== true) return recordFromLine(text, from);
      const pairs = new Map<string, string>();
      for (const name of names) {
        const value = matcher.group(name);
        if (value !== null && value !== "") pairs.set(name, value);
      }
      return recordFromPairs(pairs, from, { whole: text, said: text, zone });
    },
  };
}

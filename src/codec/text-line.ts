import { NOTHING, type Codec, type Decoded } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { newRecord, type LogRecord } from "../record/record.ts";
import { withoutColour } from "./ansi.ts";
import { recordFromLine } from "./normalise.ts";
import { isBlank } from "./readers.ts";

/**
 * A line of plain text: the message, without colours, and nothing else. Its level is not stated. Blank lines are nothing,
 * and so are NULs at either end: a file that was truncated under its writer begins with a hole of them.
 */
export const textLine: Codec = {
  name: "text",
  decode(bytes: Buffer, start: number, end: number, from: Provenance): Decoded {
    const message = textOfLine(bytes, start, end);
    if (message === undefined) return NOTHING;
    return from.metadata === undefined ? plain(message, from) : recordFromLine(message, from);
  },
};

/** The text of a plain line; undefined when it is blank. */
export function textOfLine(bytes: Buffer, start: number, end: number): string | undefined {
  let first = hasMark(bytes, start) ? start + 3 : start;
  let last = end;
  while (last > first && isEnd(bytes[last - 1])) last -= 1;
  while (first < last && bytes[first] === NUL) first += 1;
  const message = withoutColour(bytes.toString("utf8", first, last));
  return isBlank(message) ? undefined : message;
}

function plain(message: string, from: Provenance): LogRecord {
  const record = newRecord(from, message);
  record.rawLine = true;
  record.host = from.peer === "" ? undefined : from.peer;
  return record;
}

/** Some editors begin a file with a byte order mark. */
function hasMark(bytes: Buffer, start: number): boolean {
  return bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
}

/** Whether a byte may end a line, alone or with others. */
export function isEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR || byte === NUL;
}

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;

import { bytesMayEndHead } from "./line-ends.ts";
import { heading, LOOK_BYTES, opening } from "./line-heads.ts";
import { LineJoin, type Standing } from "./line-join.ts";
import { insideShape, MARGIN_PAIRS, MARGIN_PREFIXES } from "./line-shapes.ts";
import { isNginxErrorLine } from "./nginx-error.ts";
import { NginxJoin } from "./nginx-join.ts";
import { beginsLikeSyslog, behindLead, leadOf } from "./syslog-lead.ts";

/** A stack trace that arrives line by line. */
export interface Join {
  /** Takes the next record of the stream, mostly a line; false when it does not belong to the trace, which is complete then. */
  offer(line: string, standing?: Standing): boolean;
  /** Records taken last that belong to the trace only when a later one shows it: if it ends now, they are none of it. */
  readonly pending: number;
  /** Whether the next line says the level of all: its logger writes two lines. */
  readonly awaitsLevel: boolean;
  /** The joined text so far, without what is {@link pending} and without blank lines at its end. */
  readonly text: string;
  /** Lines taken, blank ones and those that are pending included. */
  readonly lines: number;
  /** Their size in UTF-8, with the newlines between them. */
  readonly bytes: number;
}

/**
 * Opens a join at a line that begins a trace; undefined when the line opens nothing and need not wait. A `loud` line, a
 * raw line at or above the issue level, always opens one, since a trace may follow it. A record of many lines opens one
 * only while the trace in it has no frame yet. A line that `says` of itself that it is quiet opens one by its beginning
 * alone: the name of an error within it is talk, and quiet records must not wait.
 */
export function openJoin(line: string, loud: boolean, saysQuiet = false): Join | undefined {
  if (isNginxErrorLine(line)) return NginxJoin.open(line);
  const newline = line.indexOf("\n");
  const first = newline < 0 ? line : line.slice(0, newline);
  const lead = loud || beginsLikeSyslog(first) ? leadOf(first) : undefined;
  const said = lead === undefined ? first : behindLead(first, lead);
  const start = opening(said) ?? heading(said, newline < 0, loud);
  if (start === undefined || (saysQuiet && start.named)) return undefined;
  const join = new LineJoin(first, start, { said, lead });
  if (newline < 0) return join;
  join.begin(line.slice(newline + 1).split("\n"));
  return join.framed ? undefined : join;
}

/** Whether the line by itself looks like the inside of a trace: a frame, "Caused by:", "... 3 more". */
export function continuesTrace(line: string): boolean {
  const newline = line.indexOf("\n");
  return insideShape(newline < 0 ? line : line.slice(0, newline)) !== undefined;
}

/**
 * A look at few of the bytes of a JSON string's contents: true whenever {@link openJoin} would open a quiet record with
 * that text or {@link continuesTrace} holds, seldom otherwise. Allocates nothing.
 */
export function mayBelongToTrace(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  const first = bytes[start] as number;
  // White space, and a backslash: an escaped tab, slash or whatever else.
  if (first <= 0x20 || first === 0x5c || first === 0x7f) return true;
  const second = start + 1 < end ? (bytes[start + 1] as number) : 0;
  const pair = MARGIN_PAIRS[(first << 8) | second] as number;
  if (pair !== 0) {
    if (second === 0x5c) return true;
    const prefixes = MARGIN_PREFIXES[pair] as readonly string[];
    for (let i = 0; i < prefixes.length; i += 1) if (beginsWith(bytes, start, end, prefixes[i] as string)) return true;
  }
  return namesError(bytes, start, end) || bytesMayEndHead(bytes, start, end);
}

function beginsWith(bytes: Uint8Array, start: number, end: number, prefix: string): boolean {
  for (let i = 2; i < prefix.length; i += 1) {
    const byte = start + i < end ? (bytes[start + i] as number) : 0;
    if (byte === 0x5c) return true;
    const wanted = prefix.charCodeAt(i);
    if (wanted === 0x3f ? byte < 0x30 || byte > 0x39 : byte !== wanted) return false;
  }
  return true;
}

/** How far a letter stands behind the beginning of "Error" or "Excep", and 1 more; 0: in neither. "r" stands in three places. */
const BEHIND = new Uint8Array(256);
for (const word of ["Error", "Excep"]) for (let i = 0; i < word.length; i += 1) BEHIND[word.charCodeAt(i)] = i + 1;
const R = 0x72;

/** "Error" or "Exception" among the first bytes, before a colon, a blank, an escape or the end. Looks at every fifth byte. */
function namesError(bytes: Uint8Array, start: number, end: number): boolean {
  const limit = Math.min(end, start + LOOK_BYTES);
  for (let i = start + 4; i < limit; i += 5) {
    const behind = BEHIND[bytes[i] as number] as number;
    if (behind === 0) continue;
    const at = i + 1 - behind;
    if (bytes[at] === 0x45 && isErrorName(bytes, at, end)) return true;
    if (bytes[i] !== R) continue;
    if (bytes[i - 1] === 0x45 && isErrorName(bytes, i - 1, end)) return true;
    if (bytes[i - 2] === 0x45 && isErrorName(bytes, i - 2, end)) return true;
  }
  return false;
}

function isErrorName(bytes: Uint8Array, at: number, end: number): boolean {
  const after = at + (bytes[at + 1] === 0x72 ? 5 : 9);
  if (after > end) return false;
  const next = after === end ? 0x3a : bytes[after];
  if (next !== 0x3a && next !== 0x20 && next !== 0x5c) return false;
  if (bytes[at + 1] === 0x72) return bytes[at + 2] === 0x72 && bytes[at + 3] === 0x6f && bytes[at + 4] === 0x72;
  return bytes[at + 1] === 0x78 && bytes[at + 2] === 0x63 && bytes[at + 3] === 0x65 && bytes[at + 4] === 0x70;
}

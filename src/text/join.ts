import { bytesMayEndHead, mayEndHead } from "./line-ends.ts";
import {
  followingShape,
  headState,
  indentedStep,
  insideShape,
  MARGIN_PAIRS,
  MARGIN_PREFIXES,
  marginStep,
  openingShape,
} from "./line-shapes.ts";
import { indentOf, isBlank } from "./traces/dialect.ts";
import type { State } from "./traces/shape.ts";
import { findTypeToken, type TypeToken } from "./traces/type-token.ts";

/** A stack trace that arrives line by line. */
export interface Join {
  /** Takes the next line of the stream; false when it does not belong to the trace, which is complete then. */
  offer(line: string): boolean;
  /** The joined text so far, without blank lines at its end. */
  readonly text: string;
  /** Lines taken, blank ones included. */
  readonly lines: number;
  /** Their size in UTF-8, with the newlines between them. */
  readonly bytes: number;
}

/** The name of an error counts when it ends within so many bytes of a record's JSON string. */
const LOOK_BYTES = 256;
/** Blank lines in a row within a trace. */
const MAX_BLANK_LINES = 3;
/** Lines in a row that only their place makes part of a trace: of a message, of source. */
const MAX_FREE_LINES = 40;
/** Where there is more than messages. */
const FRAMED: ReadonlySet<State> = new Set<State>([
  "frames",
  "object",
  "code",
  "backtrace",
  "calls",
  "list",
  "report",
  "process",
  "stack",
  "dump",
]);
/** What begins like this is a record of its own, not the rest of a message. */
const FRESH =
  /^(?:\[?\d{4}[-/]\d\d[-/]\d\d|\[?\d\d:\d\d:\d\d|\{"|<\d{1,3}>|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d|\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\b|[DIWEF]\d{4} \d\d:|(?:level|ts|time)=)/;

/**
 * Opens a join at a line that begins a trace; undefined when the line opens nothing and need not wait. A `loud` line, a
 * raw line at or above the issue level, always opens one, since a trace may follow it. A record of many lines opens one
 * only while the trace in it has no frame yet.
 */
export function openJoin(line: string, loud: boolean): Join | undefined {
  const newline = line.indexOf("\n");
  const first = newline < 0 ? line : line.slice(0, newline);
  const start = opening(first) ?? heading(first, newline < 0, loud);
  if (start === undefined) return undefined;
  const join = new LineJoin(first, start);
  if (newline < 0) return join;
  for (const rest of line.slice(newline + 1).split("\n")) join.force(rest);
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
  if (MARGIN_PAIRS[(first << 8) | second] === 1) {
    const prefixes = MARGIN_PREFIXES[first] as readonly string[];
    for (let i = 0; i < prefixes.length; i += 1) if (beginsWith(bytes, start, end, prefixes[i] as string)) return true;
  }
  return namesError(bytes, start, end) || bytesMayEndHead(bytes, start, end);
}

function beginsWith(bytes: Uint8Array, start: number, end: number, prefix: string): boolean {
  for (let i = 1; i < prefix.length; i += 1) {
    const byte = start + i < end ? (bytes[start + i] as number) : 0;
    if (byte === 0x5c) return true;
    const wanted = prefix.charCodeAt(i);
    if (wanted === 0x3f ? byte < 0x30 || byte > 0x39 : byte !== wanted) return false;
  }
  return true;
}

/** Where in "Error" and "Excep" each letter stands: bit k for the k-th place. */
const PLACES = new Uint8Array(256);
for (const word of ["Error", "Excep"])
  for (let i = 0; i < word.length; i += 1) PLACES[word.charCodeAt(i)] = (PLACES[word.charCodeAt(i)] as number) | (1 << i);

/** "Error" or "Exception" among the first bytes, before a colon, a blank, an escape or the end. Looks at every fifth byte. */
function namesError(bytes: Uint8Array, start: number, end: number): boolean {
  const limit = Math.min(end, start + LOOK_BYTES);
  for (let i = start + 4; i < limit; i += 5) {
    const places = PLACES[bytes[i] as number] as number;
    if (places === 0) continue;
    for (let k = 0; k < 5; k += 1) {
      if ((places & (1 << k)) !== 0 && bytes[i - k] === 0x45 && isErrorName(bytes, i - k, end)) return true;
    }
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

interface Start {
  readonly state: State;
  /** The name of an error stands within the line, so that its message may go on. */
  readonly named: boolean;
}

/** How a trace begins at a line, whatever its level; undefined when none does. */
function opening(line: string): Start | undefined {
  const shape = openingShape(line);
  if (shape !== undefined) return { state: shape.to ?? "frames", named: false };
  const token = tokenInReach(line);
  if (token === undefined) return undefined;
  if (line.trimEnd().endsWith(" {")) return { state: "object", named: false };
  return token.start === 0 ? { state: "header", named: false } : { state: "prose", named: true };
}

/** How a trace begins at a line that says so by more than its beginning, or at any loud one. */
function heading(line: string, alone: boolean, loud: boolean): Start | undefined {
  const state = loud || (alone && mayEndHead(line)) ? headState(line) : undefined;
  // Behind a loud line the trace of any language may follow.
  if (state !== undefined) return { state: loud && state === "frames" ? "prose" : state, named: false };
  return loud ? { state: "prose", named: false } : undefined;
}

/** The name of an error that ends within {@link LOOK_BYTES}, whatever way of escaping the record's JSON used. */
function tokenInReach(line: string): TypeToken | undefined {
  const token = findTypeToken(line, LOOK_BYTES);
  if (token === undefined) return undefined;
  let bytes = 0;
  for (let i = 0; i < token.end; i += 1) bytes += isNeverEscaped(line.charCodeAt(i)) ? 1 : 6;
  return bytes <= LOOK_BYTES ? token : undefined;
}

/** Letters, digits, blanks and `( ) , - . : = [ ] _ { }`: one byte in every JSON writer's output. */
function isNeverEscaped(unit: number): boolean {
  if ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a) return true;
  return (unit >= 0x2c && unit <= 0x2e) || (unit >= 0x30 && unit <= 0x3a) || " ()=[]_{}".includes(String.fromCharCode(unit));
}

class LineJoin implements Join {
  readonly #lines: string[];
  /** Blank lines that belong to the trace only when it goes on. */
  #blank: string[] = [];
  #state: State;
  readonly #named: boolean;
  #free = 0;
  /** Whether the braces behind an error are still open. */
  #braced: boolean;
  #taken = 1;
  #bytes: number;
  #ended = false;
  /** Whether more than messages has been seen. */
  framed = false;

  constructor(first: string, start: Start) {
    this.#lines = [first];
    this.#state = start.state;
    this.#named = start.named;
    this.#braced = start.state === "object";
    this.#bytes = Buffer.byteLength(first);
  }

  get text(): string {
    return this.#lines.join("\n");
  }

  get lines(): number {
    return this.#taken;
  }

  get bytes(): number {
    return this.#bytes;
  }

  offer(line: string): boolean {
    if (this.#ended) return false;
    if (!line.includes("\n")) return this.#take(line);
    const [first = "", ...rest] = line.split("\n");
    if (!this.#take(first)) return false;
    for (const more of rest) this.force(more);
    return true;
  }

  /** Takes a line that belongs because the record it is in does. */
  force(line: string): void {
    if (this.#take(line)) return;
    this.#ended = false;
    this.#keep(line);
  }

  #take(line: string): boolean {
    if (isBlank(line)) {
      if (this.#state === "prose" || this.#blank.length >= MAX_BLANK_LINES) return this.#end();
      this.#blank.push(line);
      this.#count(line);
      return true;
    }
    const next = this.#step(line);
    if (next === undefined) return this.#end();
    this.#state = next;
    this.#keep(line);
    return true;
  }

  #end(): false {
    this.#ended = true;
    return false;
  }

  #keep(line: string): void {
    this.#lines.push(...this.#blank, line);
    this.#blank = [];
    this.#count(line);
  }

  #count(line: string): void {
    this.#taken += 1;
    this.#bytes += Buffer.byteLength(line) + 1;
  }

  /** The state a line leads to; undefined when it does not belong to the trace. */
  #step(line: string): State | undefined {
    const state = this.#state;
    if (state === "source") return "caret";
    if (state === "caret") return /^\s*\^+\s*$/.test(line.slice(0, 4_096)) ? "message" : undefined;
    const shape = followingShape(state, line);
    if (shape !== undefined) return this.#shaped(shape.to ?? state, line);
    const indented = indentOf(line) > 0;
    const known = indented ? indentedStep(state, line) : undefined;
    if (known !== undefined) return this.#shaped(known, line);
    this.#free += 1;
    if (this.#free > MAX_FREE_LINES) return undefined;
    return indented ? this.#indented(state) : this.#atMargin(state, line);
  }

  /** Among the properties of an error the frames of its cause change nothing, up to the brace at the margin. */
  #shaped(to: State, line: string): State {
    this.#free = 0;
    this.framed ||= FRAMED.has(to);
    if (to === "object") this.#braced = true;
    else if (line.startsWith("}")) this.#braced = false;
    return this.#braced && to === "frames" ? "object" : to;
  }

  /** Indented lines go on with messages, source and objects; among frames they mean nothing. */
  #indented(state: State): State | undefined {
    if (state === "frames" || state === "calls" || state === "list" || state === "between" || state === "stack") return undefined;
    return state === "prose" && !this.#named ? undefined : state;
  }

  #atMargin(state: State, line: string): State | undefined {
    if (FRESH.test(line)) return undefined;
    const next = marginStep(state, line);
    if (next !== undefined) return FRAMED.has(next) || next === "message" ? this.#shaped(next, line) : next;
    if (state === "message") return "message";
    return state === "prose" && findTypeToken(line, LOOK_BYTES)?.start === 0 ? "header" : undefined;
  }
}

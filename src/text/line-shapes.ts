import { DIALECTS } from "./dialects.ts";
import { SYSLOG_BEGINNINGS } from "./syslog-lead.ts";
import { indentOf } from "./traces/dialect.ts";
import { MAX_LOOK_CHARS, startsLike, type Shape, type State } from "./traces/shape.ts";

// The lines of all languages' traces, found by their first character.

/** The first byte of an escape within a JSON string. */
const ESCAPE = 0x5c;
const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => byte);
const DIGITS = Array.from({ length: 10 }, (_, digit) => 0x30 + digit);
const SHAPES: readonly Shape[] = DIALECTS.flatMap(({ shapes }) => shapes);
const OPENING = byFirst(SHAPES.filter(({ opens }) => opens === true));
const INSIDE = byFirst(SHAPES.filter(({ inside }) => inside === true));
/** By state, each made when it is first asked for. */
const FOLLOWING = new Map<State, Table>();
/**
 * What a record's text can begin with at the margin when it opens a trace or goes on with one, for a look at bytes: the
 * index in {@link MARGIN_PREFIXES} at `first byte << 8 | second byte`, 0 where nothing begins so. An escape as the second
 * byte may stand for anything.
 */
export const MARGIN_PAIRS = new Uint16Array(1 << 16);
/** Each character of a text is one byte of UTF-8; what is in none of the lists is told from the first two bytes alone. */
export const MARGIN_PREFIXES: readonly (readonly string[])[] = fillPairs(
  MARGIN_PAIRS,
  SHAPES.filter(({ opens, inside, indented }) => (opens ?? inside) === true && indented !== true)
    .map(({ prefix }) => prefix)
    .concat(SYSLOG_BEGINNINGS),
);

/** By the last seven bits of the first character. */
type Table = readonly (readonly Shape[])[];

function byFirst(shapes: readonly Shape[]): Table {
  const table: Shape[][] = Array.from({ length: 128 }, () => []);
  for (const shape of shapes) {
    const first = shape.prefix.charCodeAt(0);
    const units = first === 0x3f ? DIGITS : [first];
    for (const unit of units) table[unit & 0x7f]?.push(shape);
  }
  return table;
}

/** Writes the index of the prefixes that can begin with them at each pair of bytes; the lists of prefixes, none at 0. */
function fillPairs(pairs: Uint16Array, texts: readonly string[]): (readonly string[])[] {
  const byPair = new Map<number, Set<string>>();
  for (const text of texts) {
    const bytes = Buffer.from(text).toString("latin1");
    for (const first of bytesLike(bytes, 0)) {
      for (const second of bytes.length === 1 ? ALL_BYTES : [...bytesLike(bytes, 1), ESCAPE]) {
        const pair = (first << 8) | second;
        byPair.set(pair, (byPair.get(pair) ?? new Set()).add(bytes));
      }
    }
  }
  const lists: (readonly string[])[] = [[]];
  for (const [pair, prefixes] of byPair) pairs[pair] = lists.push([...prefixes]) - 1;
  return lists;
}

function bytesLike(prefix: string, at: number): readonly number[] {
  const byte = prefix.charCodeAt(at);
  return byte === 0x3f ? DIGITS : [byte];
}

/** How a trace begins at a line, whatever its level; undefined when none does. */
export function openingShape(line: string): Shape | undefined {
  return shapeIn(OPENING, line);
}

/** The shape of a line that can only be the inside of a trace; undefined when it has none. */
export function insideShape(line: string): Shape | undefined {
  return shapeIn(INSIDE, line);
}

/** The shape of a line that belongs to an open trace in a state; undefined when it has none. */
export function followingShape(state: State, line: string): Shape | undefined {
  let table = FOLLOWING.get(state);
  if (table === undefined) {
    // What a shape says of this very state counts before what it means anywhere.
    const here = SHAPES.filter(({ follows }) => follows?.includes(state) === true);
    table = byFirst([...here, ...SHAPES.filter(({ inside }) => inside === true)]);
    FOLLOWING.set(state, table);
  }
  return shapeIn(table, line);
}

/** The first shape of a table that a line has. */
function shapeIn(table: Table, line: string): Shape | undefined {
  const indent = indentOf(line);
  const first = line.charCodeAt(indent);
  let text: string | undefined;
  for (const shape of table[first & 0x7f] ?? []) {
    if ((shape.indented === true && indent === 0) || !startsLike(line, indent, shape.prefix)) continue;
    if (shape.pattern === undefined) return shape;
    text ??= line.slice(indent, indent + MAX_LOOK_CHARS).trimEnd();
    if (shape.pattern.test(text)) return shape;
  }
  return undefined;
}

/** What an indented line that has no shape of its own means in a state; undefined when nothing is known of it. */
export function indentedStep(state: State, line: string): State | undefined {
  const text = line.slice(0, MAX_LOOK_CHARS).trim();
  for (const { indented } of DIALECTS) {
    const next = indented?.[state]?.(text);
    if (next !== undefined) return next;
  }
  return undefined;
}

/** The state that a whole line leads to as the head of a trace; undefined when it is none. */
export function headState(line: string): State | undefined {
  const text = line.slice(0, MAX_LOOK_CHARS).trimEnd();
  for (const { head } of DIALECTS) {
    const next = head?.(text);
    if (next !== undefined) return next;
  }
  return undefined;
}

/** What a line at the margin that has no shape of its own means in a state: the next state, undefined when it ends the trace. */
export function marginStep(state: State, line: string): State | undefined {
  const text = line.slice(0, MAX_LOOK_CHARS).trimEnd();
  for (const { atMargin } of DIALECTS) {
    const next = atMargin?.[state]?.(text);
    if (next !== undefined) return next;
  }
  return undefined;
}

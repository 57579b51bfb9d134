import { DIALECTS } from "./dialects.ts";
import { indentOf } from "./traces/dialect.ts";
import { MAX_LOOK_CHARS, startsLike, type Shape, type State } from "./traces/shape.ts";

// The lines of all languages' traces, found by their first character.

const DIGITS = Array.from({ length: 10 }, (_, digit) => 0x30 + digit);
const SHAPES: readonly Shape[] = DIALECTS.flatMap(({ shapes }) => shapes);
const OPENING = byFirst(SHAPES.filter(({ opens }) => opens === true));
const INSIDE = byFirst(SHAPES.filter(({ inside }) => inside === true));
/** By state, each made when it is first asked for. */
const FOLLOWING = new Map<State, Table>();
/** What a record's text can begin with at the margin when it opens a trace or goes on with one, for a look at bytes. */
export const MARGIN_PREFIXES: readonly (readonly string[])[] = byFirst(
  SHAPES.filter(({ opens, inside, indented }) => (opens ?? inside) === true && indented !== true),
).map((shapes) => [...new Set(shapes.map(({ prefix }) => prefix))]);
/** Bit `first << 8 | second`: 1 where one of {@link MARGIN_PREFIXES} can begin so, an escape as the second byte included. */
export const MARGIN_PAIRS: Uint8Array = pairsOf(MARGIN_PREFIXES);

type Table = readonly (readonly Shape[])[];

function byFirst(shapes: readonly Shape[]): Table {
  const table: Shape[][] = Array.from({ length: 128 }, () => []);
  for (const shape of shapes) {
    const first = shape.prefix.charCodeAt(0);
    const units = first === 0x3f ? DIGITS : [first];
    for (const unit of units) table[unit]?.push(shape);
  }
  return table;
}

function pairsOf(prefixes: readonly (readonly string[])[]): Uint8Array {
  const pairs = new Uint8Array(1 << 16);
  for (const [first, list] of prefixes.entries()) {
    for (const prefix of list) {
      const second = prefix.charCodeAt(1);
      const every = Number.isNaN(second);
      for (let byte = 0; byte < 256; byte += 1) {
        const digit = second === 0x3f && DIGITS.includes(byte);
        if (every || digit || byte === second || byte === 0x5c) pairs[(first << 8) | byte] = 1;
      }
    }
  }
  return pairs;
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
    table = byFirst(SHAPES.filter(({ inside, follows }) => inside === true || follows?.includes(state) === true));
    FOLLOWING.set(state, table);
  }
  return shapeIn(table, line);
}

/** The first shape of a table that a line has. */
function shapeIn(table: Table, line: string): Shape | undefined {
  const indent = indentOf(line);
  const first = line.charCodeAt(indent);
  if (!(first < 128)) return undefined;
  let text: string | undefined;
  for (const shape of table[first] ?? []) {
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

import { DIALECTS } from "./dialects.ts";
import { indentOf } from "./traces/dialect.ts";
import { MAX_LOOK_CHARS, startsLike, type Shape, type State } from "./traces/shape.ts";

// The lines of all languages' traces, found by their first character.

const DIGITS = Array.from({ length: 10 }, (_, digit) => 0x30 + digit);
const SHAPES: readonly (readonly Shape[])[] = byFirst(DIALECTS.flatMap(({ shapes }) => shapes));
/** What a record's text can begin with at the margin when it opens a trace or goes on with one, for a look at bytes. */
export const MARGIN_PREFIXES: readonly (readonly string[])[] = SHAPES.map((shapes) => [
  ...new Set(
    shapes.filter(({ opens, inside, indented }) => (opens ?? inside) === true && indented !== true).map(({ prefix }) => prefix),
  ),
]);

function byFirst(shapes: readonly Shape[]): Shape[][] {
  const table: Shape[][] = Array.from({ length: 128 }, () => []);
  for (const shape of shapes) {
    const first = shape.prefix.charCodeAt(0);
    const units = first === 0x3f ? DIGITS : [first];
    for (const unit of units) table[unit]?.push(shape);
  }
  return table;
}

/** The shapes of a line that pass `wanted`, the first of them; undefined when none does. */
export function shapeOf(line: string, wanted: (shape: Shape) => boolean): Shape | undefined {
  const indent = indentOf(line);
  const first = line.charCodeAt(indent);
  if (!(first < 128)) return undefined;
  let text: string | undefined;
  for (const shape of SHAPES[first] ?? []) {
    if ((shape.indented === true && indent === 0) || !wanted(shape) || !startsLike(line, indent, shape.prefix)) continue;
    if (shape.pattern === undefined) return shape;
    text ??= line.slice(indent, indent + MAX_LOOK_CHARS).trimEnd();
    if (shape.pattern.test(text)) return shape;
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

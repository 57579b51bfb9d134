import { mayEndHead } from "./line-ends.ts";
import { headState, openingShape } from "./line-shapes.ts";
import type { State } from "./traces/shape.ts";
import { findTypeToken, type TypeToken } from "./traces/type-token.ts";

/** The name of an error counts when it ends within so many bytes of a record's JSON string. */
export const LOOK_BYTES = 256;

/** How a trace begins at a line. */
export interface Start {
  readonly state: State;
  /** The name of an error stands within the line, so that its message may go on. */
  readonly named: boolean;
}

/** How a trace begins at a line, whatever its level; undefined when none does. */
export function opening(line: string): Start | undefined {
  const shape = openingShape(line);
  if (shape !== undefined) return { state: shape.to ?? "frames", named: false };
  const token = tokenInReach(line);
  if (token === undefined) return undefined;
  if (line.trimEnd().endsWith(" {")) return { state: "object", named: false };
  return token.start === 0 ? { state: "header", named: false } : { state: "prose", named: true };
}

/** How a trace begins at a line that says so by more than its beginning, or at any loud one; undefined when none does. */
export function heading(line: string, alone: boolean, loud: boolean): Start | undefined {
  const state = loud || (alone && mayEndHead(line)) ? headState(line) : undefined;
  // Behind a loud line the trace of any language may follow.
  if (state !== undefined) return { state: loud && state === "frames" ? "prose" : state, named: false };
  return loud ? { state: "prose", named: false } : undefined;
}

/** Whether a line without white space before it can only be the first of a trace of its own. */
export function opensTrace(line: string): boolean {
  return openingShape(line) !== undefined || (mayEndHead(line) && headState(line) !== undefined);
}

/** Whether a line begins with the name of an error. */
export function beginsWithError(line: string): boolean {
  return findTypeToken(beginningOf(line), LOOK_BYTES)?.start === 0;
}

/** As much of a line as decides whether a name that ends within {@link LOOK_BYTES} is one: what follows it, too. */
function beginningOf(line: string): string {
  return line.length > LOOK_BYTES + 100 ? line.slice(0, LOOK_BYTES + 100) : line;
}

/** The name of an error that ends within {@link LOOK_BYTES}, whatever way of escaping the record's JSON used. */
function tokenInReach(line: string): TypeToken | undefined {
  const token = findTypeToken(beginningOf(line), LOOK_BYTES);
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

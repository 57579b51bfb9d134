import type { Frame } from "../../record/exception.ts";
import { exceptionOf, isBlank, MAX_MESSAGE_LINES, messageOf, oldestFirst, type Dialect, type Found } from "./dialect.ts";
import { callOf, DIED, perlFrame, placeOf, type Call, type Place } from "./perl-place.ts";
import type { State } from "./shape.ts";

// What Carp, Devel::StackTrace and the interpreter print. A line names the function called and the place of the call:
//
//     no B-2 left at /srv/shop/lib/Stock.pm line 3.
//         Shop::Stock::reserve("B-2", 3) called at /srv/shop/checkout.pl line 2
//         main::checkout(HASH(0x55db68dda848)) called at /srv/shop/checkout.pl line 3

/** Devel::StackTrace puts the place where it was made on a line of its own. */
const BEGUN = "Trace begun ";
/** What the compiler says before it gives up: "syntax error at x.pm line 3, near ...". */
const NEAR = /^([A-Za-z][^:]{0,80}?) at (\S{1,255}) line (\d{1,9}), (?:near|at EOF)/;
/** A time or tags, as loggers write before a message. */
const LOGGER = /^(?:\[[^\]]*\] ?|\d{4}[-/]\d\d[-/]\d\d[T ][\d:.,]+Z? )+/;

export const perl: Dialect = {
  name: "perl",
  shapes: [
    { prefix: BEGUN, pattern: { test: isPlace }, follows: ["frames", "prose"], to: "frames" },
    { prefix: "eval {...} at ", pattern: { test: isPlace }, follows: ["frames"], to: "frames" },
    { prefix: "Compilation failed in require ", follows: ["frames", "prose"], to: "frames" },
    { prefix: "BEGIN failed--compilation aborted ", follows: ["frames", "prose"], to: "frames" },
  ],
  atMargin: {
    prose: (line) => (isNearPlace(line) ? "frames" : undefined),
    frames: (line) => (callOf(line)?.called === true || isNearPlace(line) ? "frames" : undefined),
  },
  indented: { prose: called, header: called, message: called, frames: called },
  head: (line) => (isPlace(line) && / line \d+(?: thread \d+)?\.$/.test(line.slice(-80)) ? "frames" : undefined),
  probe: (text) => / line \d/.test(text) && (text.includes(" called at ") || text.includes(BEGUN) || DIED.test(text)),
  parse(lines) {
    const first = lines.findIndex((line) => isCall(line));
    return first < 0 ? undefined : parseCalls(lines, first);
  },
};

/** "\tmain::f(1) called at x.pl line 3", and " at x.pl line 3." between the message and the calls. */
function called(line: string): State | undefined {
  return callOf(line) !== undefined || (line.startsWith("at ") && isPlace(` ${line}`)) ? "frames" : undefined;
}

function isPlace(line: string): boolean {
  return placeOf(line) !== undefined;
}

function isNearPlace(line: string): boolean {
  return NEAR.test(line);
}

/** A line that only a stack of calls can have: an indented one or one with "called"; where the compiler gave up. */
function isCall(line: string): boolean {
  if (line.startsWith(BEGUN) && isPlace(line)) return true;
  const call = callOf(line.trimStart());
  return call !== undefined && (call.called || call.died || /^\s/.test(line));
}

type Thrown = Pick<Place, "path" | "lineno">;

function parseCalls(lines: readonly string[], first: number): Found | undefined {
  const calls: Call[] = [];
  let thrown: Thrown | undefined = (lines[first] ?? "").startsWith(BEGUN) ? placeOf(lines[first] ?? "") : undefined;
  for (let i = thrown === undefined ? first : first + 1; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const call = callOf(line.trimStart());
    if (call !== undefined) calls.push(call);
    else if (!isBlank(line)) break;
  }
  const start = Math.max(0, first - MAX_MESSAGE_LINES);
  const above = lines.slice(start, first);
  while (above.length > 0 && isBlank(above.at(-1) ?? "")) above.pop();
  const [, complaint, path = "", lineno] = NEAR.exec(above.at(-1) ?? "") ?? [];
  const near = complaint === undefined ? undefined : { path, lineno: Number(lineno), at: undefined };
  const place = placeOf(above.at(-1) ?? "") ?? near;
  const said = saidBy(above, place?.at);
  thrown ??= place;
  const prefix = LOGGER.exec(said)?.[0] ?? "";
  const value = exceptionOf(undefined, said.slice(prefix.length), framesOf(thrown, calls));
  const names = value.value !== undefined || value.frames.length > 1;
  return names ? { platform: "perl", values: [value], first: above.length === 0 ? first : start, prefix } : undefined;
}

/** The lines above the calls, without the place the last of them ends in; what __DIE__ hooks repeat is left out. */
function saidBy(above: readonly string[], at: number | undefined): string {
  const rest = above.slice(0, -1);
  const last = (above.at(-1) ?? "").slice(0, at);
  if (!isBlank(last)) return messageOf([...rest, last]);
  const previous = rest.at(-1) ?? "";
  return messageOf([...rest.slice(0, -1), previous.slice(0, placeOf(previous)?.at)]);
}

/** The place of the throw belongs to the function called last, every other one to the function around the call. */
function framesOf(thrown: Thrown | undefined, calls: readonly Call[]): Frame[] {
  const frames: Frame[] = [];
  let place = thrown;
  for (const call of calls) {
    if (place !== undefined) frames.push(perlFrame(place, call.name));
    place = call.place;
  }
  if (place !== undefined) frames.push(perlFrame(place, undefined));
  return oldestFirst(frames);
}

import type { Frame } from "../../record/exception.ts";
import { exceptionOf, oldestFirst, type Dialect } from "./dialect.ts";
import { nativeFrame } from "./native-frame.ts";
import type { Shape } from "./shape.ts";

// valgrind puts "==1887== " before every line; each of its errors ends in a line with nothing behind that.

/** `==1887==    at 0x109302: heap (stock.c:21)`, `by 0x48417B4: malloc (in /usr/lib/vgpreload.so)`. */
const FRAME = /^==\d+== {4}(?:at|by) 0x([0-9A-F]+): (\S.*)$/;
/** The words its tools begin an error with. */
const ERROR =
  /^==\d+== (?:Invalid (?:read|write|free)|Conditional jump|Use of uninit|Syscall param|Source and destination overlap|Mismatched free|Argument '|Jump to the invalid|Process terminating with|[\d,]+ (?:\([\d, a-z]+\) )?bytes in [\d,]+ blocks are (?:definitely|possibly|indirectly) lost|Possible data race|Conflicting (?:load|store) by thread|Thread #\d+(?:: lock order| unlocked|'s call| deallocated)|realloc\(\) with size 0)/;
/** A line of the same error: deeper than the first, or a word between stacks. */
const INSIDE = /^==\d+== (?: |Locks held: |This conflicts with |Required order|Observed |at 0x|by 0x)/;
const ANNOUNCED = /^==\d+== Thread #\d+ was created$/;
const LOCK_ORDER = /^==\d+== Thread #\d+: lock order /;
const EMPTY = /^==\d+== *$/;

/** Behind an empty line: what the other thread did, what the order should have been; drd leaves no empty line. */
const GOES_ON =
  /^==\d+== (?:This conflicts with |Observed \(|Required order | followed by a later | Lock at 0x|Allocation context: |Other segment (?:start|end) )/;

const shapes: readonly Shape[] = [
  { prefix: "==?", pattern: ERROR, opens: true, follows: ["prose"], to: "dump" },
  { prefix: "==?", pattern: FRAME, inside: true, to: "dump" },
  { prefix: "==?", pattern: INSIDE, follows: ["dump"], to: "dump" },
  // An empty line ends an error, unless helgrind goes on with the other thread.
  { prefix: "==?", pattern: EMPTY, follows: ["dump"], to: "frames" },
  { prefix: "==?", pattern: GOES_ON, follows: ["dump", "frames"], to: "dump" },
];

export const valgrind: Dialect = {
  name: "valgrind",
  shapes,
  probe: (text) => text.includes("==    at 0x"),
  parse(lines) {
    let newest = lines.findIndex((line) => FRAME.test(line));
    let head = headOf(lines, newest);
    // Where its threads come from, helgrind says before what they did.
    while (ANNOUNCED.test(lines[head] ?? "")) {
      while (FRAME.test(lines[newest] ?? "")) newest += 1;
      while (newest < lines.length && !FRAME.test(lines[newest] ?? "")) newest += 1;
      head = headOf(lines, newest);
    }
    const [, said] = /^==\d+== (\S.*)$/.exec(lines[head] ?? "") ?? [];
    if (said === undefined || newest === lines.length) return undefined;
    const frames: Frame[] = [];
    for (let i = newest; FRAME.test(lines[i] ?? ""); i += 1) frames.push(valgrindFrame(lines[i] ?? ""));
    const { type, value } = named(said);
    return { platform: "native", values: [exceptionOf(type, value, oldestFirst(frames))], first: head, prefix: "" };
  },
};

/** The line that says what happened, above the frame at `newest`: "Locks held: none" and deeper lines stand between. */
function headOf(lines: readonly string[], newest: number): number {
  let head = newest - 1;
  while (head > 0 && INSIDE.test(lines[head] ?? "")) head -= 1;
  const isOrder = head < newest - 1 && EMPTY.test(lines[head] ?? "") && LOCK_ORDER.test(lines[head - 1] ?? "");
  return isOrder ? head - 1 : head;
}

/** What of an error varies from run to run is no part of its type: sizes, threads, counts. */
function named(said: string): { readonly type: string; readonly value: string | undefined } {
  const lost = /^([\d,]+ (?:\([\d, a-z]+\) )?bytes in [\d,]+ blocks) are ((?:definitely|possibly|indirectly) lost)/.exec(said);
  if (lost !== null) return { type: lost[2] ?? said, value: lost[1] };
  const signal = /^Process terminating with .* of signal \d+ \((SIG\w+)\)/.exec(said);
  if (signal !== null) return { type: signal[1] ?? said, value: said };
  if (/^Thread #\d+: lock order /.test(said)) return { type: "lock order violated", value: said };
  const thread = /^Thread #\d+:? (.*?)(?: at 0x\w+)?$/.exec(said);
  if (thread !== null) return { type: thread[1] ?? said, value: said };
  const [, type, value] = /^(.*?) (of size \d+|at 0x\S+ by thread #\d+|by thread \d+ at .*|during .*)$/.exec(said) ?? [];
  return { type: type ?? said, value };
}

function valgrindFrame(line: string): Frame {
  const [, address = "", said = ""] = FRAME.exec(line) ?? [];
  const open = said.lastIndexOf(" (");
  const place = open < 0 ? "" : said.slice(open + 2).replace(/\)$/, "");
  const name = open < 0 ? said : said.slice(0, open);
  const known = { address: `0x${address.toLowerCase()}`, name };
  if (place.startsWith("in ")) return nativeFrame({ ...known, library: place.slice(3) });
  const [, file, lineno] = /^(.+):(\d+)$/.exec(place) ?? [];
  return nativeFrame({ ...known, file, lineno: lineno === undefined ? undefined : Number(lineno) });
}

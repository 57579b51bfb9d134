import type { Detail } from "./exception.ts";
import { leftOutJson } from "./extra.ts";
import { joined } from "./json-text.ts";

/** Relay refuses an event above 1 MiB with everything that came along; this leaves room for the rest of the envelope. */
const MAX_EVENT_BYTES = 1_000_000;
/** For what is put in later: the mark of what was left out, a storm report with its hosts. */
const ROOM_BYTES = 8_192;

/** The three texts an event is made of. */
export interface EventText {
  /** The members but `breadcrumbs` and `extra`, without the braces, with as much detail as asked for. */
  head(detail: Detail, bigContexts: boolean): string;
  /** JSON texts, oldest first. */
  readonly breadcrumbs: readonly string[];
  /** The members of `extra`, without the braces. */
  readonly extra: string;
}

/**
 * Puts the texts together. What would be too big gives up, in this order and as far as needed: the oldest
 * breadcrumbs, `extra`, big contexts, source lines, frames; `extra` then says what is missing.
 */
export function composed(text: EventText): string {
  const head = text.head("full", true);
  const trail = text.breadcrumbs.join(",");
  // A UTF-16 unit is at most three bytes; ordinary events are done here.
  if ((head.length + trail.length + text.extra.length + ROOM_BYTES) * 3 <= MAX_EVENT_BYTES) {
    return assembled(head, trail, text.extra);
  }
  return squeezed(text, head);
}

function assembled(head: string, trail: string, extra: string): string {
  return `{${head},"breadcrumbs":{"values":[${trail}]},"extra":{${extra}}}`;
}

function squeezed(text: EventText, full: string): string {
  const room = MAX_EVENT_BYTES - ROOM_BYTES;
  const leftOut: string[] = [];
  const { breadcrumbs } = text;
  const trail = newestWithin(breadcrumbs, room - Buffer.byteLength(full) - Buffer.byteLength(text.extra));
  if (trail.length < breadcrumbs.length) leftOut.push(`${breadcrumbs.length - trail.length} oldest breadcrumbs`);

  let head = full;
  let extra = text.extra;
  if (Buffer.byteLength(head) + Buffer.byteLength(extra) > room) {
    extra = "";
    leftOut.push("all fields of extra");
    for (const [detail, what] of STEPS) {
      if (Buffer.byteLength(head) <= room) break;
      head = text.head(detail, false);
      leftOut.push(what);
    }
  }
  const mark = leftOut.length === 0 ? "" : leftOutJson(leftOut.join(", "));
  return assembled(head, trail.join(","), joined(extra, mark));
}

const STEPS: readonly (readonly [Detail, string])[] = [
  ["full", "big contexts"],
  ["no_source", "source lines"],
  ["fewer_frames", "all but the newest frames"],
  ["least", "all but the last exceptions"],
];

function newestWithin(breadcrumbs: readonly string[], bytes: number): readonly string[] {
  let left = bytes;
  let from = breadcrumbs.length;
  for (; from > 0; from -= 1) {
    left -= Buffer.byteLength(breadcrumbs[from - 1] ?? "") + 1;
    if (left < 0) break;
  }
  return breadcrumbs.slice(from);
}

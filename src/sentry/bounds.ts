// Sentry refuses or silently empties what is too long, so everything is cut here first, each time with a mark that a
// person can see.

import type { JsonValue } from "./json-text.ts";

const ELLIPSIS = "...";

/** At most `maxChars` UTF-16 units, the trailing "..." of a cut text included. */
export function clip(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : headOf(text, maxChars - ELLIPSIS.length) + ELLIPSIS;
}

/** As {@link clip}, for limits of 100 or more: the mark says how much is missing. */
export function clipLong(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const least = missing(text.length - maxChars);
  const longest = headOf(text, maxChars - least.length);
  const mark = missing(text.length - longest.length);
  // The mark itself may make what is missing a number with one more digit.
  const kept = mark.length <= least.length ? longest : headOf(text, maxChars - mark.length);
  return kept + missing(text.length - kept.length);
}

/** At most `maxBytes` (100 or more) bytes of UTF-8; the mark says how much is missing. */
export function clipBytes(text: string, maxBytes: number): string {
  if (fitsBytes(text, maxBytes)) return text;
  const room = maxBytes - missing(text.length).length;
  let kept = headOf(text, room);
  while (kept !== "" && !fitsBytes(kept, room)) {
    const over = Buffer.byteLength(kept) - room;
    // A UTF-16 unit is at most three bytes, so this never cuts more than needed.
    kept = headOf(kept, kept.length - Math.ceil(over / 3));
  }
  return kept + missing(text.length - kept.length);
}

/** True when the text is at most `maxBytes` bytes of UTF-8. Counts only where the length leaves a doubt. */
export function fitsBytes(text: string, maxBytes: number): boolean {
  return text.length * 3 <= maxBytes || (text.length <= maxBytes && Buffer.byteLength(text) <= maxBytes);
}

/** The text in one line: every run of line ends becomes one space. */
export function oneLine(text: string): string {
  return LINE_END.test(text) ? text.replace(LINE_ENDS, " ") : text;
}

/** How many levels of containers a value has; counting stops above `atMost`. */
export function depthOf(value: JsonValue, atMost: number): number {
  if (typeof value !== "object" || value === null) return 0;
  if (atMost <= 0) return 1;
  let deepest = 0;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    const depth = depthOf(inner, atMost - 1);
    if (depth > deepest) deepest = depth;
    if (deepest >= atMost) break;
  }
  return deepest + 1;
}

const LINE_END = /[\n\r\u2028\u2029]/;
const LINE_ENDS = /[\n\r\u2028\u2029]+/g;

/** The first `chars` units, one less where that would split a surrogate pair. */
function headOf(text: string, chars: number): string {
  const end = Math.max(0, chars);
  const last = text.charCodeAt(end - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end);
}

function missing(chars: number): string {
  return `${ELLIPSIS} [${chars} more characters]`;
}

import { kindOf, SPACE } from "./template/characters.ts";
import { Scanner } from "./template/scanner.ts";

/** A message without what varies. */
export interface Template {
  /** The first line that says something, with placeholders such as `<num>`, `<host>`, `<path>`; at most about 2000 characters. */
  readonly template: string;
  /** What varied, in order. */
  readonly params: string[];
}

/** Longer messages are cut first. */
const MAX_MESSAGE_CHARS = 8_192;
/** As much of a line becomes the template. */
const MAX_LINE_CHARS = 2_000;

/**
 * Takes out of a message what varies from one time to the next, by the shape of this one message alone, so that the
 * same message gives the same template on every node and after every restart. One pass, a few microseconds for an
 * ordinary line. A template is its own template.
 */
export function templateOf(message: string): Template {
  const line = firstLine(message);
  const scanner = new Scanner(UNEVEN.test(line) ? line.replaceAll(SPACES, " ") : line);
  return { template: scanner.run(), params: scanner.params };
}

/** White space other than single blanks, and runs of it; the characters are those of {@link SPACE}. */
// oxlint-disable-next-line no-control-regex
const UNEVEN = /[\0-\x1f\x7f\xa0\ufeff]| {2}/;
// oxlint-disable-next-line no-control-regex
const SPACES = /[\0- \x7f\xa0\ufeff]+/g;
/** A line that is cut is cut between words, when the last is no longer than this. */
const MAX_WORD_CHARS = 100;

/** The first line with anything but white space, bounded, never ending within a character. */
function firstLine(message: string): string {
  const limit = Math.min(message.length, MAX_MESSAGE_CHARS);
  let start = 0;
  while (start < limit && kindOf(message.charCodeAt(start)) === SPACE) start += 1;
  const newline = message.indexOf("\n", start);
  const end = Math.min(newline < 0 ? limit : newline, limit, start + MAX_LINE_CHARS);
  const blank = end - start === MAX_LINE_CHARS ? message.lastIndexOf(" ", end) : -1;
  if (blank >= 0 && blank > end - MAX_WORD_CHARS) return message.slice(start, blank);
  const split = end < message.length && (message.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return message.slice(start, split ? end - 1 : end);
}

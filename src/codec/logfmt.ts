import { severityOf } from "./levels.ts";

// Lines of pairs, as logrus, go-kit, slog, Prometheus and Heroku write them: `level=error msg="cannot pay" order=42 retry`.
// There is no standard; this reads what github.com/go-logfmt writes, and what people write by hand.

/** A line taken apart. */
export interface Logfmt {
  /** Words before the first pair: a time, a level, a name, as hclog or Heroku's syslog put them there. */
  readonly lead: string;
  /** By name, the last of equal ones; a word without a value is `true`. */
  readonly pairs: Map<string, string | true>;
  /** Nothing but pairs: no lead, no lone words, every quote closed. */
  readonly pure: boolean;
}

const NAME = /[A-Za-z_@][\w.@/\-[\]]{0,99}=/y;
const BLANKS = /[ \t]+/y;
const WORD = /[^ \t]+/y;

/** Takes a line apart; undefined when it holds no pair. Linear in the length of the line. */
export function parseLogfmt(text: string): Logfmt | undefined {
  const pairs = new Map<string, string | true>();
  let lead = "";
  let pure = true;
  let at = after(BLANKS, text, 0);
  while (at < text.length) {
    const nameEnd = after(NAME, text, at);
    if (nameEnd === at) {
      const end = after(WORD, text, at);
      pure = false;
      if (pairs.size === 0) lead = text.slice(0, end);
      else pairs.set(text.slice(at, Math.min(end, at + 100)), true);
      at = after(BLANKS, text, end);
      continue;
    }
    const isQuoted = text.charCodeAt(nameEnd) === QUOTE;
    const end = isQuoted ? endOfQuoted(text, nameEnd) : after(WORD, text, nameEnd);
    const isClosed = !isQuoted || (end > nameEnd + 1 && text.charCodeAt(end - 1) === QUOTE);
    if (!isClosed) pure = false;
    pairs.set(
      text.slice(at, nameEnd - 1),
      isQuoted ? unquoted(text.slice(nameEnd + 1, isClosed ? end - 1 : end)) : text.slice(nameEnd, end),
    );
    const next = after(BLANKS, text, end);
    if (next === end && end < text.length) pure = false;
    at = next;
  }
  return pairs.size === 0 ? undefined : { lead: lead.trim(), pairs, pure };
}

/** Names of which a line has one of each before it counts as logfmt unasked. */
const LEVELS = ["level", "lvl", "severity"];
const MESSAGES = ["msg", "message"];

/** Whether a line can be nothing else: only pairs, among them a level that is one and a message. */
export function isSurelyLogfmt({ pairs, pure }: Logfmt): boolean {
  return (
    pure &&
    LEVELS.some((name) => typeof pairs.get(name) === "string" && severityOf(pairs.get(name), undefined, false) !== undefined) &&
    MESSAGES.some((name) => typeof pairs.get(name) === "string")
  );
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The place behind the quote that closes the one at `start`; the end of the text when none does. */
function endOfQuoted(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) return at + 1;
    if (unit === BACKSLASH) at += 1;
  }
  return text.length;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
]);

/** What Go's %q and JSON escape. */
function unquoted(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gs, (_, unicode?: string, hex?: string, letter = "") => {
    const code = unicode ?? hex;
    return code === undefined ? (ESCAPES.get(String(letter)) ?? String(letter)) : String.fromCharCode(Number.parseInt(code, 16));
  });
}

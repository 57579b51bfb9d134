import { templateOf } from "./template.ts";

/** System calls and messages whose path may hold anything, quotes included: up to the last quote. */
const PATHS = /^((?:[\w.]+\(\)|directory index of|the "index" directive|"alias") ")[^]*("[^"]*)$/;
/** A value in quotes, unless it names a zone or a header: those are few, and tell one kind from another. */
const VALUES = /(zone )?"([^"\n]*)"( header)?/g;
/** The end of such a message may be missing, or stand behind dots. */
const CUT = /^(\w+\(\) )"[^"]*?((?: \(\d{1,5}: [^()"]*\))?)$/;
/** A system's error as nginx prints it: "(111: Connection refused)". */
const ERRNO = /\((\d{1,5}): /g;
/** Names that could not be resolved stand without quotes. */
const UNRESOLVED = /^\S+ could not be resolved/;

/**
 * What kind of failure a message of nginx tells of: the message without addresses, paths, names and counts, but with the
 * number of the system's error: "connect() failed (111: Connection refused) while connecting to upstream".
 */
export function nginxKind(message: string): string {
  if (message !== last.message) last = { message, kind: kindOf(message) };
  return last.kind;
}

/** An upstream that is down makes the same message of each request. */
let last = { message: "", kind: "" };

function kindOf(message: string): string {
  const line = message.slice(0, 4_096).replaceAll(/\s*\n\s*/g, " ");
  const quoted = line
    .replace(PATHS, "$1<path>$2")
    .replaceAll(VALUES, (whole, zone?: string, _value?: string, header?: string) =>
      zone !== undefined || header !== undefined ? whole.replaceAll('"', "") : '"<str>"',
    )
    // What nginx has cut: a path whose quote is never closed.
    .replace(CUT, '$1"<str>"$2')
    .replace(UNRESOLVED, "<host> could not be resolved");
  const numbers = Array.from(quoted.matchAll(ERRNO), ([, number]) => number);
  let index = 0;
  return templateOf(quoted).template.replaceAll("(<num>: ", () => `(${numbers[index++] ?? "<num>"}: `);
}

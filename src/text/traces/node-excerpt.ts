// What Deno prints between an uncaught error's message and its frames: a line of source, marked with carets.

/** A line of nothing but carets, which mark the line of source above it. */
export function isCarets(line: string | undefined): boolean {
  return line !== undefined && /^\s*\^+\s*$/.test(line);
}

/**
 * The source at the end of a message's lines: a line and its carets, or lines with numbers behind a message of the
 * parser. `first` is where it begins; undefined when there is none.
 */
export function excerptOf(message: readonly string[]): { readonly first: number; readonly source: string } | undefined {
  const last = message.length - 1;
  if (last >= 2 && isCarets(message[last])) return { first: last - 1, source: message[last - 1] ?? "" };
  let first = message.length;
  let source: string | undefined;
  for (; first > 1; first -= 1) {
    const excerpt = /^\s*(\d*) \|(.*)$/.exec(message[first - 1] ?? "");
    if (excerpt === null) break;
    if (excerpt[1] !== "") source ??= excerpt[2]?.slice(1);
  }
  return source === undefined ? undefined : { first, source };
}

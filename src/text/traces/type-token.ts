// The name of an error in the middle of a line: "could not pay: java.lang.IllegalStateException: closed".

/** Where a name that ends in Error or Exception stands in a line. */
export interface TypeToken {
  readonly start: number;
  readonly end: number;
}

/**
 * The first name in `line[0 .. limit)` that ends in "Error" or "Exception" and that a message, a code in brackets, or
 * the end of the line follows. Linear: every character is looked at once or twice.
 */
export function findTypeToken(line: string, limit = line.length): TypeToken | undefined {
  for (let at = nextEnding(line, 0); at >= 0 && at <= limit; at = nextEnding(line, at)) {
    if (!isFollowed(line, at)) continue;
    let start = at;
    while (start > 0 && isNameUnit(line.charCodeAt(start - 1))) start -= 1;
    while (start < at && !isInitial(line.charCodeAt(start))) start += 1;
    return { start, end: at };
  }
  return undefined;
}

/** The next end of "Error" or "Exception" behind `from`; -1 when there is none. */
function nextEnding(line: string, from: number): number {
  const error = line.indexOf("Error", from);
  const exception = line.indexOf("Exception", from);
  if (error < 0 && exception < 0) return -1;
  return exception < 0 || (error >= 0 && error < exception) ? error + 5 : exception + 9;
}

/** Whether what follows a name makes it a headline: ": message", ":" or nothing more, " [CODE]: message". */
function isFollowed(line: string, at: number): boolean {
  const next = line.charCodeAt(at);
  if (Number.isNaN(next) || next === 0x0d) return true;
  if (next === 0x3a) return at + 1 >= line.length || line.charCodeAt(at + 1) === 0x20;
  return next === 0x20 && /^ \[\w{1,60}\](?::|$)/.test(line.slice(at, at + 70));
}

/** Letters, digits and `_ $ .` */
function isNameUnit(unit: number): boolean {
  return isInitial(unit) || (unit >= 0x30 && unit <= 0x39) || unit === 0x2e;
}

function isInitial(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || unit === 0x5f || unit === 0x24;
}

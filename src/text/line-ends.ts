// Heads of traces that only the end of the line gives away: "no left at /srv/x.pl line 12.", "x.rb:3:in `f': no (E)".

/** Behind which a head may end. */
const DOT = 0x2e;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const CLOSING = 0x29;

/**
 * Whether a line ends like the head of a trace: " line 12.", a word and ")", "):" or " ;". These characters are written
 * as they are in every JSON writer's output, so {@link bytesMayEndHead} sees the same.
 */
export function mayEndHead(line: string): boolean {
  return isEnd(line.charCodeAt(line.length - 1)) && endsHead((at) => line.charCodeAt(at), 0, line.length);
}

/** {@link mayEndHead} of the contents of a JSON string. One look at most strings; allocates nothing for them. */
export function bytesMayEndHead(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 8 || !isEnd(bytes[end - 1] as number)) return false;
  // Most lines that end so are told from the byte before, without a function for each byte.
  const before = bytes[end - 2] as number;
  switch (bytes[end - 1] as number) {
    case DOT:
      return isDigit(before) && bytesEndHead(bytes, start, end);
    case CLOSING:
      return isWordUnit(before) && bytesEndHead(bytes, start, end);
    case COLON:
      return before === CLOSING;
    default:
      return before === 0x20;
  }
}

/** Apart, because a function that is made within another costs the other its speed even when it is not made. */
function bytesEndHead(bytes: Uint8Array, start: number, end: number): boolean {
  return endsHead((at) => bytes[at] as number, start, end);
}

function isEnd(unit: number): boolean {
  return unit === DOT || unit === CLOSING || unit === COLON || unit === SEMICOLON;
}

function endsHead(unitAt: (at: number) => number, start: number, end: number): boolean {
  if (end - start < 8) return false;
  switch (unitAt(end - 1)) {
    case DOT:
      return endsInLine(unitAt, start, end - 1);
    case CLOSING:
      return endsInClass(unitAt, start, end - 1) && hasPlace(unitAt, start, end);
    case COLON:
      return unitAt(end - 2) === CLOSING;
    case SEMICOLON:
      return unitAt(end - 2) === 0x20;
    default:
      return false;
  }
}

/** "line 12" before `end`. */
function endsInLine(unitAt: (at: number) => number, start: number, end: number): boolean {
  let at = end - 1;
  while (at > start && isDigit(unitAt(at))) at -= 1;
  if (at === end - 1 || at - start < 6 || unitAt(at) !== 0x20) return false;
  // Of "line", and of "thread", which may follow it.
  return unitAt(at - 1) === 0x65 || unitAt(at - 1) === 0x64;
}

/** " (Shop::OutOfStock" before `end`. */
function endsInClass(unitAt: (at: number) => number, start: number, end: number): boolean {
  let at = end - 1;
  while (at > start && (isWordUnit(unitAt(at)) || unitAt(at) === COLON)) at -= 1;
  const first = unitAt(at + 1);
  return at > start && unitAt(at) === 0x28 && unitAt(at - 1) === 0x20 && first >= 0x41 && first <= 0x5a;
}

/** ":in ", as Ruby writes between a place and its method. */
function hasPlace(unitAt: (at: number) => number, start: number, end: number): boolean {
  for (let at = start; at + 4 < end; at += 1) {
    if (unitAt(at) === COLON && unitAt(at + 1) === 0x69 && unitAt(at + 2) === 0x6e && unitAt(at + 3) === 0x20) return true;
  }
  return false;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function isWordUnit(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || isDigit(unit) || unit === 0x5f;
}

// Words and marks of syslog headers, in bytes. All look at `bytes[start .. end)` only.

export const SPACE = 0x20;
export const DASH = 0x2d;
export const COLON = 0x3a;
export const OPEN = 0x5b;
const CLOSE = 0x5d;
const PERCENT = 0x25;
const OPEN_OBJECT = 0x7b;
const CEE = Buffer.from("@cee:");
const REPETITIONS = [Buffer.from("last message repeated "), Buffer.from("message repeated ")];
/** Longest host name. */
const MAX_HOST_BYTES = 255;
/** What loggers write behind a time, and no host is called. */
const LEVEL_WORDS: ReadonlySet<string> = new Set(
  "TRACE FINE FINER FINEST DEBUG CONFIG INFO NOTICE WARN WARNING ERROR ERR SEVERE CRITICAL CRIT FATAL ALERT EMERG PANIC".split(
    " ",
  ),
);

/** Where the message begins behind a byte order mark and a cookie before JSON. */
export function messageStart(bytes: Buffer, start: number, end: number): number {
  let at = start;
  if (at + 2 < end && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
  if (!begins(bytes, at, end, CEE)) return at;
  let behind = at + CEE.length;
  while (behind < end && bytes[behind] === SPACE) behind += 1;
  return behind < end && bytes[behind] === OPEN_OBJECT ? behind : at;
}

/** Where the word that begins here ends. */
export function wordEnd(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== SPACE) at += 1;
  return at;
}

/** Behind one blank, if there is one. */
export function afterSpace(bytes: Buffer, at: number, end: number): number {
  return at < end && bytes[at] === SPACE ? at + 1 : at;
}

/** The "]" of the "[" at `open`; -1 when something else than printable ASCII comes first. */
export function bracketEnd(bytes: Buffer, open: number, limit: number): number {
  for (let at = open + 1; at < limit; at += 1) {
    const byte = bytes[at] as number;
    if (byte === CLOSE) return at;
    if (byte <= SPACE || byte >= 0x7f) return -1;
  }
  return -1;
}

/** Behind " UTC" or nothing. */
export function zoneEnd(bytes: Buffer, start: number, end: number): number {
  if (start >= end || bytes[start] !== SPACE) return start;
  let at = start + 1;
  while (at < end && at < start + 7 && isUpper(bytes[at] as number)) at += 1;
  return at;
}

/** The colon behind "%LINK-3-UPDOWN"; -1 when there is no such thing. */
export function mnemonicEnd(bytes: Buffer, start: number, end: number): number {
  if (start >= end || bytes[start] !== PERCENT) return -1;
  let dashes = 0;
  for (let at = start + 1; at < end && at < start + 80; at += 1) {
    const byte = bytes[at] as number;
    if (byte === COLON) return dashes >= 2 ? at : -1;
    if (byte === DASH) dashes += 1;
    else if (!isUpper(byte) && !isDigit(byte) && byte !== 0x5f) return -1;
  }
  return -1;
}

/** Whether this text stands here. Byte by byte: what it is asked of mostly differs in the first. */
export function begins(bytes: Buffer, start: number, end: number, text: Buffer): boolean {
  if (end - start < text.length) return false;
  for (let i = 0; i < text.length; i += 1) if (bytes[start + i] !== text[i]) return false;
  return true;
}

/** "last message repeated 3 times", which old daemons send without a host. */
export function isRepetition(bytes: Buffer, start: number, end: number): boolean {
  return REPETITIONS.some((text) => begins(bytes, start, end, text));
}

/** A name or an address: letters, digits and what stands between them. */
export function isHost(bytes: Buffer, start: number, end: number): boolean {
  if (end <= start || end - start > MAX_HOST_BYTES) return false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (!isWord(byte) && byte !== DASH && byte !== COLON && byte !== 0x2e && byte !== 0x5f && byte !== PERCENT && byte !== 0x2f)
      return false;
  }
  return true;
}

/** "ERROR" and its like, in capitals. */
export function isLevelWord(bytes: Buffer, start: number, end: number): boolean {
  return end - start <= 8 && isUpper(bytes[start] as number) && LEVEL_WORDS.has(bytes.toString("latin1", start, end));
}

/** How the name of a program begins. */
export function beginsTag(byte: number): boolean {
  return isWord(byte) || byte === 0x2f || byte === 0x28 || byte === 0x5f || byte === 0x2e || byte === DASH;
}

/** What senders end a message with. */
export function isLineEnd(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d || byte === 0x00;
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isUpper(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function isWord(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x7a);
}

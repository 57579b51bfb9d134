import { begins } from "./syslog-words.ts";

// Access lines of nginx within syslog, as a glance sees them: `ADDRESS - USER [TIME] "REQUEST" STATUS BYTES "REFERRER" "AGENT"`.

const HASH = 0x23;
const QUOTE = 0x22;
const SPACE = 0x20;
const ZERO = 0x30;
/** Of request, referrer and agent; nginx writes others as `\x22`. */
const QUOTES = 6;
const NGINX = Buffer.from("nginx");

/** What answers are warnings by themselves from here on. */
export const LOUDER_FROM_STATUS = 500;

/** Whether a tag is nginx's own, or one made from it. */
export function isNginxTag(bytes: Buffer, start: number, end: number): boolean {
  return start >= 0 && begins(bytes, start, end, NGINX);
}

/** Where the request of an access line lies. One object for each glancer, overwritten by each look. */
export interface RequestPlace {
  start: number;
  end: number;
}

/**
 * The status that an access line has if it is one in the combined format, and where its request is; -1 when it is none, or
 * only a full read can tell, as where control characters may be in it.
 */
export function statusOfAccess(bytes: Buffer, start: number, end: number, request: RequestPlace): number {
  if (end - start < 40 || bytes[end - 1] !== QUOTE) return -1;
  let quotes = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte > HASH) continue;
    if (byte !== QUOTE) {
      if (byte < SPACE || (byte === HASH && bytes[at + 1] === ZERO)) return -1;
      continue;
    }
    quotes += 1;
    if (quotes === 1) request.start = at + 1;
    else if (quotes === 2) request.end = at;
  }
  const at = request.end + 2;
  if (quotes !== QUOTES || bytes[at - 1] !== SPACE || bytes[at + 3] !== SPACE) return -1;
  let status = 0;
  for (let i = at; i < at + 3; i += 1) {
    const digit = (bytes[i] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    status = status * 10 + digit;
  }
  return status;
}

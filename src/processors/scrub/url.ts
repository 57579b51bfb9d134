import { bitsAt, CHAR } from "./chars.ts";
import type { Findings } from "./findings.ts";
import { isInMark, isMark } from "./mark.ts";

/** How far behind a slash the "@" of a password with slashes is looked for. */
const MAX_BEHIND_SLASH_CHARS = 128;
/** A user name without a password that is a token. */
const TOKEN = /^(?=\D*\d)[\w.~-]{20,}$/;
const PORT = /^\d{0,5}$/;

/**
 * Finds the password in "scheme://user:password@host", given the place behind "://". Returns where to look on: the place
 * itself, because what follows may hold other names and values.
 */
export function findUrlCredentials(text: string, from: number, findings: Findings): number {
  const end = stretchEnd(text, from, text.length, true);
  const authority = text.slice(from, end);
  let colon = authority.indexOf(":");
  while (colon >= 0 && isInMark(text, from + colon, from + colon + 1)) colon = authority.indexOf(":", colon + 1);
  let at = authority.lastIndexOf("@");
  if (at < 0 && colon >= 0) at = behindSlash(text, end, authority.slice(colon + 1)) - from;
  if (at < 0) return from;
  const start = colon >= 0 && colon < at ? colon + 1 : 0;
  const secret = text.slice(from + start, from + at);
  if (secret !== "" && !isMark(secret) && (start > 0 || TOKEN.test(secret)))
    findings.add("url_credentials", from + start, from + at);
  return from;
}

/**
 * "user:pa/ss@host" is no valid URL, and yet people write it; "host:8080/path" and "[::1]/path" are far more usual.
 * Returns where the "@" is, -1 when there is none.
 */
function behindSlash(text: string, slash: number, port: string): number {
  if (text.charAt(slash) !== "/" || PORT.test(port) || port.includes("]")) return -1;
  const end = stretchEnd(text, slash, Math.min(text.length, slash + MAX_BEHIND_SLASH_CHARS), false);
  const at = text.slice(slash, end).lastIndexOf("@");
  return at < 0 ? -1 : slash + at;
}

/** Where a stretch without spaces, quotes and angle brackets ends; an authority ends at "/", "?" and "#" too. */
function stretchEnd(text: string, from: number, limit: number, authority: boolean): number {
  for (let at = from; at < limit; at++) {
    const code = text.charCodeAt(at);
    if ((bitsAt(text, at) & (CHAR.space | CHAR.quote)) !== 0 || code === 0x3c || code === 0x3e) return at;
    if (authority && (code === 0x2f || code === 0x3f || code === 0x23)) return at;
  }
  return limit;
}

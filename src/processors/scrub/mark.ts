import { createHash, createHmac } from "node:crypto";

const MARK = "[Filtered]";
const OPENING = "[Filtered";
const WHOLE = /^\[Filtered(?::[0-9a-f]{8})?\]$/;
const HERE = /\[Filtered(?::[0-9a-f]{8})?\]/y;
const MAX_MARK_CHARS = "[Filtered:12345678]".length;
/** Anything longer differs before that or is the same by any measure that matters. */
const MAX_HASHED_CHARS = 65_536;

/** What stands in a secret's place. */
export type Mark = (secret: string) => string;

/**
 * "[Filtered]", or with `hash` "[Filtered:1a2b3c4d]": the first 8 hex digits of the secret's SHA-256 (HMAC-SHA-256 with a
 * key), the same wherever the same secret stood.
 */
export function marker(hash: boolean, key: string): Mark {
  if (!hash) return () => MARK;
  return (secret) => {
    const digest = key === "" ? createHash("sha256") : createHmac("sha256", key);
    return `${OPENING}:${digest.update(secret.slice(0, MAX_HASHED_CHARS)).digest("hex").slice(0, 8)}]`;
  };
}

/** True for a text that is a mark and nothing else. */
export function isMark(text: string): boolean {
  return text.startsWith(OPENING) && WHOLE.test(text);
}

/** Where the mark that starts here ends; `at` when none does. */
export function markEnd(text: string, at: number): number {
  if (!text.startsWith(OPENING, at)) return at;
  HERE.lastIndex = at;
  return HERE.test(text) ? HERE.lastIndex : at;
}

/** True when `text.slice(start, end)` lies within a mark. */
export function isInMark(text: string, start: number, end: number): boolean {
  const from = Math.max(0, start - MAX_MARK_CHARS);
  const opening = text.slice(from, start + OPENING.length).lastIndexOf(OPENING);
  return opening >= 0 && markEnd(text, from + opening) >= end;
}

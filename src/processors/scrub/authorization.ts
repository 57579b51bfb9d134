import type { Findings } from "./findings.ts";

const BEARER = /(?<![\w-])(?:[Bb]earer|BEARER) +([\w.~+/=-]{8,})/g;
const BASIC = /(?<![\w-])(?:[Bb]asic|BASIC) +([A-Za-z0-9+/_-]{6,}={0,2})/g;
/** "bearer authentication" is prose; a token holds a digit or is long. */
const LONG_TOKEN_CHARS = 32;

/** Finds "Bearer <token>" and "Basic <base64 of user:password>" wherever they stand. */
export function findAuthorization(text: string, findings: Findings): void {
  for (let found = BEARER.exec(text); found !== null; found = BEARER.exec(text)) {
    const token = found[1] ?? "";
    const end = found.index + found[0].length;
    if (token.length >= LONG_TOKEN_CHARS || /\d/.test(token)) findings.add("bearer", end - token.length, end);
  }
  for (let found = BASIC.exec(text); found !== null; found = BASIC.exec(text)) {
    const credentials = found[1] ?? "";
    const end = found.index + found[0].length;
    if (holdsColon(credentials)) findings.add("basic_auth", end - credentials.length, end);
  }
}

/** A user name is never that long, so that the colon shows in the first bytes. */
const MAX_DECODED_CHARS = 1_024;

function holdsColon(base64: string): boolean {
  const decoded = Buffer.from(base64.slice(0, MAX_DECODED_CHARS), "base64").toString("latin1");
  return /^[\x20-\x7e\xa0-\xff]*:[\x20-\x7e\xa0-\xff]*$/.test(decoded);
}

import { holdsAny } from "./chars.ts";
import type { Findings } from "./findings.ts";

const BEARER = /(?<![\w-])(?:[Bb]earer|BEARER) +(?![a-z_]{1,64}=)([\w.~+/=-]{8,})/g;
const BASIC = /(?<![\w-])(?:[Bb]asic|BASIC) +([A-Za-z0-9+/_-]{6,}={0,2})/g;
/** SMTP, IMAP and POP3: the credentials follow in base64. */
const MAIL =
  /\bAUTH(?:ENTICATE)? (?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER) (?=[A-Za-z+/]{0,99}(?:\d|=|[a-z][A-Z]))([A-Za-z0-9+/]{6,}={0,2})/g;
/** "bearer authentication" is prose; a token holds a digit or is long. */
const LONG_TOKEN_CHARS = 32;

/** Finds "Bearer <token>", "Basic <base64 of user:password>" and "AUTH PLAIN <base64>" wherever they stand. */
export function findAuthorization(text: string, findings: Findings): void {
  if (holdsAny(text, ["earer ", "EARER "])) findBearers(text, findings);
  if (holdsAny(text, ["asic ", "ASIC "])) findBasic(text, findings);
  if (text.includes("AUTH")) findMail(text, findings);
}

function findBearers(text: string, findings: Findings): void {
  for (let found = BEARER.exec(text); found !== null; found = BEARER.exec(text)) {
    const token = found[1] ?? "";
    const end = found.index + found[0].length;
    if (token.length >= LONG_TOKEN_CHARS || /\d/.test(token)) findings.add("bearer", end - token.length, end);
  }
}

function findBasic(text: string, findings: Findings): void {
  for (let found = BASIC.exec(text); found !== null; found = BASIC.exec(text)) {
    const credentials = found[1] ?? "";
    const end = found.index + found[0].length;
    if (holdsColon(credentials)) findings.add("basic_auth", end - credentials.length, end);
  }
}

function findMail(text: string, findings: Findings): void {
  for (let found = MAIL.exec(text); found !== null; found = MAIL.exec(text)) {
    const end = found.index + found[0].length;
    findings.add("basic_auth", end - (found[1] ?? "").length, end);
  }
}

/** A user name is never that long, so that the colon shows in the first bytes. */
const MAX_DECODED_CHARS = 1_024;

function holdsColon(base64: string): boolean {
  const decoded = Buffer.from(base64.slice(0, MAX_DECODED_CHARS), "base64").toString("latin1");
  return /^[\x20-\x7e\xa0-\xff]*:[\x20-\x7e\xa0-\xff]*$/.test(decoded);
}

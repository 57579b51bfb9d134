// One line of Apache httpd's error log in its own formats (server/log.c, docs ErrorLogFormat):
//
//     [Wed Oct 11 14:32:52.123456 2026] [core:error] [pid 35708:tid 140] (13)Permission denied: [client 10.0.0.9:52311] AH00035: access to /a denied, referer: http://x.example/
//     [Wed Oct 11 14:32:52 2026] [error] [client 10.0.0.9] File does not exist: /srv/a                      (2.2)

/** What one line says; what it does not say is undefined. */
export interface ApacheError {
  /** `2026-10-11 14:32:52.123456`, local time of the server. */
  readonly time: string;
  readonly level: ApacheLevel;
  /** "core", "proxy_fcgi"; undefined before 2.4. */
  readonly module: string | undefined;
  readonly pid: number | undefined;
  readonly tid: number | undefined;
  /** With its port where the line has one. */
  readonly client: string | undefined;
  /** "AH00035" */
  readonly code: string | undefined;
  /** "(13)Permission denied" */
  readonly status: string | undefined;
  /** Without code and referer. */
  readonly message: string;
  readonly referer: string | undefined;
}

export type ApacheLevel = "emerg" | "alert" | "crit" | "error" | "warn" | "notice" | "info" | "debug" | "trace";

const MAX_LINE_CHARS = 65_536;
const MAX_HEAD_CHARS = 512;
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
const HEAD =
  /^\[(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d)(\.\d{1,9})? (\d{4})\] \[(?:([\w-]{1,64}):)?(emerg|alert|crit|error|warn|notice|info|debug|trace)[1-8]?\] (?:\[pid (\d{1,10})(?::tid (\d{1,20}))?\] )?/;
/** The source of a message, which Apache names from debug on. */
const SOURCE = /^[\w.-]{1,80}\(\d{1,6}\): /;
const STATUS = /^(\(\d{1,6}\)[^:[\]]{1,200}): /;
const CLIENT = /^\[(?:client|remote) ([^\]\s]{1,100})\] /;
const CODE = /^(AH\d{5}): /;

/** The level of a line; undefined when the text is none of Apache's. */
export function apacheLevelOf(text: string): ApacheLevel | undefined {
  if (text.charCodeAt(0) !== 0x5b || text.charCodeAt(4) !== 0x20) return undefined;
  const level = HEAD.exec(text.slice(0, MAX_HEAD_CHARS))?.[7];
  return isLevel(level) ? level : undefined;
}

/** Reads one line; undefined when the text is none of Apache's. */
export function parseApacheError(text: string): ApacheError | undefined {
  const head = HEAD.exec(text.slice(0, MAX_HEAD_CHARS));
  const [prefix = "", month = "", day = "", time = "", fraction = "", year = "", module, level, pid, tid] = head ?? [];
  const number = MONTHS.indexOf(month) / 3 + 1;
  if (!isLevel(level) || !Number.isInteger(number)) return undefined;
  let rest = text.slice(prefix.length, MAX_LINE_CHARS).trimEnd();
  const take = (pattern: RegExp): string | undefined => {
    const match = pattern.exec(rest.slice(0, MAX_HEAD_CHARS));
    if (match === null) return undefined;
    rest = rest.slice(match[0].length);
    return match[1];
  };
  take(SOURCE);
  const status = take(STATUS);
  const client = take(CLIENT);
  const code = take(CODE);
  const referer = rest.lastIndexOf(", referer: ");
  return {
    time: `${year}-${String(number).padStart(2, "0")}-${day.replace(" ", "0")} ${time}${fraction}`,
    level,
    module,
    pid: pid === undefined ? undefined : Number(pid),
    tid: tid === undefined ? undefined : Number(tid),
    client,
    code,
    status: status ?? take(STATUS),
    message: referer < 0 ? rest : rest.slice(0, referer),
    referer: referer < 0 ? undefined : rest.slice(referer + ", referer: ".length),
  };
}

/** What a FastCGI server wrote to standard error, in a message of mod_proxy_fcgi; its newlines are escaped. */
export function fastCgiError(message: string): string | undefined {
  const mark = "Got error '";
  if (!message.startsWith(mark)) return undefined;
  const end = message.lastIndexOf("'");
  return message.slice(mark.length, end > mark.length ? end : undefined);
}

function isLevel(level: string | undefined): level is ApacheLevel {
  return level !== undefined;
}

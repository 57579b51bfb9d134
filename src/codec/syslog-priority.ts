import { Severity, type SeverityNumber } from "../record/severity.ts";
import { severityOf } from "./levels.ts";

/** Facilities by number (RFC 5424, 6.2.1; the last four before local0 by their usual names). */
const FACILITIES: readonly string[] = [
  ..."kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock".split(" "),
  ...Array.from({ length: 8 }, (_, i) => `local${i}`),
];

/** user.notice: what logger(1) sends for whoever names no level, and what RFC 3164 makes of a message without a priority. */
const USER_NOTICE = 13;
/** daemon.info: what systemd gives all that a service prints, and Docker all that a container prints on standard output. */
const DAEMON_INFO = 30;
/** daemon.err: what Docker gives a container's standard error. */
const DAEMON_ERR = 27;

const BY_NUMBER: readonly SeverityNumber[] = [0, 1, 2, 3, 4, 5, 6, 7].map(
  (number) => severityOf(number, undefined, true) ?? Severity.info,
);

/** The name of a priority's facility: "local7". */
export function facilityOf(priority: number): string | undefined {
  return FACILITIES[priority >>> 3];
}

/** The severity of a priority, whether somebody chose it or not; without one it is user.notice. */
export function anySeverityOf(priority: number): SeverityNumber {
  return BY_NUMBER[(priority < 0 ? USER_NOTICE : priority) & 7] ?? Severity.info;
}

/**
 * The severity that a sender chose; undefined for the priorities that carriers give whatever text they carry. There the text
 * may say more: its level, or that it is a stack trace.
 */
export function severityOfPriority(priority: number): SeverityNumber | undefined {
  if (priority < 0 || priority === USER_NOTICE || priority === DAEMON_INFO || priority === DAEMON_ERR) return undefined;
  return BY_NUMBER[priority & 7];
}

/** How Docker's driver names a container: its short id, with or without a name before it. */
const CONTAINER = /(?:^|\/)[0-9a-f]{12}$/;

/** Whether a priority is that of standard error as Docker sends it, by what else its driver writes. */
export function isDockersError(priority: number, program: string | undefined, messageId: string | undefined): boolean {
  if (priority !== DAEMON_ERR || program === undefined) return false;
  return program === messageId || CONTAINER.test(program);
}

/** A program as a logger: without the id of a container, which the next one has not. */
export function loggerOf(program: string | undefined): string | undefined {
  const name = program?.replace(CONTAINER, "");
  return name === "" ? undefined : name;
}

const ESCAPE = 0x1b;
const HASH = 0x23;

/** Whether a text may be another one once it is decoded: it holds control characters, colours, or rsyslog's escapes of them. */
export function mayChangeText(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte > HASH) continue;
    if (byte <= ESCAPE || byte < 0x20) return true;
    if (byte === HASH && at + 1 < end && bytes[at + 1] === 0x30) return true;
  }
  return false;
}

const ESCAPES = /#0(1[125])/g;
const CHARACTERS: Readonly<Record<string, string>> = { "11": "\t", "12": "\n", "15": "\r" };

/**
 * The text with the control characters that rsyslog wrote as `#` and octal digits: "Traceback#012  File ...". Somebody's
 * "ticket #012" stays as it is: there a blank or a bracket stands before the first one.
 */
export function withControlCharacters(text: string): string {
  if (!text.includes("#01") || !/(?:[^\s([]#012|^#011)/.test(text)) return text;
  return text.replaceAll(ESCAPES, (escape, digits: string) => CHARACTERS[digits] ?? escape);
}

// How plain lines begin: time, level, thread, and what syslog puts there.

const LEVEL = "(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERR|ERROR|SEVERE|CRIT|CRITICAL|FATAL|ALERT|EMERG|EMERGENCY|FINE)";
/** A line that still is at its beginning is no longer. */
export const MAX_HEAD_CHARS = 200;

const HEAD = new RegExp(String.raw`^(?:[ |:,-]|<\w{1,8}>|\[[<>\w:. -]{0,20}\]|\([\w<>-]{1,40}\)|${LEVEL}(?!\w))+$`);
const SAID = new RegExp(String.raw`<time>|${LEVEL}`);
const ASIDE = new RegExp(String.raw`\[(?!(?:${LEVEL}|\w+:${LEVEL}) *\])[^[\]<>\n]{1,120}\](?= )`, "iy");

/** Whether nothing but time, level and other brackets stands there. */
export function isHead(text: string): boolean {
  return SAID.test(text) && HEAD.test(text);
}

/** Behind the brackets that open at `at` and hold no severity; -1 when there are none. */
export function endOfAside(text: string, at: number): number {
  ASIDE.lastIndex = at;
  return ASIDE.test(text) ? ASIDE.lastIndex : -1;
}

const REST = /[^[\]<>\n]{0,80}(?=\])/y;

/** Where the brackets that open the line close whose time ends at `end`, as in "[10:00:00: INFO/worker-3] "; `end` when they do not. */
export function endOfHead(text: string, end: number): number {
  REST.lastIndex = end;
  return REST.test(text) ? REST.lastIndex : end;
}

const HOST_AND_TAG = /([\w.-]{1,255}) [\w./()-]{1,64}(?:\[\d{1,10}\])?: /y;
const HOST_AND_PID = /([\w.-]{1,255}) [\w./()-]{1,64}\[\d{1,10}\]: /y;
const IS_LEVEL = new RegExp(`^${LEVEL}$`);

/** Behind the host at `at` when the program follows that logged there, as in "Jan  2 03:04:05 web1 sshd[71]: "; -1 otherwise. */
export function endOfLoggingHost(text: string, at: number): number {
  const pattern = text.charCodeAt(0) > 0x40 ? HOST_AND_TAG : HOST_AND_PID;
  pattern.lastIndex = at;
  const host = pattern.exec(text)?.[1];
  return host === undefined || IS_LEVEL.test(host) ? -1 : at + host.length;
}

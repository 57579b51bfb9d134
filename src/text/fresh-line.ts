// What a logger writes before each of its lines, so that a line that begins so is a record of its own.

/** A level word in capitals, alone or in brackets. */
const LEVEL = String.raw`\[?(?:TRACE|DEBUG|VERBOSE|INFO|INFORMATION|NOTICE|WARN|WARNING|ERROR|SEVERE|FATAL|CRITICAL|ALERT|EMERG|EMERGENCY)\b`;
const DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";

const BEGINNINGS: readonly string[] = [
  // Times: 2026-11-20, [20/Nov/2026, 11/20/2026, 11-20 10:47, 261120 10:47:40, 20261120T10, 10:47:40, 10:47AM, Fri Nov 20 ...
  String.raw`[[(]?\d{4}[-/.]\d\d[-/.]\d\d`,
  String.raw`\[?\d{1,2}[-/ ](?:\d{1,2}|${MONTH})[-/ ]\d{4}\b`,
  String.raw`\[?\d\d[-/.]\d\d,? \d\d:\d\d:\d\d`,
  String.raw`\[?\d{6} [ \d]\d:\d\d:\d\d`,
  String.raw`\[?\d{8}[T ]\d\d`,
  String.raw`\[?\d{1,2}:\d\d(?::\d\d| ?[AP]M\b)`,
  String.raw`\[?${DAY}[a-z]{0,6},? (?:${MONTH} [ \d]\d|\d\d ${MONTH})\b`,
  String.raw`\[?${MONTH} [ \d]\d,? (?:\d{4},? )?\d{1,2}:\d\d`,
  // Seconds since something: a kernel's, a JVM's, Squid's.
  String.raw`\[ {0,12}\d{1,12}\.\d{1,9}s?\]`,
  String.raw`1\d{9}(?:\.\d{3,9})?\s`,
  // Levels: ERROR, [warn], info:, INF, DEBU[0012], I1120 10:47, I, [2026, <13>, [main] INFO
  LEVEL,
  String.raw`\[?(?:FINE|FINER|FINEST|CONFIG): `,
  String.raw`\[?(?:TRC|DBG|INF|WRN|ERR|FTL|CRIT)(?:[\] :|]|$)`,
  String.raw`[[(]?(?:trace|trce|debug|dbug|info|notice|warn|warning|error|fail|crit|critical|fatal|alert|emerg)(?:[\])]|:(?: |$))`,
  String.raw`(?:TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[\d`,
  String.raw`[DIWEFC](?:\d{4}|\d{8}) \d\d:`,
  String.raw`[DIWEFA], \[\d`,
  String.raw`<\d{1,3}>`,
  String.raw`\[[^\]\s]{1,80}\] ${LEVEL}`,
  // Pairs and objects.
  String.raw`\{ ?"`,
  String.raw`(?:level|lvl|severity|loglevel|ts|time|timestamp|t|msg|caller|logger|at)=[^\s=]`,
  // A program with its process: sshd[812]: ..., 1:M 20 Nov 2026, [Nest] 12 - 11/20, (node:17) Warning, Android's log.
  String.raw`[\w./@-]{1,48}(?:\[\d{2,9}\]|\(\w{1,32}\)\[\d{1,9}\]|(?<=systemd)\[1\]): `,
  String.raw`\d{1,9}:[A-Z] \d\d ${MONTH} `,
  String.raw`\[\w{1,40}\] \d{1,9} {1,4}- \d`,
  String.raw`\(node:\d{1,9}\) `,
  String.raw`[VDIWEFA]\/(?!flutter)[\w.:-]{1,60} *\( *\d{1,9}\): `,
  // Web servers: who asked, or what was asked for.
  String.raw`(?:[\w.-]{1,200}:\d{1,5} )?[\da-f.:]{3,45} - \S{1,80} \[`,
  String.raw`"?(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT) (?:\/|https?:)`,
  // Programs that announce every message of theirs.
  String.raw`PHP (?:Warning|Notice|Deprecated|Parse error|Startup): `,
  "npm (?:ERR!|WARN|error|warn|notice|info) ",
  String.raw`=[A-Z ]{4,20} REPORT==== `,
];
const FRESH = new RegExp(`^(?:${BEGINNINGS.join("|")})`);
const LEVELLED = new RegExp(`^${LEVEL}`);

/** Whether a line begins as loggers begin theirs, with a time, a level, pairs, a program: then it goes on with nothing. */
export function beginsRecord(line: string): boolean {
  return FRESH.test(line);
}

/** Whether a line says its level first, as loggers do that align levels to the right. */
export function beginsWithLevel(text: string): boolean {
  return LEVELLED.test(text);
}

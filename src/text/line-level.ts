import { Severity, type SeverityNumber } from "../record/severity.ts";
import { leadOf } from "./syslog-lead.ts";

/** A level stands near the beginning, behind a time, a host, a process. */
const LOOK_CHARS = 80;

const { trace, debug, info, notice, warning, error, fatal } = Severity;

/** Level words of every logger, in lower case; syslog's worst three are fatal. */
const LEVELS: ReadonlyMap<string, SeverityNumber> = new Map<string, SeverityNumber>([
  ["trace", trace],
  ["trc", trace],
  ["trce", trace],
  ["finest", trace],
  ["verbose", debug],
  ["debug", debug],
  ["dbg", debug],
  ["dbug", debug],
  ["fine", debug],
  ["finer", debug],
  ["config", debug],
  ["info", info],
  ["inf", info],
  ["information", info],
  ["log", info],
  ["notice", notice],
  ["warn", warning],
  ["wrn", warning],
  ["warning", warning],
  ["err", error],
  ["error", error],
  ["severe", error],
  ["fail", error],
  ["crit", fatal],
  ["critical", fatal],
  ["fatal", fatal],
  ["ftl", fatal],
  ["alert", fatal],
  ["emerg", fatal],
  ["emergency", fatal],
  ["panic", fatal],
  ["dpanic", fatal],
]);
/** Levels only in capitals or behind `level=`: in brackets or before a colon they are ordinary words. */
const ORDINARY: ReadonlySet<string> = new Set(["fine", "finer", "finest", "config", "log", "alert", "verbose"]);
/** Severities of syslog, 0 the worst. */
const SYSLOG: readonly SeverityNumber[] = [fatal, fatal, fatal, error, warning, notice, info, debug];
const KLOG: Readonly<Record<string, SeverityNumber>> = { D: debug, I: info, W: warning, E: error, F: fatal };

const SYSLOG_PREFIX = /^<(\d{1,3})>/;
/** "E0123 12:34:56.789012   1234 file.go:12] message" */
const KLOG_PREFIX = /^([DIWEF])(?:\d{4}|\d{8}) \d{2}:\d{2}:\d{2}/;
/** "E, [2026-01-02T03:04:05.678 #12] ERROR -- : message" is Ruby's; the word follows. */
const PAIR = /(?:^|[\s,{[])"?(?:level|lvl|severity|loglevel)"?\s{0,2}[=:]\s{0,2}"?([A-Za-z]{3,11})\b/i;
/** "[2026-01-02T03:04:05+00:00] app.ERROR: message" is Monolog's: the channel, then the level. */
const CHANNEL = /^\[[^\]]{10,40}\] [\w-]{1,40}\.([A-Z]{4,9}): /;
/** One word in any case that brackets or a colon set apart: [error], (warn), <Error>, |INFO|, warn: at the beginning. */
const BRACKETED = /[[(<|]\s{0,3}([A-Za-z]{3,11})\s{0,3}[\])>|]/g;
const LABEL = /^([A-Za-z]{3,11})(?:\[\d{1,10}\])?: /;
/** What runtimes of compiled languages say behind a place in the source: "main.swift:5: Fatal error: ", "x.c:3:5: runtime error: ". */
const PLACED = /^\S+:\d+: (?:(Fatal error|Precondition failed|Assertion failed)|runtime error): /;
/** The same in capitals as a word of its own. */
const CAPITALS =
  /(?<![\w./$@-])(TRACE|FINEST|FINER|FINE|DEBUG|CONFIG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|CRITICAL|CRIT|FATAL|ALERT|EMERG|PANIC)(?![\w./$@=-])/;

/**
 * The level a plain line of text states, near its beginning: in capitals, in brackets, before a colon, as `level=`, as a
 * syslog or klog prefix. Undefined when it states none: "no errors found" does not.
 */
export function levelOfLine(text: string): SeverityNumber | undefined {
  const syslog = SYSLOG_PREFIX.exec(text);
  if (syslog !== null) return Number(syslog[1]) <= 191 ? SYSLOG[Number(syslog[1]) & 7] : undefined;
  const lead = leadOf(text)?.length ?? 0;
  return levelOfBare(lead === 0 ? text : text.slice(lead));
}

function levelOfBare(text: string): SeverityNumber | undefined {
  const head = text.length > LOOK_CHARS ? text.slice(0, LOOK_CHARS) : text;
  const klog = KLOG_PREFIX.exec(head)?.[1];
  if (klog !== undefined) return KLOG[klog];
  const pair = PAIR.exec(head)?.[1];
  if (pair !== undefined) return LEVELS.get(pair.toLowerCase());
  const channel = CHANNEL.exec(text.slice(0, 2 * LOOK_CHARS))?.[1];
  if (channel !== undefined) return LEVELS.get(channel.toLowerCase());
  const label = LABEL.exec(head)?.[1];
  const labelled = wordLevel(label ?? "");
  if (labelled !== undefined) return labelled;
  const placed = PLACED.exec(head);
  if (placed !== null) return placed[1] === undefined ? error : fatal;
  return standing(head);
}

/** The first bracketed level or level in capitals, whichever comes first. */
function standing(head: string): SeverityNumber | undefined {
  const capitals = CAPITALS.exec(head);
  for (const bracketed of head.matchAll(BRACKETED)) {
    if (capitals !== null && capitals.index < bracketed.index) break;
    const level = wordLevel(bracketed[1] ?? "");
    if (level !== undefined) return level;
  }
  return capitals === null ? undefined : LEVELS.get((capitals[1] ?? "").toLowerCase());
}

function wordLevel(word: string): SeverityNumber | undefined {
  const lower = word.toLowerCase();
  return ORDINARY.has(lower) && word !== word.toUpperCase() ? undefined : LEVELS.get(lower);
}

import { Severity, type SeverityNumber } from "../record/severity.ts";
import { withoutColour } from "./ansi.ts";
import type { Form } from "./spellings.ts";

const { trace, debug, info, notice, warning, error, fatal } = Severity;

/** Level words of syslog, the usual loggers of every language, and their short forms. */
const WORDS: readonly (readonly [SeverityNumber, readonly string[]])[] = [
  [trace, words("trace finest silly trc trce t all")],
  [debug, words("debug dbg dbug debu fine finer config verbose verb vrb http timing d v")],
  [info, words("info information informational inf log success statement detail hint context audit default i")],
  [notice, words("notice note ntc n")],
  [warning, words("warning warn wrn minor deprecated caution w")],
  [error, words("error err eror erro severe exception fail failed failure major e")],
  [
    fatal,
    words(
      "fatal critical crit alert emergency emerg panic dpanic ftl fatl fata pani fault blocker disaster assert wtf abort crt f c a",
    ),
  ],
  // What java.util.logging prints in other languages.
  [error, words("schwerwiegend grave allvarlig \u4e25\u91cd \u56b4\u91cd \u91cd\u5927 \uc2ec\uac01")],
  [warning, words("warnung avertissement advertencia avvertenza advert\u00eancia varning \u8b66\u544a \uacbd\uace0")],
  [info, words("infos informaci\u00f3n informazioni informa\u00e7\u00f5es \u4fe1\u606f \u60c5\u5831 \u8cc7\u8a0a \uc815\ubcf4")],
];

function words(text: string): string[] {
  return text.split(" ");
}

/** Syslog severities 0-7. */
const SYSLOG: readonly SeverityNumber[] = [fatal, fatal, fatal, error, warning, notice, info, debug];
/** Serilog's LogEventLevel 0-5. */
const SERILOG: readonly SeverityNumber[] = [trace, debug, info, warning, error, fatal];
/** SeverityLevel of Azure's Application Insights 0-4. */
const INSIGHTS: readonly SeverityNumber[] = [debug, info, warning, error, fatal];
/** MySQL's priorities 0-3, of which 0 is the server telling of itself. */
const MYSQL: readonly SeverityNumber[] = [info, error, warning, info];
/** MongoDB's letters and glog's. */
const LETTERS: ReadonlyMap<string, SeverityNumber> = new Map([
  ["D", debug],
  ["D1", debug],
  ["D2", debug],
  ["D3", trace],
  ["D4", trace],
  ["D5", trace],
  ["I", info],
  ["W", warning],
  ["E", error],
  ["F", fatal],
]);

/** The words that count where the member's name alone (`status`) does not promise a level. */
const PLAIN_WORDS: ReadonlySet<string> = new Set(
  "trace debug info notice warn warning error critical alert emergency fatal".split(" "),
);

/** In the cases that loggers print, so that the usual word costs one lookup. */
const SEVERITIES: ReadonlyMap<string, SeverityNumber> = new Map(
  WORDS.flatMap(([severity, words]) =>
    words.flatMap((word): [string, SeverityNumber][] => [
      [word, severity],
      [word.toUpperCase(), severity],
      [word.charAt(0).toUpperCase() + word.slice(1), severity],
    ]),
  ),
);

/** Longest text looked at: a level is a word. */
const MAX_WORD_CHARS = 64;

/** The severity a value states; undefined when it states none. `gelf` numbers are syslog's and nothing else. */
export function severityOf(value: unknown, form: Form | undefined, gelf: boolean): SeverityNumber | undefined {
  if (typeof value === "string") return severityOfText(value, form, gelf);
  if (typeof value !== "number" || form === "digit" || form === "word" || form === "letter") return undefined;
  return severityOfNumber(value, form, gelf);
}

function severityOfText(text: string, form: Form | undefined, gelf: boolean): SeverityNumber | undefined {
  if (form === "letter") return LETTERS.get(text);
  if (form === "word" && !PLAIN_WORDS.has(text.toLowerCase())) return undefined;
  const word = SEVERITIES.get(text);
  if (word !== undefined) return word;
  if (text === "" || text.length > MAX_WORD_CHARS) return undefined;
  const mended = withoutColour(text).trim();
  const number = mended === "" ? Number.NaN : Number(mended);
  if (!Number.isNaN(number)) {
    return form === "digit" ? SYSLOG[number] : severityOfNumber(number, form, gelf);
  }
  return SEVERITIES.get(mended.toLowerCase()) ?? dressedWord(mended.toLowerCase());
}

/** `[INFO]`, `warn:`, Telegraf's `E!`, syslog's `LOG_ERR`, slog's `ERROR+2`, OpenTelemetry's `INFO3`. */
function dressedWord(text: string): SeverityNumber | undefined {
  const bare = text
    .replace(/^[[(<]/, "")
    .replace(/^log_/, "")
    .replace(/[\])>:!]$/, "")
    .trim();
  const word = SEVERITIES.get(bare) ?? SEVERITIES.get(bare.replace(/[1-9]$/, ""));
  if (word !== undefined) return word;
  const sign = Math.max(bare.lastIndexOf("+"), bare.lastIndexOf("-"));
  const base = SLOG.get(bare.slice(0, Math.max(0, sign)));
  const offset = Number(bare.slice(sign));
  return base === undefined || !Number.isInteger(offset) ? undefined : severityOfSlog(base + offset);
}

/** Go's slog names its levels by the distance to the next lower one. */
const SLOG: ReadonlyMap<string, number> = new Map([
  ["debug", -4],
  ["info", 0],
  ["warn", 4],
  ["error", 8],
]);

function severityOfSlog(level: number): SeverityNumber {
  if (level <= -8) return trace;
  if (level < 0) return debug;
  if (level < 4) return info;
  if (level < 8) return warning;
  return level < 12 ? error : fatal;
}

function severityOfNumber(value: number, form: Form | undefined, gelf: boolean): SeverityNumber | undefined {
  if (value < 0) return undefined;
  if (form === "otel") return value === 10 ? notice : OTEL[Math.ceil(value / 4) - 1];
  if (form === "serilog") return SERILOG[value];
  if (form === "insights") return INSIGHTS[value];
  if (form === "mysql") return MYSQL[value];
  if (form === "python") return PYTHON[Math.min(5, Math.floor(value / 10))];
  if (gelf || value < 8) return SYSLOG[value];
  if (value < 10) return undefined;
  // pino and bunyan: 10 trace .. 60 fatal, with room for levels of one's own in between.
  if (value < 100) return PINO[Math.min(6, Math.floor(value / 10)) - 1];
  if (value === 250 && form === undefined) return notice;
  if (value < 1_000) return (form === "cloud" ? CLOUD : MONOLOG)[Math.floor(value / 100) - 1];
  // logback's level_value and Log4j 1: 5000 trace .. 40000 error.
  if (value < 10_000) return trace;
  return [debug, info, warning, error][Math.floor(value / 10_000) - 1] ?? fatal;
}

const OTEL: readonly SeverityNumber[] = [trace, debug, info, warning, error, fatal];
const PINO: readonly SeverityNumber[] = [trace, debug, info, warning, error, fatal];
const PYTHON: readonly SeverityNumber[] = [trace, debug, info, warning, error, fatal];
/** Monolog: 100 debug, 200 info, 250 notice, 300 warning, 400 error, 500 critical, 550 alert, 600 emergency. */
const MONOLOG: readonly SeverityNumber[] = [debug, info, warning, error, fatal, fatal];
/** Google Cloud's LogSeverity: 100 debug, 200 info, 300 notice, 400 warning, 500 error, 600 critical .. 800. */
const CLOUD: readonly SeverityNumber[] = [debug, info, notice, warning, error, fatal, fatal, fatal];

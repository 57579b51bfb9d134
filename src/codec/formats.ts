import * as z from "zod";
import type { Codec } from "../component/codec.ts";
import { compileSearch, isBadPattern } from "../component/pattern.ts";
import { autoLine } from "./auto-line.ts";
import { criLine } from "./cri-line.ts";
import { dockerLine } from "./docker-line.ts";
import { FORMAT_NAMES, type FormatName } from "./format-names.ts";
import { jsonLine } from "./json-line.ts";
import { compileLogFormat, isLogFormatMistake } from "./log-format.ts";
import { logfmtLine } from "./logfmt-line.ts";
import { nginxAccessLine } from "./nginx-access.ts";
import { groupNamesOf, regexLine } from "./regex-line.ts";
import { textLine } from "./text-line.ts";
import { timeZoneOf } from "./time-zone.ts";
import { zonedLine } from "./zoned-line.ts";

// What a line of text may be, for every input that reads lines: standard input, files, wrapped processes.

/** What an input says of its lines. An input that spreads these adds `.superRefine(checkFormat)` to its object. */
export const formatFields = {
  format: z
    .enum(FORMAT_NAMES)
    .default("auto")
    .describe(
      "What a line is: `json` must be an object, `text` never is, `auto` looks at each line and knows objects, logfmt and the error " +
        "logs of nginx and Apache. `cri` and `docker` are the files of container runtimes, with `auto` inside. What a line of " +
        "`nginx_error`, `nginx_access`, `logfmt` or `regex` does not fit is kept as text.",
    ),
  log_format: z
    .string()
    .superRefine((written, context) => {
      const compiled = compileLogFormat(written);
      if (isLogFormatMistake(compiled)) context.addIssue({ code: "custom", message: compiled.mistake });
    })
    .optional()
    .describe(
      "Of `nginx_access`: the format as nginx has it, `log_format` directive or its text alone. Without it lines are " +
        "`combined`, or JSON whose names are those of nginx's variables.",
    ),
  issue_from_status: z
    .int()
    .min(100)
    .max(599)
    .optional()
    .describe("Of `nginx_access`: requests answered with this status or a higher one are errors. Without it none is."),
  pattern: z
    .string()
    .superRefine((written, context) => {
      const mistake = patternMistake(written);
      if (mistake !== undefined) context.addIssue({ code: "custom", message: mistake });
    })
    .optional()
    .describe(
      "Of `regex`: a regular expression (RE2), searched in each line. Its named groups, `(?P<level>...)` or `(?<level>...)`, are " +
        "the record's members: `time`, `level`, `message`, `logger`, `trace_id`, or any name.",
    ),
  time_zone: z
    .string()
    .refine((written) => timeZoneOf(written) !== undefined, {
      error: ({ input }) => `expected a time zone such as UTC, local, Europe/Berlin or +02:00, got ${JSON.stringify(input)}`,
    })
    .optional()
    .describe(
      "Zone of times that name none (nginx and most plain logs): `local`, `UTC`, `Europe/Berlin` or `+02:00`. Without it such a " +
        "record has the time of its arrival, except for `logfmt` and `regex`, where it is UTC.",
    ),
};

/** The fields as they are once parsed. */
export interface FormatConfig {
  readonly format: FormatName;
  readonly log_format?: string | undefined;
  readonly issue_from_status?: number | undefined;
  readonly pattern?: string | undefined;
  readonly time_zone?: string | undefined;
}

/** Where an option is of use. */
const OPTIONS: readonly (readonly [name: Exclude<keyof FormatConfig, "format">, formats: readonly FormatName[]])[] = [
  ["log_format", ["nginx_access"]],
  ["issue_from_status", ["nginx_access"]],
  ["pattern", ["regex"]],
  ["time_zone", ["auto", "text", "nginx_error", "logfmt", "regex"]],
];

/** What must be right between the fields: no option of another format, and the one that `regex` needs. */
export function checkFormat(config: FormatConfig, context: z.core.$RefinementCtx): void {
  for (const [name, formats] of OPTIONS) {
    if (config[name] === undefined || formats.includes(config.format)) continue;
    const message = `of no use for the format ${config.format}, only for ${formats.join(", ")}: remove it, or change \`format\``;
    context.addIssue({ code: "custom", message, path: [name] });
  }
  if (config.format === "regex" && config.pattern === undefined) {
    const message = "missing: the format regex needs a pattern with named groups, such as (?P<level>[A-Z]+) (?P<message>.*)";
    context.addIssue({ code: "custom", message, path: ["pattern"] });
  }
}

function patternMistake(written: string): string | undefined {
  const compiled = compileSearch(written);
  if (isBadPattern(compiled)) return `the pattern cannot be used: ${compiled.mistake}`;
  if (groupNamesOf(written).length > 0) return undefined;
  return "the pattern has no named group, expected at least one such as (?P<message>.*)";
}

/** The codec for lines of a format. The configuration has been checked; what is wrong in spite of that counts as absent. */
export function codecOfFormat(config: FormatConfig): Codec {
  const zone = config.time_zone === undefined ? undefined : timeZoneOf(config.time_zone);
  switch (config.format) {
    case "auto":
      return zone === undefined ? autoLine : zonedLine(autoLine, zone);
    case "text":
      return zone === undefined ? textLine : zonedLine(textLine, zone);
    case "nginx_error":
      // What such a line says is read where lines of nginx are read whatever brought them.
      return zone === undefined ? nginxErrorLine : zonedLine(nginxErrorLine, zone);
    case "json":
      return jsonLine;
    case "cri":
      return criLine;
    case "docker":
      return dockerLine;
    case "logfmt":
      return logfmtLine(zone);
    case "nginx_access":
      return nginxAccessLine({ logFormat: config.log_format, issueFromStatus: config.issue_from_status });
    case "regex":
    default:
      return regexLine(config.pattern ?? "(?P<message>.*)", zone);
  }
}

const nginxErrorLine: Codec = { ...textLine, name: "nginx_error" };

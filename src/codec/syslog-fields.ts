import * as z from "zod";
import type { Codec } from "../component/codec.ts";
import { formatFields } from "./formats.ts";
import { syslogCodec } from "./syslog.ts";
import { timeZoneOf } from "./time-zone.ts";

/** What an input says of its syslog messages. */
export const syslogFields = {
  time_zone: z
    .string()
    .refine((name) => timeZoneOf(name) !== undefined, {
      error: ({ input }) => `expected a time zone such as UTC, local, Europe/Berlin or +02:00, got ${JSON.stringify(input)}`,
    })
    .default("local")
    .describe("Zone of times that name none, as RFC 3164 sends them: `local`, `UTC`, `Europe/Berlin` or `+02:00`."),
  log_format: formatFields.log_format.describe(
    "What nginx's access lines are: its `log_format` directive or the text alone. Without it those tagged `nginx` are read as " +
      "`combined`, or as JSON whose names are those of nginx's variables; with it all that are no error lines.",
  ),
  issue_from_status: formatFields.issue_from_status.describe(
    "nginx's access lines answered with this status or a higher one are errors. Without it none is.",
  ),
};

/** The fields as they are once parsed. */
export interface SyslogConfig {
  readonly time_zone: string;
  readonly log_format?: string | undefined;
  readonly issue_from_status?: number | undefined;
}

/** The codec for messages of an input; undefined where the configuration was not checked. */
export function codecOfSyslog(config: SyslogConfig): Codec | undefined {
  const zone = timeZoneOf(config.time_zone);
  if (zone === undefined) return undefined;
  return syslogCodec({ zone, logFormat: config.log_format, issueFromStatus: config.issue_from_status });
}

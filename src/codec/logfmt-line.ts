import { NOTHING, type Codec } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import type { LogRecord } from "../record/record.ts";
import { severityOf } from "./levels.ts";
import { parseLogfmt, type Logfmt } from "./logfmt.ts";
import { recordFromLine } from "./normalise.ts";
import { recordFromPairs, type PairsOptions } from "./pairs.ts";
import { textOfLine } from "./text-line.ts";
import type { TimeZone } from "./time-zone.ts";

/** Lines of pairs. A line without any is kept as text, since it is mostly the rest of a message or a trace. */
export function logfmtLine(zone: TimeZone | undefined): Codec {
  return {
    name: "logfmt",
    decode(bytes, start, end, from) {
      const text = textOfLine(bytes, start, end);
      if (text === undefined) return NOTHING;
      const logfmt = parseLogfmt(text);
      return logfmt === undefined ? recordFromLine(text, from) : recordFromLogfmt(logfmt, from, { whole: text, zone });
    },
  };
}

/** A record from a line's pairs; the words before them are its message where no pair is. */
export function recordFromLogfmt({ lead, pairs }: Logfmt, from: Provenance, options: PairsOptions): LogRecord {
  const members = new Map<string, unknown>(pairs);
  mendHeroku(members);
  const said = withoutColon(lead);
  const record = recordFromPairs(members, from, said === "" ? options : { ...options, said });
  if (said !== "" && record.message !== said) record.fields.set("lead", said);
  return record;
}

/** Words without what joins them to the pairs: colons and blanks. A pattern would take square time where they repeat inside. */
function withoutColon(lead: string): string {
  let end = lead.length;
  while (end > 0 && /[:\s]/.test(lead.charAt(end - 1))) end -= 1;
  return lead.slice(0, end);
}

/** How long an answer took, where others name the service. */
const DURATION = /^\d+(?:\.\d+)?(?:ns|us|\u00b5s|ms|s)$/;

/**
 * Heroku's router says its level as `at`, its message as `desc`, by `host` whom the client asked, and by `service` how long
 * the application took.
 */
function mendHeroku(members: Map<string, unknown>): void {
  const service = members.get("service");
  if (typeof service === "string" && DURATION.test(service)) rename(members, "service", "service_time");
  if (members.has("dyno")) rename(members, "host", "vhost");
  const at = members.get("at");
  if (typeof at !== "string" || members.has("level") || severityOf(at, "word", false) === undefined) return;
  rename(members, "at", "level");
  if (!members.has("msg")) rename(members, "desc", "msg");
}

function rename(members: Map<string, unknown>, from: string, to: string): void {
  if (!members.has(from)) return;
  members.set(to, members.get(from));
  members.delete(from);
}

import { isMalformed, NOTHING, type Codec, type Decoded } from "../component/codec.ts";
import type { Provenance } from "../record/provenance.ts";
import { newRecord, NO_MESSAGE, type LogRecord } from "../record/record.ts";
import { autoLine } from "./auto-line.ts";
import { FieldBudget } from "./field-values.ts";
import { structuredData } from "./syslog-data.ts";
import { nginxAccessLine } from "./nginx-access.ts";
import { isNginxTag } from "./syslog-access.ts";
import { SyslogBrief } from "./syslog-brief.ts";
import { SyslogGlance } from "./syslog-glance.ts";
import { SyslogHeader } from "./syslog-header.ts";
import { nameOf, processOf } from "./syslog-names.ts";
import {
  anySeverityOf,
  facilityOf,
  isDockersError,
  loggerOf,
  severityOfPriority,
  withControlCharacters,
} from "./syslog-priority.ts";
import { stampMs } from "./syslog-stamp.ts";
import type { TimeZone } from "./time-zone.ts";

/** A first byte of 0x16 and a version of TLS. */
const TLS = "a TLS handshake on a port without TLS; add tls to the input, or turn it off in the sender";

export interface SyslogOptions {
  /** Where times belong that name no zone. */
  readonly zone: TimeZone;
  /** nginx's `log_format` for its access lines; undefined: combined, or JSON under the names of nginx's variables. */
  readonly logFormat: string | undefined;
  /** Access lines answered with this status or a higher one are errors; undefined: none is. */
  readonly issueFromStatus: number | undefined;
}

/**
 * Syslog messages without their framing: RFC 5424, RFC 3164 and what is sent in its name (`syslog-header.ts`). The message
 * is read as a line of any logger: a JSON object, with or without its `@cee:` cookie, an access line of nginx, or text. What
 * the header says fills what the message does not say itself. A frame without any header is a message of user.notice.
 */
export function syslogCodec(options: SyslogOptions): Codec {
  const reader = new SyslogReader(options);
  const brief = new SyslogBrief(options);
  return {
    name: "syslog",
    glancer: (wanted) => new SyslogGlance(wanted, options),
    brief: (bytes, start, end, from) => brief.read(bytes, start, end, from),
    decode: (bytes, start, end, from) => reader.decode(bytes, start, end, from),
  };
}

class SyslogReader {
  readonly #zone: TimeZone;
  readonly #access: Codec;
  /** Whether all messages may be access lines, not only those that are tagged so. */
  readonly #isNginxs: boolean;
  readonly #header = new SyslogHeader();
  readonly #budget = new FieldBudget();
  /** Where frames come from, and the same without its address, which only stands in for a host that the header lacks too. */
  #from: Provenance | undefined;
  #nowhere: Provenance | undefined;

  constructor({ zone, logFormat, issueFromStatus }: SyslogOptions) {
    this.#zone = zone;
    this.#access = nginxAccessLine({ logFormat, issueFromStatus });
    this.#isNginxs = logFormat !== undefined || issueFromStatus !== undefined;
  }

  decode(bytes: Buffer, start: number, end: number, from: Provenance): Decoded {
    const header = this.#header;
    header.read(bytes, start, end);
    const { message, program } = header;
    if (!header.isStated) {
      const wrong = foreign(bytes, start, end);
      if (wrong !== undefined) return { malformed: wrong };
    }
    const codec = this.#isNginxs || isNginxTag(bytes, program.start, program.end) ? this.#access : autoLine;
    const said = codec.decode(bytes, message.start, message.end, this.#without(from));
    if (said !== NOTHING && isMalformed(said)) return said;
    if (said === NOTHING && !header.isStated) return NOTHING;
    const record = said === NOTHING ? blank(from) : said;
    record.from = from;
    if (record.rawLine) record.message = withControlCharacters(record.message);
    this.#fill(record, bytes);
    return record;
  }

  #without(from: Provenance): Provenance {
    if (this.#nowhere === undefined || this.#from !== from) {
      this.#from = from;
      this.#nowhere = { ...from, peer: "" };
    }
    return this.#nowhere;
  }

  /** What the header says, where the message does not. */
  #fill(record: LogRecord, bytes: Buffer): void {
    const { priority, stamp, host, program, process, messageId, data } = this.#header;
    const { from, fields } = record;
    const budget = this.#budget;
    budget.reset();
    const programName = nameOf(program.text(bytes));
    const id = nameOf(messageId.text(bytes));
    if (!record.severityStated) {
      record.severity = anySeverityOf(priority);
      record.severityStated = severityOfPriority(priority) !== undefined || isOwnError(priority, programName, id);
    }
    const time = stamp.text(bytes);
    if (time !== undefined && record.timeMs === from.receivedMs) {
      record.timeMs = stampMs(time, this.#zone, from.receivedMs) ?? from.receivedMs;
    }
    record.host ??= nameOf(host.text(bytes)) ?? (from.peer === "" ? undefined : from.peer);
    record.logger ??= loggerOf(programName);
    const add = (name: string, value: unknown): void => {
      if (!fields.has(name)) budget.add(fields, name, value);
    };
    if (priority >= 0) add("facility", facilityOf(priority));
    add("program", programName);
    add("pid", processOf(nameOf(process.text(bytes))));
    add("msgid", id);
    if (data.start >= 0) add("sd", structuredData(bytes, data.start, data.end));
    budget.close(fields);
  }
}

/** daemon.err of a daemon, rather than of a container whose driver knows only standard error. */
function isOwnError(priority: number, program: string | undefined, messageId: string | undefined): boolean {
  return priority >= 0 && (priority & 7) === 3 && !isDockersError(priority, program, messageId);
}

/** A message without text: within a stack trace, one of its blank lines. */
function blank(from: Provenance): LogRecord {
  const record = newRecord(from, NO_MESSAGE);
  record.rawLine = true;
  return record;
}

/** What is no text at all, in words for the person whose sender it is; undefined for what may be a message. */
function foreign(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start >= 3 && bytes[start] === 0x16 && bytes[start + 1] === 0x03) return TLS;
  if (end - start >= 2 && bytes[start] === 0x1f && bytes[start + 1] === 0x8b)
    return "compressed (gzip); syslog is sent as it is, turn compression off in the sender";
  let odd = 0;
  let seen = 0;
  for (let at = start; at < end && seen < MAX_LOOKED_AT; at += 1) {
    const byte = bytes[at] as number;
    seen += 1;
    if ((byte < 0x20 && !(byte >= 0x07 && byte <= 0x0d) && byte !== 0x1b) || byte === 0x7f) odd += 1;
  }
  // NULs alone are an empty message; some of them are a careless sender's.
  const isEmpty = odd === seen && bytes.subarray(start, end).every((byte) => byte === 0);
  return odd * 20 > seen && (odd > 2 || odd === seen) && !isEmpty
    ? `no text: ${odd} of the first ${seen} bytes are control characters`
    : undefined;
}

const MAX_LOOKED_AT = 256;

import type { Glancer, Sighting } from "../component/codec.ts";
import { JsonGlance } from "./json-glance.ts";
import { GELF_MARK } from "./json-line.ts";
import { CombinedLine } from "./combined-line.ts";
import { isNginxTag, LOUDER_FROM_STATUS, statusOfAccess } from "./syslog-access.ts";
import { SyslogHeader, type Span } from "./syslog-header.ts";
import { Severity, type SeverityNumber } from "../record/severity.ts";
import { mayChangeText, severityOfPriority } from "./syslog-priority.ts";
import type { SyslogOptions } from "./syslog.ts";

/** Longest value taken for a key; a longer one is rare enough to be decoded. */
const MAX_VALUE_BYTES = 200;
/** The names with which a line of logfmt begins are short. */
const LOGFMT_LOOK_BYTES = 24;
const EQUALS = 0x3d;
const OPEN_OBJECT = 0x7b;
const SPACE = 0x20;

/** A glance at a syslog message: where its header ends, and whether the rest is plain text or a JSON object that says it all. */
export class SyslogGlance implements Glancer {
  readonly #header = new SyslogHeader();
  readonly #json: JsonGlance;
  readonly #host: number;
  readonly #program: number;

  readonly #access: Pick<SyslogOptions, "logFormat" | "issueFromStatus">;
  readonly #line = new CombinedLine();
  readonly #request = { start: 0, end: 0 };

  constructor(wanted: readonly string[], access: Pick<SyslogOptions, "logFormat" | "issueFromStatus">) {
    this.#access = access;
    this.#json = new JsonGlance("json", wanted, [GELF_MARK]);
    this.#host = wanted.indexOf("host");
    this.#program = wanted.indexOf("program");
  }

  /** The glance at JSON has one; what is no JSON is written into the same. */
  get seen(): Sighting {
    return this.#json.seen;
  }

  look(bytes: Buffer, start: number, end: number): boolean {
    const header = this.#header;
    header.read(bytes, start, end);
    const { message } = header;
    if (message.start >= message.end) return false;
    const { program } = header;
    const { logFormat, issueFromStatus } = this.#access;
    if (logFormat !== undefined || issueFromStatus !== undefined || isNginxTag(bytes, program.start, program.end))
      return this.#lookAtAccess(bytes);
    if (bytes[message.start] === OPEN_OBJECT)
      return this.#json.look(bytes, message.start, message.end) && this.#lookAtHeader(bytes);
    const severity = severityOfPriority(header.priority);
    if (severity === undefined || mayBeMembers(bytes, message) || mayChangeText(bytes, message.start, message.end)) return false;
    return this.#saw(severity) && this.#lookAtHeader(bytes);
  }

  /** An access line is info, or its status makes it louder; what turns out to be none must be info too. */
  #lookAtAccess(bytes: Buffer): boolean {
    const { message, priority } = this.#header;
    const { logFormat, issueFromStatus = LOUDER_FROM_STATUS } = this.#access;
    if (logFormat !== undefined) return false;
    const line = this.#line;
    const isSure = line.read(bytes, message.start, message.end);
    if (!isSure && severityOfPriority(priority) !== Severity.info) return false;
    const request = isSure ? line.asked : this.#request;
    const status = isSure ? line.status : statusOfAccess(bytes, message.start, message.end, request);
    if (status < 0 || status >= Math.min(issueFromStatus, LOUDER_FROM_STATUS)) return false;
    if (!isSure && isSkipped(bytes[message.start] as number)) return false;
    this.#saw(Severity.info);
    const { seen } = this;
    // As a record it says what was asked for; where that is sure, nothing else.
    const place = isSure ? 0 : 1;
    seen.messages = place + 1;
    seen.messageStarts[place] = request.start;
    seen.messageEnds[place] = request.end;
    return this.#lookAtHeader(bytes);
  }

  #saw(severity: SeverityNumber): true {
    const { seen } = this;
    const { message } = this.#header;
    seen.severity = severity;
    const { starts } = seen;
    for (let slot = 0; slot < starts.length; slot += 1) starts[slot] = -1;
    seen.messages = 1;
    seen.messageStarts[0] = message.start;
    seen.messageEnds[0] = message.end;
    return true;
  }

  /** Fills what the message itself does not say. */
  #lookAtHeader(bytes: Buffer): boolean {
    return this.#fill(this.#host, this.#header.host, bytes) && this.#fill(this.#program, this.#header.program, bytes);
  }

  #fill(slot: number, part: Span, bytes: Buffer): boolean {
    const { starts, ends } = this.seen;
    if (slot < 0 || part.start < 0 || (starts[slot] as number) >= 0) return true;
    if (part.end - part.start > MAX_VALUE_BYTES) return false;
    for (let at = part.start; at < part.end; at += 1) {
      const byte = bytes[at] as number;
      if (byte <= SPACE || byte >= 0x7f) return false;
    }
    starts[slot] = part.start;
    ends[slot] = part.end;
    return true;
  }
}

/** Whether it may be an object behind blanks, or logfmt. */
function mayBeMembers(bytes: Buffer, { start, end }: Span): boolean {
  if (isSkipped(bytes[start] as number)) return true;
  const limit = Math.min(end, start + LOGFMT_LOOK_BYTES);
  for (let at = start; at < limit; at += 1) if (bytes[at] === EQUALS) return true;
  return false;
}

/** Blanks and a byte order mark, behind which an object may begin. */
function isSkipped(byte: number): boolean {
  return byte <= SPACE || byte === 0xef;
}

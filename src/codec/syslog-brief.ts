import type { Provenance } from "../record/provenance.ts";
import { newRecord, type LogRecord } from "../record/record.ts";
import { Severity } from "../record/severity.ts";
import { ACCESS_LOGGER, accessText } from "./nginx-access.ts";
import { CombinedLine } from "./combined-line.ts";
import { isNginxTag, LOUDER_FROM_STATUS } from "./syslog-access.ts";
import { SyslogHeader, type Span } from "./syslog-header.ts";
import { nameOf, processOf } from "./syslog-names.ts";
import { facilityOf } from "./syslog-priority.ts";
import type { SyslogOptions } from "./syslog.ts";
import { timeOf } from "./timestamps.ts";

/** Longest text that is compared with the one before. */
const MAX_KEPT_BYTES = 64;

/** What nginx's access lines within syslog say in a trail: see `Codec.brief`. Every other message takes a full decode. */
export class SyslogBrief {
  readonly #header = new SyslogHeader();
  readonly #line = new CombinedLine();
  /** Whether lines are in a format that only a full decode knows. */
  readonly #isOther: boolean;
  readonly #takesAll: boolean;
  readonly #loudFrom: number;
  readonly #program = new LastText();
  readonly #process = new LastText();
  readonly #messageId = new LastText();
  readonly #timeText = new LastText();
  #time = "";
  #timeMs: number | undefined;

  constructor({ logFormat, issueFromStatus }: Pick<SyslogOptions, "logFormat" | "issueFromStatus">) {
    this.#isOther = logFormat !== undefined;
    this.#takesAll = issueFromStatus !== undefined;
    this.#loudFrom = Math.min(issueFromStatus ?? LOUDER_FROM_STATUS, LOUDER_FROM_STATUS);
  }

  read(bytes: Buffer, start: number, end: number, from: Provenance): LogRecord | undefined {
    if (this.#isOther || from.metadata !== undefined || from.place !== undefined) return undefined;
    const header = this.#header;
    header.read(bytes, start, end);
    const { message, program } = header;
    if (header.priority < 0 || header.data.start >= 0) return undefined;
    if (!this.#takesAll && !isNginxTag(bytes, program.start, program.end)) return undefined;
    const line = this.#line;
    if (!line.read(bytes, message.start, message.end) || line.status >= this.#loudFrom) return undefined;
    const timeMs = this.#timeOf(bytes, from.receivedMs);
    if (timeMs === undefined) return undefined;
    const record = newRecord(from, "");
    const { method, status, url } = line;
    record.request = { method, url: bytes.toString("latin1", url.start, url.end), status };
    record.message = accessText(record.request);
    record.timeMs = timeMs;
    record.severity = Severity.info;
    record.severityStated = true;
    record.logger = ACCESS_LOGGER;
    record.fields.set("body_bytes_sent", line.sent);
    this.#fill(record, bytes);
    return record;
  }

  /** The time of the line, which mostly has the second of the one before; undefined where the header's might be meant. */
  #timeOf(bytes: Buffer, receivedMs: number): number | undefined {
    const { time } = this.#line;
    const text = this.#timeText.of(bytes, time.start, time.end);
    if (text !== this.#time) {
      this.#time = text;
      this.#timeMs = timeOf(text, Infinity);
    }
    return this.#timeMs !== undefined && this.#timeMs < receivedMs ? this.#timeMs : undefined;
  }

  #fill({ fields }: LogRecord, bytes: Buffer): void {
    const { priority, program, process, messageId } = this.#header;
    const facility = facilityOf(priority);
    if (facility !== undefined) fields.set("facility", facility);
    const name = nameOf(textOf(this.#program, bytes, program));
    if (name !== undefined) fields.set("program", name);
    const pid = processOf(nameOf(textOf(this.#process, bytes, process)));
    if (pid !== undefined) fields.set("pid", pid);
    const id = nameOf(textOf(this.#messageId, bytes, messageId));
    if (id !== undefined) fields.set("msgid", id);
  }
}

function textOf(last: LastText, bytes: Buffer, { start, end }: Span): string | undefined {
  return start < 0 ? undefined : last.of(bytes, start, end);
}

/** A text that is mostly the same as before, so that comparing its bytes is cheaper than reading it. */
class LastText {
  readonly #bytes = Buffer.alloc(MAX_KEPT_BYTES);
  #length = -1;
  #text = "";

  of(bytes: Buffer, start: number, end: number): string {
    if (this.#isSame(bytes, start, end)) return this.#text;
    const text = bytes.toString("utf8", start, end);
    if (end - start <= MAX_KEPT_BYTES) {
      this.#length = bytes.copy(this.#bytes, 0, start, end);
      this.#text = text;
    }
    return text;
  }

  #isSame(bytes: Buffer, start: number, end: number): boolean {
    const length = this.#length;
    if (end - start !== length) return false;
    const known = this.#bytes;
    for (let i = 0; i < length; i += 1) if (bytes[start + i] !== known[i]) return false;
    return true;
  }
}

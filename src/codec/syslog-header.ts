import {
  afterSpace,
  beginsTag,
  bracketEnd,
  COLON,
  DASH,
  isDigit,
  isHost,
  isLevelWord,
  isLineEnd,
  isRepetition,
  messageStart,
  mnemonicEnd,
  OPEN,
  SPACE,
  wordEnd,
  zoneEnd,
} from "./syslog-words.ts";
import { structuredDataEnd } from "./syslog-data.ts";
import { LastHeader } from "./syslog-last.ts";
import { stampEnd } from "./syslog-stamp.ts";

/** A part of a frame; `start` < 0: the frame has none. */
export class Span {
  start = -1;
  end = -1;

  set(start: number, end: number): void {
    this.start = start;
    this.end = end;
  }

  clear(): void {
    this.start = -1;
    this.end = -1;
  }

  move(by: number): void {
    if (this.start < 0) return;
    this.start += by;
    this.end += by;
  }

  /** The part as text; undefined when there is none. */
  text(bytes: Buffer): string | undefined {
    return this.start < 0 ? undefined : bytes.toString("utf8", this.start, this.end);
  }
}

/** Longest tag, its process id included; RFC 3164 allows 32, real ones have paths and container ids in them. */
const MAX_TAG_BYTES = 160;
/** What Cisco writes before the time, at most: a number, a host, another number. */
const MAX_CISCO_PARTS = 3;

/**
 * Where the parts of a syslog message lie. It reads RFC 5424, RFC 3164 and what is sent in its name: no host, no tag, another
 * time, Cisco's numbers, no priority; what has none of it is all message. Overwritten by each read, so that nothing is allocated.
 */
export class SyslogHeader {
  /** Facility times 8 plus severity; -1 where there is none. */
  priority = -1;
  readonly stamp = new Span();
  readonly host = new Span();
  readonly program = new Span();
  /** PROCID, or what stands in brackets behind the tag. */
  readonly process = new Span();
  /** MSGID, or Cisco's "LINK-3-UPDOWN". */
  readonly messageId = new Span();
  /** All elements of structured data. */
  readonly data = new Span();
  /** Without line ends, byte order mark and `@cee:` cookie. */
  readonly message = new Span();
  readonly #last = new LastHeader();

  /** Whether anything but a message was found. */
  get isStated(): boolean {
    return this.priority >= 0 || this.stamp.start >= 0;
  }

  read(bytes: Buffer, start: number, end: number): void {
    let last = end;
    while (last > start && isLineEnd(bytes[last - 1] as number)) last -= 1;
    const known = this.#last;
    if (known.isAt(bytes, start, last)) {
      this.#move(start - known.start);
      known.start = start;
      this.message.set(messageStart(bytes, start + known.length, last), last);
      return;
    }
    this.priority = -1;
    this.stamp.clear();
    this.host.clear();
    this.program.clear();
    this.process.clear();
    this.messageId.clear();
    this.data.clear();
    let at = this.#readPriority(bytes, start, last);
    const isModern = this.#isModern(bytes, at, last);
    at = isModern ? this.#readModern(bytes, at + 2, last) : this.#readTraditional(bytes, at, last);
    this.message.set(messageStart(bytes, Math.min(at, last), last), last);
    if (isModern || this.program.start < 0 || this.stamp.start < 0 || at >= last || bytes[at - 1] !== SPACE) known.forget();
    else known.keep(bytes, start, at, this.stamp.end);
  }

  /** The same parts in a frame that stands elsewhere. */
  #move(by: number): void {
    this.stamp.move(by);
    this.host.move(by);
    this.program.move(by);
    this.process.move(by);
    this.messageId.move(by);
  }

  /** "<187>"; the place behind it. */
  #readPriority(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && (isLineEnd(bytes[at] as number) || bytes[at] === SPACE)) at += 1;
    if (at >= end || bytes[at] !== LESS) return start;
    let value = 0;
    const first = at + 1;
    for (at = first; at < end && at < first + 3 && isDigit(bytes[at] as number); at += 1)
      value = value * 10 + ((bytes[at] as number) - 0x30);
    if (at === first || at >= end || bytes[at] !== GREATER || value > MAX_PRIORITY) return start;
    this.priority = value;
    return at + 1;
  }

  /** A version is only one before a time, or before the "-" that stands for none: a message may begin with "1 ". */
  #isModern(bytes: Buffer, at: number, end: number): boolean {
    if (at + 2 >= end || bytes[at] !== 0x31 || bytes[at + 1] !== SPACE) return false;
    if (bytes[at + 2] === DASH) return this.priority >= 0 && (at + 3 === end || bytes[at + 3] === SPACE);
    return bytes[at + 6] === DASH && stampEnd(bytes, at + 2, end) > 0;
  }

  /** `TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG]`; the place of the message. */
  #readModern(bytes: Buffer, start: number, end: number): number {
    let at = start;
    for (const part of [this.stamp, this.host, this.program, this.process, this.messageId]) {
      const stop = wordEnd(bytes, at, end);
      if (stop > at && !(stop === at + 1 && bytes[at] === DASH)) part.set(at, stop);
      if (stop >= end) return end;
      at = stop + 1;
    }
    if (at >= end) return end;
    if (bytes[at] === DASH && (at + 1 === end || bytes[at + 1] === SPACE)) at += 1;
    else {
      const stop = structuredDataEnd(bytes, at, end);
      if (stop > at && (stop === end || bytes[stop] === SPACE)) {
        this.data.set(at, stop);
        at = stop;
      } else return at;
    }
    if (at < end) at += 1;
    // rsyslog's %msg% has the blank that stood behind the tag of RFC 3164; an indented line has more than one.
    return at + 1 < end && bytes[at] === SPACE && bytes[at + 1] !== SPACE ? at + 1 : at;
  }

  /** `TIMESTAMP [HOSTNAME] [TAG[PID]:] MSG`; the place of the message. */
  #readTraditional(bytes: Buffer, start: number, end: number): number {
    const stop = stampEnd(bytes, start, end);
    if (stop < 0) return this.priority < 0 ? start : this.#readWithoutStamp(bytes, start, end);
    this.stamp.set(start, stop);
    const at = this.#readPlace(bytes, stop, end);
    if (this.program.start >= 0 || (this.priority >= 0 && (this.host.start >= 0 || bytes[start + 4] !== DASH))) return at;
    // A logger's layout begins with a time too, and says more than a header that is none.
    this.stamp.clear();
    this.host.clear();
    this.messageId.clear();
    return start;
  }

  /** What follows the time; the place of the message. */
  #readPlace(bytes: Buffer, stop: number, end: number): number {
    if (stop >= end) return end;
    if (bytes[stop] === COLON) return this.#readMnemonic(bytes, afterSpace(bytes, stop + 1, end), end);
    // The second blank stands for an empty host name, as nginx has one while it starts.
    let at = afterSpace(bytes, afterSpace(bytes, stop, end), end);
    const tagged = this.#readTag(bytes, at, end);
    if (tagged >= 0) return tagged;
    const hostEnd = wordEnd(bytes, at, end);
    const isNone = !isHost(bytes, at, hostEnd) || isLevelWord(bytes, at, hostEnd) || isRepetition(bytes, at, end);
    if (hostEnd === end || isNone) return this.#readMnemonic(bytes, at, end);
    if (hostEnd > at + 1 || bytes[at] !== DASH) this.host.set(at, hostEnd);
    at = hostEnd + 1;
    // Cisco ASA: "host : %ASA-6-302013: ..."
    if (at + 1 < end && bytes[at] === COLON && bytes[at + 1] === SPACE) at += 2;
    const behind = this.#readTag(bytes, at, end);
    return behind >= 0 ? behind : this.#readMnemonic(bytes, at, end);
  }

  /** Cisco's dialects, or a message with or without a tag that names its process. */
  #readWithoutStamp(bytes: Buffer, start: number, end: number): number {
    const cisco = this.#readCisco(bytes, start, end);
    if (cisco >= 0) return cisco;
    const tagged = this.#readTag(bytes, start, end);
    // Without a process id it may as well be the message: "ValueError: no such order".
    if (tagged >= 0 && this.process.start >= 0) return tagged;
    this.program.clear();
    this.process.clear();
    return start;
  }

  /** `TAG: ` or `TAG[PID]: `; the place behind it, -1 when there is no tag. */
  #readTag(bytes: Buffer, start: number, end: number): number {
    if (start >= end || !beginsTag(bytes[start] as number)) return -1;
    const limit = Math.min(end, start + MAX_TAG_BYTES);
    for (let at = start; at < limit; at += 1) {
      const byte = bytes[at] as number;
      if (byte <= SPACE || byte >= 0x7f) return -1;
      if (byte === COLON && (at + 1 === end || bytes[at + 1] === SPACE)) {
        this.program.set(start, at);
        return Math.min(at + 2, end);
      }
      if (byte !== OPEN) continue;
      const close = bracketEnd(bytes, at, limit);
      if (close < 0) return -1;
      const colon = close + 1 < end && bytes[close + 1] === COLON;
      if (!colon && close + 1 < end && bytes[close + 1] !== SPACE) return -1;
      if (!colon && !isDigit(bytes[at + 1] as number)) return -1;
      this.program.set(start, at);
      if (close > at + 1) this.process.set(at + 1, close);
      return afterSpace(bytes, Math.min(end, close + (colon ? 2 : 1)), end);
    }
    return -1;
  }

  /** Cisco IOS: `45: router1: 000123: *Nov 20 08:30:12.123 UTC: %LINK-3-UPDOWN: ...`; -1 when it is none. */
  #readCisco(bytes: Buffer, start: number, end: number): number {
    if (start + 2 >= end) return -1;
    let at = bytes[start] === COLON && bytes[start + 1] === SPACE ? start + 2 : start;
    let host = -1;
    for (let parts = 0; parts <= MAX_CISCO_PARTS; parts += 1) {
      const mark = bytes[at] === 0x2a || bytes[at] === 0x2e ? at + 1 : at;
      const stop = stampEnd(bytes, mark, end);
      if (stop >= 0) {
        const colon = zoneEnd(bytes, stop, end);
        if (colon >= end || bytes[colon] !== COLON) break;
        // The zone that follows is a device's own name for it, which no database knows for sure.
        this.stamp.set(mark, stop);
        return this.#readMnemonic(bytes, afterSpace(bytes, colon + 1, end), end);
      }
      if (bytes[at] === PERCENT && mnemonicEnd(bytes, at, end) > 0) return this.#readMnemonic(bytes, at, end);
      const colon = wordEnd(bytes, at, end) - 1;
      if (colon <= at || colon >= end - 1 || bytes[colon] !== COLON || parts === MAX_CISCO_PARTS) break;
      if (!isDigit(bytes[at] as number) && isHost(bytes, at, colon)) {
        if (host >= 0) break;
        host = at;
        this.host.set(at, colon);
      }
      at = colon + 2;
    }
    this.host.clear();
    return -1;
  }

  /** Notes Cisco's `%LINK-3-UPDOWN: `, which stays part of the message: that is how people know it. */
  #readMnemonic(bytes: Buffer, start: number, end: number): number {
    const stop = mnemonicEnd(bytes, start, end);
    if (stop > 0) this.messageId.set(start + 1, stop);
    return start;
  }
}

const MAX_PRIORITY = 191;
const PERCENT = 0x25;
const LESS = 0x3c;
const GREATER = 0x3e;

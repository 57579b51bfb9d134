import { isPlausible } from "../codec/forward-time.ts";
import { OTHERWISE, reread, type Reading } from "../codec/member-reading.ts";
import type { Dialect, Role } from "../codec/spellings.ts";
import type { SeverityNumber } from "../record/severity.ts";
import { MOST_CHARS } from "../sentry/breadcrumb.ts";
import type { ByteWriter } from "../scan/byte-writer.ts";
import type { Notation, ValueKind } from "../scan/notation.ts";
import { eventLevel, secondsText } from "../sentry/level.ts";
import { isNginxErrorLine } from "../text/nginx-error.ts";
import type { FrameView } from "./stencil.ts";

/** Whether no processor would change a value; see `Processor`. */
export interface Screen {
  leaves(value: string | number, field: string | undefined): boolean;
  leavesAt(view: DataView, start: number, end: number, field: string | undefined): boolean;
}

/** What a breadcrumb shows of a property; "nothing": it stands elsewhere in an event, or nowhere. */
type Shown = "time" | "level" | "message" | "category" | "value" | "nothing";

/** The properties whose values may vary; where another one is filled, only the full decode tells what becomes of a record. */
const SHOWN: ReadonlyMap<Role, Shown> = new Map<Role, Shown>([
  ["time", "time"],
  ["level", "level"],
  ["message", "message"],
  ["logger", "category"],
  ["service", "category"],
  ["method", "value"],
  ["status", "value"],
  ["url", "value"],
  ["path", "value"],
  ...(
    [
      "host",
      "environment",
      "release",
      "dist",
      "transaction",
      "traceId",
      "spanId",
      "requestId",
      "userId",
      "userEmail",
      "username",
      "userFullName",
      "userIp",
      "remoteAddress",
      "userAgent",
      "referrer",
      "httpHost",
      "query",
      "dropped",
    ] as const
  ).map((role): [Role, Shown] => [role, "nothing"]),
]);

/** Whether a stencil can be cut around a property. */
export function isCuttable(role: Role): boolean {
  return SHOWN.has(role);
}

/** Whether values that are read like that may vary. A property that is shown as a field too is shown in two ways. */
export function canHold({ role, field }: Reading): boolean {
  return role === undefined || (field === undefined && SHOWN.has(role));
}

export interface HoleParts {
  readonly kind: ValueKind;
  readonly notation: Notation;
  readonly reading: Reading;
  readonly dialect: Dialect;
  readonly screen: Screen;
}

/**
 * A place of a stencil where values vary. It takes those that surely become the same part of a breadcrumb, as they stand:
 * printable ASCII without escapes, not clipped, read as the first one was, with nothing to scrub.
 */
export class Hole {
  readonly kind: ValueKind;
  readonly role: Role | undefined;
  /** Bytes of what the breadcrumb shows of the value taken last, without quotes. */
  length = 0;
  /** Of a time: Unix milliseconds. */
  timeMs = 0;
  readonly #parts: HoleParts;
  readonly #shown: Shown;
  readonly #mostChars: number;
  /** Where the value lies in its frame. */
  #start = 0;
  /** What is shown instead of it, if not itself. */
  #json: string | undefined;
  #last: string | number | boolean | undefined;

  constructor(parts: HoleParts) {
    this.#parts = parts;
    this.kind = parts.kind;
    this.role = parts.reading.role;
    this.#shown = this.role === undefined ? "value" : (SHOWN.get(this.role) ?? "nothing");
    this.#mostChars = this.#shown === "message" || this.#shown === "category" ? MOST_CHARS[this.#shown] : MOST_CHARS.value;
  }

  /** Whether it has quotes of its own in a breadcrumb: what is read as a number or a word has none. */
  get isQuoted(): boolean {
    return this.#shown !== "time" && this.role !== "status" && (this.kind === "text" || this.#shown !== "value");
  }

  /** The value taken last, of a logger or a service. */
  get text(): string {
    return String(this.#last);
  }

  /** Takes a value, as it stands in the frame; false when only the full decode can tell what becomes of it. */
  take(frame: FrameView, start: number, end: number, receivedMs: number): boolean {
    this.#start = start;
    this.length = this.#shown === "nothing" ? 0 : end - start;
    const isText = this.kind === "text";
    if (isText && this.#isTold(frame.view, start, end)) return true;
    const value = isText ? frame.bytes.toString("latin1", start, end) : this.#parts.notation.word(frame.view, start, end);
    if (value === undefined || (value !== this.#last && !this.#fits(value, receivedMs))) return false;
    // Whether a time may be believed depends on when it came.
    this.#last = this.#shown === "time" ? undefined : value;
    if (this.#json !== undefined) this.length = this.#json.length;
    return true;
  }

  /** Writes what is shown of that value. */
  write(from: FrameView, to: ByteWriter): void {
    const json = this.#json;
    if (json === undefined) to.copy(from.view, this.#start, this.#start + this.length);
    else to.ascii(json);
  }

  /** The short way for the texts that differ most: a look at their bytes tells enough. */
  #isTold(view: DataView, start: number, end: number): boolean {
    const { reading, screen } = this.#parts;
    if (end - start > this.#mostChars || end === start) return false;
    if (this.role === "requestId") return reading.taken === 0 && end - start > 1 && isName(view, start, end);
    if (this.#shown === "message") {
      if (reading.taken > 0 || !isUsualLetter(view.getUint8(start))) return false;
    } else if (reading.meanings.length > 0) return false;
    return screen.leavesAt(view, start, end, reading.field);
  }

  #fits(value: string | number | boolean, receivedMs: number): boolean {
    const { reading, dialect } = this.#parts;
    const read = reread(reading, value, dialect, receivedMs);
    if (read === OTHERWISE || (reading.field !== undefined && !this.#isLeft(value, reading.field))) return false;
    switch (this.#shown) {
      case "time":
        this.timeMs = read as number; // what a time is read as
        if (this.kind === "stamp" && !isPlausible(this.timeMs, receivedMs)) return false;
        this.#json = secondsText(this.timeMs);
        return true;
      case "level":
        this.#json = eventLevel(read as SeverityNumber); // what a level is read as
        return true;
      case "message":
        return value === read && meansNoMore(value) && this.#isShown(value);
      case "category":
        return value === read && this.#isShown(value);
      case "nothing":
        // What stays here need not be scrubbed.
        return true;
      case "value":
      default:
        return this.#fitsData(value, read);
    }
  }

  #fitsData(value: string | number | boolean, read: unknown): boolean {
    if (this.role === "status" || typeof value !== "string") {
      this.#json = String(read as number | boolean); // a status, or what was given
      return true;
    }
    // A query goes another way than the path before it.
    return value === read && (this.role === undefined || !value.includes("?")) && this.#isShown(value);
  }

  /** Whether a text may be shown as it is. */
  #isShown(value: unknown): boolean {
    if (typeof value !== "string" || value.length > this.#mostChars) return false;
    return this.#parts.reading.field !== undefined || this.#isLeft(value, undefined);
  }

  #isLeft(value: string | number | boolean, field: string | undefined): boolean {
    // Neither true nor false is ever a secret, whatever it is called.
    return typeof value === "boolean" || this.#parts.screen.leaves(value, field);
  }
}

/** Whether a message is surely no JSON object and no line of a web server. */
function meansNoMore(message: unknown): boolean {
  return typeof message === "string" && isLetter(message.charCodeAt(0)) && !isNginxErrorLine(message);
}

function isLetter(code: number): boolean {
  return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
}

/** Whether a text begins and ends with what is no blank. */
function isName(view: DataView, start: number, end: number): boolean {
  return view.getUint8(start) > 0x20 && view.getUint8(end - 1) > 0x20;
}

/** One with which no line of nginx begins. */
function isUsualLetter(code: number): boolean {
  return isLetter(code) && code !== 0x6e;
}

import type { Sighting } from "../component/codec.ts";
import type { SeverityNumber } from "../record/severity.ts";
import { GlanceNames, type Sight } from "./glance-names.ts";
import { severityOf } from "./levels.ts";
import type { Dialect } from "./spellings.ts";

/** Texts that may be read as the message; more than so many make a glance unsure. */
const MAX_MESSAGES = 4;
/** Longest value taken for a key; a longer one is rare enough to be decoded. */
const MAX_VALUE_BYTES = 200;

/**
 * Gathers what the members of one log object say to a glance; a walker of JSON or msgpack feeds it. Each method returns
 * false as soon as only a full decode can tell.
 */
export class MemberGlance {
  readonly seen: Sighting;
  /** What the members' names mean. */
  readonly names: GlanceNames;
  readonly #gelf: boolean;
  #levels = 0;

  constructor(dialect: Dialect, wanted: readonly string[], unsureOf?: string) {
    this.names = new GlanceNames(dialect, wanted, unsureOf);
    this.#gelf = dialect === "gelf";
    this.seen = {
      severity: 9,
      starts: new Int32Array(wanted.length),
      ends: new Int32Array(wanted.length),
      messages: 0,
      messageStarts: new Int32Array(MAX_MESSAGES),
      messageEnds: new Int32Array(MAX_MESSAGES),
    };
  }

  begin(): void {
    this.#levels = 0;
    this.seen.messages = 0;
    this.names.begin();
    const { starts } = this.seen;
    for (let slot = 0; slot < starts.length; slot += 1) starts[slot] = -1;
  }

  /** Whether all that was fed tells enough: exactly one level was stated. */
  get sure(): boolean {
    return this.#levels === 1;
  }

  /** A text value `bytes[start .. end)` without escapes or bytes beyond ASCII, which only a message may hold. */
  text(sight: Sight, bytes: Buffer, start: number, end: number): boolean {
    switch (sight.kind) {
      case "skip":
        return true;
      case "level":
        return (
          end - start <= MAX_VALUE_BYTES && this.#level(severityOf(bytes.toString("latin1", start, end), sight.form, this.#gelf))
        );
      case "message":
        return this.#message(bytes, start, end);
      case "wanted":
        return this.#wanted(sight, bytes, start, end);
      case "unsure":
      default:
        return false;
    }
  }

  number(sight: Sight, value: number): boolean {
    // A status code is no level, wherever its name might mean one.
    if (sight.kind === "level") return sight.form === "word" || this.#level(severityOf(value, sight.form, this.#gelf));
    return sight.kind === "skip" || sight.kind === "message";
  }

  /** true, false, null. */
  other(sight: Sight): boolean {
    return sight.kind === "skip" || sight.kind === "message";
  }

  container(sight: Sight, isObject: boolean): boolean {
    return sight.kind === "skip" && !(isObject && sight.objectMatters);
  }

  #level(severity: SeverityNumber | undefined): boolean {
    if (severity === undefined) return false;
    this.seen.severity = severity;
    this.#levels += 1;
    return this.#levels === 1;
  }

  #message(bytes: Buffer, start: number, end: number): boolean {
    const { seen } = this;
    if (seen.messages === MAX_MESSAGES) return false;
    // Text that is itself an object may be merged into the record.
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at] as number;
      if (byte === 0x7b || byte === 0x5c) return false;
      if (byte > 0x20) break;
    }
    seen.messageStarts[seen.messages] = start;
    seen.messageEnds[seen.messages] = end;
    seen.messages += 1;
    return true;
  }

  #wanted(sight: Sight, bytes: Buffer, start: number, end: number): boolean {
    const { seen } = this;
    if ((seen.starts[sight.slot] as number) >= 0) return false;
    const length = end - start;
    // "/web" is mended, "-" means none: only what begins like a name is surely kept as it is.
    if (length === 0 || length > MAX_VALUE_BYTES || !isAlphanumeric(bytes[start] as number) || bytes[end - 1] === 0x20)
      return false;
    if (sight.traceId && !isTraceId(bytes, start, length)) return false;
    seen.starts[sight.slot] = start;
    seen.ends[sight.slot] = end;
    return true;
  }
}

function isAlphanumeric(byte: number): boolean {
  const lower = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x7a);
}

/** 32 lower-case hex digits, not all zero: what needs no mending. */
function isTraceId(bytes: Buffer, start: number, length: number): boolean {
  if (length !== 32) return false;
  let some = false;
  for (let at = start; at < start + 32; at += 1) {
    const byte = bytes[at] as number;
    if (!((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66))) return false;
    some ||= byte !== 0x30;
  }
  return some;
}

import type { Sighting } from "../component/codec.ts";
import type { SeverityNumber } from "../record/severity.ts";
import { recordNames } from "./glance-meanings.ts";
import type { GlanceNames, Sight } from "./glance-names.ts";
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
  readonly #root: GlanceNames;
  /** What the names of the members mean that are fed now. */
  names: GlanceNames;
  /** The best fallbacks so far, by slot; the rank is that of {@link Sight}, or NONE. */
  readonly #fallbacks: { readonly ranks: Int32Array; readonly starts: Int32Array; readonly ends: Int32Array };
  #hasFallbacks = false;
  readonly #entered: GlanceNames[] = [];
  #levels = 0;
  readonly #lastLevel: LastLevel;
  readonly #lastNumber: LastNumber;

  constructor(dialect: Dialect, wanted: readonly string[], unsureOf: readonly string[] = []) {
    this.#root = recordNames(dialect, wanted, unsureOf);
    this.names = this.#root;
    this.#lastLevel = new LastLevel(dialect === "gelf");
    this.#lastNumber = new LastNumber(dialect === "gelf");
    const slots = (): Int32Array => new Int32Array(wanted.length);
    this.#fallbacks = { ranks: slots().fill(NONE), starts: slots(), ends: slots() };
    this.seen = {
      severity: 9,
      starts: slots(),
      ends: slots(),
      messages: 0,
      messageStarts: new Int32Array(MAX_MESSAGES),
      messageEnds: new Int32Array(MAX_MESSAGES),
    };
  }

  begin(): void {
    this.#levels = 0;
    this.seen.messages = 0;
    this.names = this.#root;
    this.names.begin();
    const { starts } = this.seen;
    for (let slot = 0; slot < starts.length; slot += 1) starts[slot] = -1;
    if (this.#entered.length > 0) this.#entered.length = 0;
    if (this.#hasFallbacks) this.#fallbacks.ranks.fill(NONE);
    this.#hasFallbacks = false;
  }

  /** All has been fed; whether it tells enough: exactly one level was stated. */
  end(): boolean {
    if (this.#hasFallbacks) this.#fallBack();
    return this.#levels === 1;
  }

  /**
   * The members of the object that comes now are meant by `sight.inside`. Give what it returns to {@link leave}; undefined
   * where one of that name came before, of which only the last counts.
   */
  enter(sight: Sight): GlanceNames | undefined {
    const outer = this.names;
    const inner = sight.inside as GlanceNames;
    if (this.#entered.includes(inner)) return undefined;
    this.#entered.push(inner);
    this.names = inner;
    inner.begin();
    return outer;
  }

  /** That object has ended. */
  leave(outer: GlanceNames): void {
    this.names = outer;
  }

  /** A text value `bytes[start .. end)` without escapes or bytes beyond ASCII, which only a message may hold. */
  text(sight: Sight, bytes: Buffer, start: number, end: number): boolean {
    switch (sight.kind) {
      case "wanted":
        return (
          (this.seen.starts[sight.slot] as number) < 0 && isKey(sight, bytes, start, end) && this.#fill(sight.slot, start, end)
        );
      case "skip":
        return true;
      case "level":
        return end - start <= MAX_VALUE_BYTES && this.#level(this.#lastLevel.severityOf(sight, bytes, start, end));
      case "message":
        return this.#message(bytes, start, end);
      case "fallback":
        return isKey(sight, bytes, start, end) && this.#fallback(sight, start, end);
      case "inside":
      case "unsure":
      default:
        return false;
    }
  }

  number(sight: Sight, value: number): boolean {
    // A status code is no level, wherever its name might mean one.
    if (sight.kind === "level") return sight.form === "word" || this.#level(this.#lastNumber.severityOf(sight, value));
    return saysNothing(sight);
  }

  /** true, false, null. */
  other(sight: Sight): boolean {
    return saysNothing(sight);
  }

  /** An object or a list that is not entered. */
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

  #fill(slot: number, start: number, end: number): true {
    this.seen.starts[slot] = start;
    this.seen.ends[slot] = end;
    return true;
  }

  #fallback({ slot, rank }: Sight, start: number, end: number): boolean {
    const { ranks, starts, ends } = this.#fallbacks;
    const best = ranks[slot] as number;
    // The same name twice, or two that mean the same.
    if (rank === best) return false;
    if (rank > best) return true;
    this.#hasFallbacks = true;
    ranks[slot] = rank;
    starts[slot] = start;
    ends[slot] = end;
    return true;
  }

  #fallBack(): void {
    const { ranks, starts, ends } = this.#fallbacks;
    for (let slot = 0; slot < ranks.length; slot += 1) {
      if (ranks[slot] === NONE || (this.seen.starts[slot] as number) >= 0) continue;
      this.#fill(slot, starts[slot] as number, ends[slot] as number);
    }
  }
}

const NONE = 0x7fffffff;

/** Levels in words: most records have the one of the record before. */
class LastLevel {
  readonly #gelf: boolean;
  readonly #bytes = Buffer.alloc(MAX_VALUE_BYTES);
  #length = -1;
  #sight: Sight | undefined;
  #severity: SeverityNumber | undefined;

  constructor(gelf: boolean) {
    this.#gelf = gelf;
  }

  severityOf(sight: Sight, bytes: Buffer, start: number, end: number): SeverityNumber | undefined {
    if (sight === this.#sight && this.#same(bytes, start, end)) return this.#severity;
    this.#severity = severityOf(bytes.toString("latin1", start, end), sight.form, this.#gelf);
    this.#sight = sight;
    this.#length = bytes.copy(this.#bytes, 0, start, end);
    return this.#severity;
  }

  #same(bytes: Buffer, start: number, end: number): boolean {
    if (end - start !== this.#length) return false;
    for (let i = 0; i < this.#length; i += 1) if (bytes[start + i] !== this.#bytes[i]) return false;
    return true;
  }
}

/** The same of levels in numbers. */
class LastNumber {
  readonly #gelf: boolean;
  #sight: Sight | undefined;
  #value = 0;
  #severity: SeverityNumber | undefined;

  constructor(gelf: boolean) {
    this.#gelf = gelf;
  }

  severityOf(sight: Sight, value: number): SeverityNumber | undefined {
    if (sight === this.#sight && value === this.#value) return this.#severity;
    this.#severity = severityOf(value, sight.form, this.#gelf);
    this.#sight = sight;
    this.#value = value;
    return this.#severity;
  }
}

function saysNothing({ kind }: Sight): boolean {
  return kind === "skip" || kind === "message";
}

/** "/web" is mended, "-" means none: only what begins like a name is surely kept as it is. */
function isKey(sight: Sight, bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0 || length > MAX_VALUE_BYTES || !isAlphanumeric(bytes[start] as number) || bytes[end - 1] === 0x20)
    return false;
  return !sight.traceId || isTraceId(bytes, start, length);
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

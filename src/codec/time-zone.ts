/** Where a clock on the wall hangs. */
export interface TimeZone {
  /** The moment of a reading of that clock; both in Unix milliseconds, the reading as if it were UTC. */
  momentOf(readingMs: number): number;
}

const OFFSET = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?$/;
/** Zones change their offsets on such boundaries. */
const SLOT_MS = 900_000;

/**
 * The zone of a name: "local" (that of the process), "UTC", an offset such as "+02:00", or a name of the IANA database such
 * as "Europe/Berlin"; undefined when there is no such zone.
 */
export function timeZoneOf(name: string): TimeZone | undefined {
  if (name === "local") return { momentOf: momentHere };
  if (name === "UTC" || name === "Z") return { momentOf: (readingMs) => readingMs };
  const [, sign, hours, minutes] = OFFSET.exec(name) ?? [];
  if (sign !== undefined) {
    if (Number(hours) > 14 || Number(minutes ?? 0) > 59) return undefined;
    const offsetMs = (Number(hours) * 60 + Number(minutes ?? 0)) * (sign === "+" ? 60_000 : -60_000);
    return { momentOf: (readingMs) => readingMs - offsetMs };
  }
  try {
    return new NamedZone(name);
  } catch {
    return undefined;
  }
}

function momentHere(readingMs: number): number {
  const reading = new Date(readingMs);
  const moment = new Date(
    reading.getUTCFullYear(),
    reading.getUTCMonth(),
    reading.getUTCDate(),
    reading.getUTCHours(),
    reading.getUTCMinutes(),
    reading.getUTCSeconds(),
  );
  return moment.getTime() + (readingMs - Math.floor(readingMs / 1_000) * 1_000);
}

class NamedZone implements TimeZone {
  readonly #format: Intl.DateTimeFormat;
  /** The last answer: asking the database takes longer than reading the rest of a message. */
  #slot = Number.NaN;
  #offsetMs = 0;

  constructor(name: string) {
    const digits = "2-digit";
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: digits,
      day: digits,
      hour: digits,
      minute: digits,
      second: digits,
    });
  }

  momentOf(readingMs: number): number {
    const near = readingMs - this.#offsetAt(readingMs);
    return readingMs - this.#offsetAt(near);
  }

  #offsetAt(momentMs: number): number {
    const slot = Math.floor(momentMs / SLOT_MS);
    if (slot === this.#slot) return this.#offsetMs;
    const parts = new Map(this.#format.formatToParts(slot * SLOT_MS).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const reading = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
    this.#offsetMs = reading - slot * SLOT_MS;
    this.#slot = slot;
    return this.#offsetMs;
  }
}

import { isMalformed, NOTHING, type Codec, type Decoded } from "../component/codec.ts";
import { timeOf } from "./timestamps.ts";
import type { TimeZone } from "./time-zone.ts";

/** A date and a time of day that names no zone. */
const UNZONED = /^\d{4}([-/])\d\d\1\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?$/;
/** The same where a plain line begins, with what may stand around it. */
const LEADING =
  /^[[(]?(\d{4}([-/])\d\d\2\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)(?=[\s\]),]|$)(?! ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)\b)/;
/** Wall clocks are at most so far ahead of UTC. */
const MAX_AHEAD_MS = 15 * 3_600_000;

/** The moment that a text without a zone says, in Unix milliseconds; undefined when it has one, or is no time. */
export function momentIn(zone: TimeZone, text: string, receivedMs: number): number | undefined {
  if (!UNZONED.test(text)) return undefined;
  const wallMs = timeOf(text, receivedMs + MAX_AHEAD_MS);
  return wallMs === undefined ? undefined : timeOf(zone.momentOf(wallMs), receivedMs);
}

/** The codec with the times of plain lines in a zone: those of lines that begin with one that names none. */
export function zonedLine(codec: Codec, zone: TimeZone): Codec {
  return {
    ...codec,
    decode(bytes, start, end, from): Decoded {
      const decoded = codec.decode(bytes, start, end, from);
      if (decoded === NOTHING || isMalformed(decoded) || !decoded.rawLine || decoded.timeMs !== from.receivedMs) return decoded;
      const time = LEADING.exec(decoded.message.slice(0, 64))?.[1];
      decoded.timeMs = (time === undefined ? undefined : momentIn(zone, time, from.receivedMs)) ?? decoded.timeMs;
      return decoded;
    },
  };
}

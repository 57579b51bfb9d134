import type { Clock } from "./clock.ts";
import type { Logger } from "./log.ts";

/** One warning per sender and cause a minute; the rest is counted and told with the next one. */
export interface Complaint {
  /** A stable word for the kind of trouble: "invalid_json", "chunk_timeout". */
  readonly cause: string;
  /** Who sent it: an address, "" for none. */
  readonly peer: string;
  /** What was wrong, with which bytes, and what to do. Kept printable by the logger's JSON. */
  readonly message: string;
}

const EVERY_MS = 60_000;
/** Senders remembered at once; beyond it the oldest is forgotten, which at worst repeats a warning. */
const MAX_REMEMBERED = 4_096;

export class Complaints {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #seen = new Map<string, { untilMs: number; muted: number }>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** `component` is who complains; the trouble of one never keeps that of another quiet. */
  warn(component: string, complaint: Complaint): void {
    const key = `${component} ${complaint.cause} ${complaint.peer}`;
    const now = this.#clock.tickMs();
    const seen = this.#seen.get(key);
    if (seen !== undefined && now < seen.untilMs) {
      seen.muted += 1;
      return;
    }
    this.#seen.delete(key);
    if (this.#seen.size >= MAX_REMEMBERED) {
      for (const oldest of this.#seen.keys()) {
        this.#seen.delete(oldest);
        break;
      }
    }
    this.#seen.set(key, { untilMs: now + EVERY_MS, muted: 0 });
    const repeated = seen === undefined || seen.muted === 0 ? {} : { repeated: seen.muted };
    this.#log.warn(
      { component, cause: complaint.cause, peer: complaint.peer, ...repeated },
      `${component}: ${complaint.message}`,
    );
  }
}

/** The first bytes of a frame, printable and short, for a warning. */
export function excerpt(bytes: Uint8Array, maxBytes = 40): string {
  let text = "";
  for (const byte of bytes.subarray(0, maxBytes)) {
    text += byte >= 0x20 && byte < 0x7f && byte !== 0x5c ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return bytes.length > maxBytes ? `${text}...` : text;
}

import type { Clock } from "./clock.ts";
import type { Logger } from "./log.ts";

/** One warning per sender and cause a minute, of a hundred senders at most; the rest is counted and told with the next one. */
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
/** Senders of one cause that are told of in a minute: addresses of datagrams are invented easily. */
const MAX_SENDERS = 100;

/** Warnings about all senders of one cause. */
interface Crowd {
  readonly untilMs: number;
  told: number;
  /** Warnings beyond those. */
  others: number;
}

export class Complaints {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #seen = new Map<string, { untilMs: number; muted: number }>();
  readonly #crowds = new Map<string, Crowd>();

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
    const others = this.#othersBefore(component, complaint.cause, now);
    if (others === undefined) return;
    this.#seen.delete(key);
    forgetOldest(this.#seen);
    this.#seen.set(key, { untilMs: now + EVERY_MS, muted: 0 });
    const repeated = seen === undefined || seen.muted === 0 ? {} : { repeated: seen.muted };
    this.#log.warn(
      { component, cause: complaint.cause, peer: complaint.peer, ...repeated, ...(others === 0 ? {} : { others }) },
      `${component}: ${complaint.message}`,
    );
  }

  /** Warnings of other senders that were left out before; undefined: this one is to be left out too. */
  #othersBefore(component: string, cause: string, now: number): number | undefined {
    const key = `${component} ${cause}`;
    const crowd = this.#crowds.get(key);
    if (crowd === undefined || now >= crowd.untilMs) {
      this.#crowds.delete(key);
      forgetOldest(this.#crowds);
      this.#crowds.set(key, { untilMs: now + EVERY_MS, told: 1, others: 0 });
      return crowd?.others ?? 0;
    }
    crowd.told += 1;
    if (crowd.told <= MAX_SENDERS) return 0;
    crowd.others += 1;
    return undefined;
  }
}

function forgetOldest(remembered: Map<string, unknown>): void {
  if (remembered.size < MAX_REMEMBERED) return;
  for (const oldest of remembered.keys()) {
    remembered.delete(oldest);
    break;
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

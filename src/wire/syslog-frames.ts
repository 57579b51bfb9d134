import type { Frames } from "../record/batch.ts";
import { Carry, type CarryBudget } from "./carry.ts";

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const LESS = 0x3c;
const OPEN = 0x7b;

/** Digits of a count that is believed. */
const MAX_COUNT_DIGITS = 8;
const NO_COUNT = 0;
/** Only the bytes to come can tell. */
const UNDECIDED = -1;

export interface SyslogFramesOptions {
  /** Longest message, without its count or line end. */
  readonly maxBytes: number;
  /** What all connections may hold of messages that have not come in whole. */
  readonly budget: CarryBudget;
  /** Called once for each message over `maxBytes`; it is skipped and the stream goes on. */
  tooLarge(): void;
}

/**
 * Cuts a syslog stream into messages, whose framing is told for each anew (RFC 6587, as rsyslog and OpenBSD's syslogd read
 * it): a count, a blank and what begins like a message is octet counting; anything else goes to its line end, LF or NUL, so
 * that a malformed count costs a line. Line ends between messages are skipped. The last message counts without a line end,
 * and when the connection ended within its count.
 */
export class SyslogFrames {
  readonly #options: SyslogFramesOptions;
  readonly #carry: Carry;
  /** Up to where the message at the front was searched for its line end. */
  #searched = 0;
  /** Bytes left of a counted message that is skipped. */
  #skipBytes = 0;
  #skipLine = false;
  /** The least length of the message at the front, with its count; 0: unknown. */
  #need = 0;
  /** Where the body of the counted message at the front begins. */
  #body = 0;

  constructor(options: SyslogFramesOptions) {
    this.#options = options;
    this.#carry = new Carry(options.budget);
  }

  /**
   * The messages that these bytes complete, undefined when there are none, and whether there was room for the rest: without,
   * it is forgotten. The bytes belong to the result.
   */
  push(chunk: Buffer): { readonly frames: Frames | undefined; readonly hasRoom: boolean } {
    const moved = this.#carry.append(chunk, this.#need);
    this.#searched = Math.max(0, this.#searched - moved);
    const frames = this.#cut();
    const settled = this.#carry.settle();
    this.#searched = settled < 0 ? 0 : Math.max(0, this.#searched - settled);
    return { frames, hasRoom: settled >= 0 };
  }

  /** Bytes kept of a message that has not come in whole. */
  get heldBytes(): number {
    return this.#carry.heldBytes;
  }

  /** Forgets that message; nothing more is to come. */
  forget(): void {
    this.#carry.release();
    this.#searched = 0;
  }

  /** The last message, which nothing ended. */
  end(): Frames | undefined {
    const { bytes, start, end } = this.#carry;
    this.#carry.release();
    if (this.#skipBytes > 0 || this.#skipLine || start === end) return undefined;
    const body = this.#count(bytes, start, end) > 0 ? this.#body : start;
    return body >= end ? undefined : { bytes, bounds: [body, end] };
  }

  #cut(): Frames | undefined {
    const carry = this.#carry;
    const { bytes, end } = carry;
    const bounds: number[] = [];
    this.#need = 0;
    // Looked for once: most streams have none.
    let nul = indexOf(bytes, NUL, Math.max(carry.start, this.#searched), end);
    for (;;) {
      this.#skip(bytes, end);
      while (carry.start < end && isLineEnd(bytes[carry.start] as number)) carry.start += 1;
      const { start } = carry;
      if (start >= end) break;
      const count = this.#count(bytes, start, end);
      if (count === UNDECIDED) break;
      if (count > this.#options.maxBytes) {
        this.#options.tooLarge();
        this.#skipBytes = count;
        carry.start = this.#body;
      } else if (count > 0) {
        const stop = this.#body + count;
        if (stop > end) {
          this.#need = stop - start;
          break;
        }
        bounds.push(this.#body, stop);
        carry.start = stop;
      } else {
        const from = Math.max(start, this.#searched);
        if (nul < from) nul = indexOf(bytes, NUL, from, end);
        if (!this.#takeLine(Math.min(nul, indexOf(bytes, LF, from, end)), bounds)) break;
      }
    }
    return bounds.length === 0 ? undefined : { bytes, bounds };
  }

  /** Takes the line that ends at `stop`; false when it does not end yet. */
  #takeLine(stop: number, bounds: number[]): boolean {
    const carry = this.#carry;
    const { start, end } = carry;
    this.#searched = 0;
    if (stop - start > this.#options.maxBytes) {
      this.#options.tooLarge();
      this.#skipLine = true;
      carry.start = stop;
      return true;
    }
    if (stop === end) {
      this.#searched = end;
      return false;
    }
    bounds.push(start, stop);
    carry.start = stop + 1;
    return true;
  }

  /** Over what is left of a message that is too large. */
  #skip(bytes: Buffer, end: number): void {
    const carry = this.#carry;
    if (this.#skipBytes > 0) {
      const skipped = Math.min(this.#skipBytes, end - carry.start);
      carry.start += skipped;
      this.#skipBytes -= skipped;
    }
    if (!this.#skipLine) return;
    const { start } = carry;
    const stop = Math.min(indexOf(bytes, LF, start, end), indexOf(bytes, NUL, start, end));
    carry.start = stop;
    this.#skipLine = stop === end;
  }

  /** The count that stands here, and sets where what it counts begins; {@link NO_COUNT}, or {@link UNDECIDED}. */
  #count(bytes: Buffer, start: number, end: number): number {
    let at = start;
    let count = 0;
    for (; at < end && at - start <= MAX_COUNT_DIGITS; at += 1) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9 || (digit === 0 && at === start)) break;
      count = count * 10 + digit;
    }
    const digits = at - start;
    if (digits === 0 || digits > MAX_COUNT_DIGITS) return NO_COUNT;
    if (at < end && bytes[at] !== SPACE) return NO_COUNT;
    // A line may begin with a number; a message begins with its priority, or is an object.
    if (at + 1 >= end) return UNDECIDED;
    const first = bytes[at + 1];
    if (first !== LESS && first !== OPEN) return NO_COUNT;
    this.#body = at + 1;
    return count;
  }
}

function indexOf(bytes: Buffer, byte: number, from: number, end: number): number {
  const at = bytes.indexOf(byte, from);
  return at < 0 || at >= end ? end : at;
}

function isLineEnd(byte: number): boolean {
  return byte === LF || byte === CR || byte === NUL;
}

import { decimalAt, plainStringEnd, wordEnd } from "./literal.ts";

/** "word": a number, true or false. "stamp": the time that stands before a record, not among its members. */
export type ValueKind = "text" | "word" | "stamp";

/** How frames write values, for those who copy them. One object each, overwritten by each value. */
export interface Notation {
  /** Where the characters of the text lie, or the number, that was passed last. */
  readonly start: number;
  readonly end: number;
  /**
   * Over a value of that kind. Returns the place behind its last character or digit; -1 for a text that is not printable ASCII
   * or would need escapes in JSON, and for what is no such value.
   */
  over(view: DataView, at: number, end: number, kind: ValueKind): number;
  /** The word at `view[start .. end)`, or the stamp as Unix milliseconds; undefined when only a full decode can tell. */
  word(view: DataView, start: number, end: number): number | boolean | undefined;
}

const NUMBER = /^-?(?:0|[1-9]\d{0,20})(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/;
const MAX_WORD_BYTES = 48;

class JsonNotation implements Notation {
  start = 0;
  end = 0;

  over(view: DataView, at: number, end: number, kind: ValueKind): number {
    this.start = at;
    this.end = kind === "text" ? plainStringEnd(view, at, end) : kind === "word" ? wordEnd(view, at, end) : -1;
    return this.end;
  }

  word(view: DataView, start: number, end: number): number | boolean | undefined {
    const decimal = decimalAt(view, start, end);
    if (!Number.isNaN(decimal)) return decimal;
    let text = "";
    for (let at = start; at < end && at < start + MAX_WORD_BYTES; at += 1) text += String.fromCharCode(view.getUint8(at));
    if (text === "true" || text === "false") return text === "true";
    const value = NUMBER.test(text) && text.length === end - start ? Number(text) : Number.NaN;
    return Number.isFinite(value) ? value : undefined;
  }
}

/** With type 0 the time of Fluentd and Fluent Bit: seconds and nanoseconds. */
const EVENT_TIME = 0xd7;
const MAX_NANOSECONDS = 999_999_999;

class MsgpackNotation implements Notation {
  start = 0;
  end = 0;

  over(view: DataView, at: number, end: number, kind: ValueKind): number {
    if (at >= end) return -1;
    const head = view.getUint8(at);
    if (kind === "text") return this.#text(view, at, end, head);
    const isStamp = head === EVENT_TIME && at + 1 < end && view.getUint8(at + 1) === 0;
    const size = kind === "stamp" ? (isStamp ? 10 : 0) : head < 0x80 || head >= 0xe0 ? 1 : (SIZES[head] as number);
    this.start = at;
    this.end = at + size;
    return size === 0 || this.end > end ? -1 : this.end;
  }

  word(view: DataView, start: number): number | boolean | undefined {
    const head = view.getUint8(start);
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    if (head === EVENT_TIME) return eventTimeMs(view, start + 2);
    return READERS.get(head)?.(view, start + 1);
  }

  #text(view: DataView, at: number, end: number, head: number): number {
    const isShort = head >= 0xa0 && head < 0xc0;
    if (!isShort && head !== 0xd9) return -1;
    if (!isShort && at + 1 >= end) return -1;
    this.start = isShort ? at + 1 : at + 2;
    this.end = this.start + (isShort ? head & 0x1f : view.getUint8(at + 1));
    return this.end <= end && isPlainText(view, this.start, this.end) ? this.end : -1;
  }
}

function isPlainText(view: DataView, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = view.getUint8(at);
    if (byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c) return false;
  }
  return true;
}

function eventTimeMs(view: DataView, at: number): number {
  return view.getUint32(at) * 1_000 + Math.min(view.getUint32(at + 4), MAX_NANOSECONDS) / 1e6;
}

/** Sizes of words, by the head: of numbers only those that a double holds. */
const SIZES = new Uint8Array(256);
const READERS = new Map<number, (view: DataView, at: number) => number | boolean | undefined>();

function reads(head: number, size: number, read: (view: DataView, at: number) => number | boolean | undefined): void {
  SIZES[head] = size;
  READERS.set(head, read);
}

reads(0xc2, 1, () => false);
reads(0xc3, 1, () => true);
reads(0xcb, 9, (view, at) => finite(view.getFloat64(at)));
reads(0xcc, 2, (view, at) => view.getUint8(at));
reads(0xcd, 3, (view, at) => view.getUint16(at));
reads(0xce, 5, (view, at) => view.getUint32(at));
reads(0xd0, 2, (view, at) => view.getInt8(at));
reads(0xd1, 3, (view, at) => view.getInt16(at));
reads(0xd2, 5, (view, at) => view.getInt32(at));
function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

export const jsonNotation: Notation = new JsonNotation();
export const msgpackNotation: Notation = new MsgpackNotation();

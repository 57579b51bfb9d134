// The protobuf wire format (https://protobuf.dev/programming-guides/encoding/), read without building objects.
//
//   message = { tag value }        tag = varint (field << 3 | wire type)
//   wire type 0: varint   1: 8 bytes little-endian   2: length (varint), bytes   5: 4 bytes little-endian
//             3 ... 4: a group, fields between two tags of one number (long out of use, skipped)

export const VARINT = 0;
export const FIXED64 = 1;
export const SPAN = 2;
const GROUP = 3;
const GROUP_END = 4;
const FIXED32 = 5;
/** Groups within groups before a message counts as broken. */
const MAX_GROUPS = 32;
/** The longest number that is read. */
export const MAX_VARINT_BYTES = 10;
const FIELD_NUMBERS = 2 ** 29;
const BROKEN = -1;
const NO_BYTES = Buffer.alloc(0);
const MAX_WORD_BYTES = 40;
/** Words remembered by a reader, each in the one place its letters give it. */
const KNOWN_WORDS = 1_021;

/**
 * Walks the fields of a message and of the messages within it. One reader serves any number of messages, one at a time.
 * It reads no byte outside the span it was given and never throws: a broken message ends every loop, and `fault` says why.
 *
 *     reader.over(bytes, 0, bytes.length);
 *     while (reader.next()) {
 *       if (reader.field === 1 && reader.wire === SPAN) text = reader.text();
 *       if (reader.field === 2 && reader.wire === SPAN) {
 *         const outer = reader.enter();
 *         while (reader.next()) { ... }
 *         reader.leave(outer);
 *       }
 *     }
 *     if (reader.fault !== undefined) ...
 */
export class ProtobufReader {
  /** Number of the current field. */
  field = 0;
  /** Its wire type: 0 VARINT, 1 FIXED64, 2 SPAN, 3 a group, 5 four bytes. */
  wire = 0;
  /** Where its value begins; for a span, where the content begins. */
  start = 0;
  /** Where its value ends (exclusive). */
  stop = 0;
  /** Why the message is no protobuf message; undefined as long as it is one. */
  fault: string | undefined = undefined;
  readonly #words: (string | undefined)[] = Array.from({ length: KNOWN_WORDS }, () => undefined);
  #bytes: Buffer = NO_BYTES;
  #origin = 0;
  #at = 0;
  #end = 0;

  /** Starts on the message `bytes[start .. end)`. */
  over(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.#origin = start;
    this.#at = start;
    this.#end = end;
    this.fault = undefined;
  }

  /** Forgets the bytes, so that a reader which is kept does not keep them. */
  release(): void {
    this.#bytes = NO_BYTES;
  }

  /** Moves to the next field of the current message; false at its end and when it is broken. */
  next(): boolean {
    const at = this.#at;
    const end = this.#end;
    if (at >= end) return false;
    // Nearly every field is a short span with a small number: two bytes, then the content.
    const tag = this.#bytes[at] ?? 0;
    const length = this.#bytes[at + 1] ?? 0;
    const stop = at + 2 + length;
    if (tag < 0x80 && (tag & 7) === SPAN && tag > 7 && length < 0x80 && stop <= end) {
      this.field = tag >>> 3;
      this.wire = SPAN;
      this.start = at + 2;
      this.stop = stop;
      this.#at = stop;
      return true;
    }
    return this.#tag() && this.#value();
  }

  /** Goes into the current field, a SPAN that holds a message. Give what it returns to `leave`. */
  enter(): number {
    const outer = this.#end;
    this.#at = this.start;
    this.#end = this.stop;
    return outer;
  }

  /** Goes back to the message that holds the current one, behind it. */
  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = this.fault === undefined ? outer : 0;
  }

  /** The current SPAN as text; invalid UTF-8 becomes U+FFFD. */
  text(): string {
    return this.#bytes.toString("utf8", this.start, this.stop);
  }

  /**
   * The current SPAN as text that probably came before: a name, a level, a host. The same text is then the same string,
   * which costs a third and is hashed only once.
   */
  word(): string {
    const bytes = this.#bytes;
    const { start, stop } = this;
    const length = stop - start;
    if (length === 0 || length > MAX_WORD_BYTES) return this.text();
    const first = bytes[start] ?? 0;
    const middle = bytes[start + (length >>> 1)] ?? 0;
    const last = bytes[stop - 1] ?? 0;
    const slot = (length * 89 + first * 5 + middle * 31 + last * 7) % KNOWN_WORDS;
    const known = this.#words[slot];
    if (known !== undefined && known.length === length) {
      let at = 0;
      while (at < length && known.charCodeAt(at) === bytes[start + at]) at += 1;
      if (at === length) return known;
    }
    const text = this.text();
    // As many characters as bytes: each is ASCII, or U+FFFD, which equals no byte.
    if (text.length === length) this.#words[slot] = text;
    return text;
  }

  /** The current VARINT as a signed 64-bit number; exact up to 2^53. */
  integer(): number {
    let low = 0;
    let high = 0;
    let shift = 0;
    for (let at = this.start; at < this.stop; at += 1) {
      const bits = (this.#bytes[at] ?? 0) & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high |= bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      shift += 7;
    }
    return high * 2 ** 32 + (low >>> 0);
  }

  /** The current FIXED64 as a double. */
  double(): number {
    return this.#bytes.readDoubleLE(this.start);
  }

  #tag(): boolean {
    const tag = this.#varint();
    if (tag === BROKEN) return false;
    this.wire = tag % 8;
    this.field = (tag - this.wire) / 8;
    if (this.field === 0 || this.field >= FIELD_NUMBERS) return this.#broken("a field number out of range");
    return true;
  }

  #value(): boolean {
    switch (this.wire) {
      case SPAN: {
        const length = this.#varint();
        return length !== BROKEN && this.#take(length);
      }
      case VARINT: {
        const start = this.#at;
        if (this.#varint() === BROKEN) return false;
        this.start = start;
        this.stop = this.#at;
        return true;
      }
      case FIXED64:
        return this.#take(8);
      case FIXED32:
        return this.#take(4);
      case GROUP:
        return this.#group();
      default:
        return this.#broken(this.wire === GROUP_END ? "the end of a group that never began" : "an unknown wire type");
    }
  }

  #take(length: number): boolean {
    const start = this.#at;
    if (length > this.#end - start) return this.#broken("a field that runs past the end");
    this.start = start;
    this.stop = start + length;
    this.#at = this.stop;
    return true;
  }

  #group(): boolean {
    const start = this.#at;
    const number = this.field;
    const open = [number];
    while (open.length > 0) {
      if (this.#at >= this.#end) return this.#broken("a group without an end");
      if (!this.#tag()) return false;
      if (this.wire === GROUP_END) {
        if (open.pop() !== this.field) return this.#broken("groups that overlap");
      } else if (this.wire === GROUP) {
        if (open.length === MAX_GROUPS) return this.#broken("groups nested too deeply");
        open.push(this.field);
      } else if (!this.#value()) {
        return false;
      }
    }
    this.field = number;
    this.wire = GROUP;
    this.start = start;
    this.stop = this.#at;
    return true;
  }

  /** An unsigned varint at the position, which moves behind it. Beyond 2^53 the value is only near. */
  #varint(): number {
    const bytes = this.#bytes;
    const first = this.#at < this.#end ? (bytes[this.#at] ?? 0) : 0x80;
    if (first < 0x80) {
      this.#at += 1;
      return first;
    }
    let value = 0;
    let scale = 1;
    const limit = Math.min(this.#end, this.#at + MAX_VARINT_BYTES);
    for (let at = this.#at; at < limit; at += 1) {
      const byte = bytes[at] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.#at = at + 1;
        return value;
      }
      scale *= 128;
    }
    this.#broken(limit === this.#end ? "a number that is cut off" : "a number of more than ten bytes");
    return BROKEN;
  }

  #broken(what: string): false {
    this.fault = `${what} at byte ${this.#at - this.#origin}`;
    this.#end = 0;
    return false;
  }
}

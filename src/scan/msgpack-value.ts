import { isUtf8 } from "node:buffer";
import { Kind, advance, countAt, headSize, kindOf, lengthAt, skipValue } from "./msgpack.ts";

/** What a msgpack value becomes: what JSON can hold. */
export type MsgpackValue = string | number | boolean | null | MsgpackValue[] | { [key: string]: MsgpackValue };

/** Containers within containers before the rest is passed over, so that no sender chooses the depth of our stack. */
const MAX_DEPTH = 32;
/** Values of one record that are built; what follows is passed over. */
const MAX_VALUES = 20_000;
const TOO_DEEP = "(nested too deep)";
const CUT_KEY = "(cut)";
/** Bytes of a binary value that are shown. */
const MAX_HEX_BYTES = 256;
const NO_BYTES = Buffer.alloc(0);

/**
 * Builds values from msgpack bytes that nobody has checked. It reads nothing at or beyond the end it was given, never
 * throws, and never allocates from a declared length; bytes that are no msgpack set `broken`. One reader serves any
 * number of values, one at a time.
 *
 * Strings are decoded as UTF-8 with U+FFFD for what is none (old writers keep arbitrary bytes in `str`). Binary is text
 * where it is UTF-8 (Ruby packs its untagged strings so), else hex. Integers beyond 2^53 are decimal strings, NaN and
 * the infinities too. Keys are strings; of two equal ones the last wins; `__proto__` is a key like any other.
 *
 * Why not `@msgpack/msgpack`: on a str of invalid UTF-8 it reads on into its neighbour and makes lone surrogates, which
 * a tracker's JSON parser refuses together with the whole event; it refuses `__proto__`, keys that are binary, and
 * whole records for them; it makes arrays of any declared length; it has no limit of depth; and it takes twice the time.
 */
export class MsgpackReader {
  /** Where the next value begins. */
  at = 0;
  /** True once the bytes were no msgpack, or ended within a value. */
  broken = false;
  #bytes: Buffer = NO_BYTES;
  #end = 0;
  #left = 0;

  /** Starts at `start`, with a fresh allowance of values. */
  over(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
    this.#left = MAX_VALUES;
    this.broken = false;
  }

  /** Forgets the bytes, so that a reader which is kept does not keep them. */
  release(): void {
    this.#bytes = NO_BYTES;
  }

  /** The value at `at`, which moves behind it. `null` when `broken`. */
  read(depth = 0): MsgpackValue {
    const bytes = this.#bytes;
    const at = this.at;
    const head = at < this.#end ? (bytes[at] ?? 0xc1) : 0xc1;
    this.#left -= 1;
    if (head < 0x80) return this.#moved(at + 1, head);
    if (head < 0x90) return this.#map(head & 0x0f, at + 1, depth);
    if (head < 0xa0) return this.#array(head & 0x0f, at + 1, depth);
    if (head < 0xc0) return this.#text(at + 1, at + 1 + (head & 0x1f));
    if (head >= 0xe0) return this.#moved(at + 1, head - 0x100);
    return this.#wide(head, depth);
  }

  #wide(head: number, depth: number): MsgpackValue {
    const bytes = this.#bytes;
    const start = this.at + headSize(head);
    switch (kindOf(head)) {
      case Kind.nil:
        return this.#moved(start, null);
      case Kind.bool:
        return this.#moved(start, head === 0xc3);
      case Kind.str:
        return this.#text(start, start + this.#length());
      case Kind.bin: {
        const end = start + this.#length();
        return this.#fits(end) ? this.#moved(end, binaryText(bytes, start, end)) : null;
      }
      case Kind.array:
        return this.#array(this.#count(), start, depth);
      case Kind.map:
        return this.#map(this.#count(), start, depth);
      case Kind.ext: {
        const end = start + this.#length();
        return this.#fits(end) ? this.#moved(end, extensionText(bytes, start, end)) : null;
      }
      case Kind.int:
      case Kind.float: {
        const end = skipValue(bytes, this.at, this.#end);
        return this.#fits(end) ? this.#moved(end, numberAt(bytes, start, head)) : null;
      }
      case Kind.never:
        break;
    }
    return this.#break();
  }

  #map(count: number, start: number, depth: number): MsgpackValue {
    if (depth >= MAX_DEPTH && count > 0) return this.#passed(count * 2, start, TOO_DEEP);
    this.at = start;
    const map: { [key: string]: MsgpackValue } = {};
    for (let index = 0; index < count && !this.broken; index += 1) {
      if (this.#left < 0) {
        map[CUT_KEY] = this.#passed((count - index) * 2, this.at, `${count - index} more members`);
        break;
      }
      const key = this.#key();
      const value = this.read(depth + 1);
      if (key === "__proto__") Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
      else map[key] = value;
    }
    return map;
  }

  #array(count: number, start: number, depth: number): MsgpackValue {
    if (depth >= MAX_DEPTH && count > 0) return this.#passed(count, start, TOO_DEEP);
    this.at = start;
    const array: MsgpackValue[] = [];
    for (let index = 0; index < count && !this.broken; index += 1) {
      if (this.#left < 0) {
        array.push(this.#passed(count - index, this.at, `(${count - index} more)`));
        break;
      }
      array.push(this.read(depth + 1));
    }
    return array;
  }

  #key(): string {
    const start = this.at + 1;
    const head = start <= this.#end ? (this.#bytes[this.at] ?? 0xc1) : 0xc1;
    if (head >= 0xa0 && head < 0xc0) {
      const end = start + (head & 0x1f);
      if (!this.#fits(end)) return "";
      this.at = end;
      return keys.get(this.#bytes, start, end);
    }
    const key = this.read(MAX_DEPTH);
    return typeof key === "object" && key !== null ? "(container)" : String(key);
  }

  /** The text of `start .. end`; null when it is not all there. */
  #text(start: number, end: number): string | null {
    if (!this.#fits(end)) return null;
    this.at = end;
    return end - start <= MAX_CACHED ? texts.get(this.#bytes, start, end) : this.#bytes.toString("utf8", start, end);
  }

  /** Passes `count` values from `start` and answers `instead`. */
  #passed(count: number, start: number, instead: string): string | null {
    const walk = { at: start, pending: count };
    return advance(walk, this.#bytes, this.#end) === 0 ? this.#moved(walk.at, instead) : this.#break();
  }

  #length(): number {
    const length = lengthAt(this.#bytes, this.at, this.#end);
    return length < 0 ? Infinity : length;
  }

  #count(): number {
    const count = countAt(this.#bytes, this.at, this.#end);
    if (count < 0) this.#break();
    return count;
  }

  #fits(end: number): boolean {
    if (end >= 0 && end <= this.#end) return true;
    this.#break();
    return false;
  }

  #moved<Value>(at: number, value: Value): Value {
    this.at = at;
    return value;
  }

  #break(): null {
    this.broken = true;
    return null;
  }
}

/** Longest value that is looked up; longer ones seldom repeat. */
const MAX_CACHED = 20;
const CACHE_SLOTS = 2_048;

/** Keys and short values repeat from record to record: looking one up costs less than asking for a new string. */
class ShortTexts {
  readonly #texts: string[] = Array.from({ length: CACHE_SLOTS }, () => "");
  readonly #areKeys: boolean;

  constructor(areKeys: boolean) {
    this.#areKeys = areKeys;
  }

  get(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return "";
    const middle = bytes[start + (length >>> 1)] as number;
    const slot =
      ((bytes[start] as number) * 31 + middle * 521 + (bytes[end - 1] as number) * 131 + length * 67) & (CACHE_SLOTS - 1);
    // Two places for each, so that two names which share one do not push each other out for ever.
    const first = this.#texts[slot] as string;
    if (isText(first, bytes, start, length)) return first;
    const second = this.#texts[slot ^ 1] as string;
    if (isText(second, bytes, start, length)) return second;
    const text = bytes.toString("utf8", start, end);
    this.#texts[slot ^ 1] = first;
    // What has been a name of a property is stored once in the engine and found faster when it is one again.
    this.#texts[slot] = this.#areKeys ? (Object.keys({ [text]: 0 })[0] as string) : text;
    return text;
  }
}

/** A unit above 0x7f never matches a byte of UTF-8 at the same place, so only ASCII is ever found to be equal. */
function isText(text: string, bytes: Buffer, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let index = 0; index < length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit !== bytes[start + index] || unit >= 0x80) return false;
  }
  return true;
}

const keys = new ShortTexts(true);
const texts = new ShortTexts(false);

function binaryText(bytes: Buffer, start: number, end: number): string {
  const slice = bytes.subarray(start, end);
  if (isUtf8(slice) && !slice.includes(0)) return slice.toString("utf8");
  const hex = slice.toString("hex", 0, MAX_HEX_BYTES);
  return slice.length > MAX_HEX_BYTES ? `${hex}... (${slice.length} bytes)` : hex;
}

/** An extension within a record: Fluentd's EventTime as ISO 8601, any other as its type and hex. `start` is behind the type. */
function extensionText(bytes: Buffer, start: number, end: number): string {
  const type = bytes.readInt8(start - 1);
  if (type === 0 && end - start === 8) return new Date(bytes.readUInt32BE(start) * 1_000).toISOString();
  return `ext(${type}) ${binaryText(bytes, start, end)}`;
}

/** The number whose digits begin at `start`; a string beyond 2^53 and where it is not finite. */
function numberAt(bytes: Buffer, start: number, head: number): number | string {
  switch (head) {
    case 0xca:
      return finite(bytes.readFloatBE(start));
    case 0xcb:
      return finite(bytes.readDoubleBE(start));
    case 0xcc:
      return bytes[start] ?? 0;
    case 0xcd:
      return bytes.readUInt16BE(start);
    case 0xce:
      return bytes.readUInt32BE(start);
    case 0xcf: {
      const value = bytes.readUInt32BE(start) * 2 ** 32 + bytes.readUInt32BE(start + 4);
      return Number.isSafeInteger(value) ? value : String(bytes.readBigUInt64BE(start));
    }
    case 0xd0:
      return bytes.readInt8(start);
    case 0xd1:
      return bytes.readInt16BE(start);
    case 0xd2:
      return bytes.readInt32BE(start);
    default: {
      const value = bytes.readInt32BE(start) * 2 ** 32 + bytes.readUInt32BE(start + 4);
      return Number.isSafeInteger(value) ? value : String(bytes.readBigInt64BE(start));
    }
  }
}

function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

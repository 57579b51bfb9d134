import { createHash } from "node:crypto";
import { Kind, NEEDS_MORE, advance, countAt, headSize, kindOf, lengthAt, skipValue } from "../scan/msgpack.ts";
import { MsgpackReader } from "../scan/msgpack-value.ts";
import { trimTag, type ForwardBody, type ForwardChunk, type ForwardMessage } from "./forward-message.ts";

/** Entries cut at once: more are cut as they are handed on, so that tiny ones cannot cost many times their size. */
export const MAX_CUT = 4_096;
/** `{"ack": ...}` up to its value. */
const ACK_HEAD = Buffer.from([0x81, 0xa3, 0x61, 0x63, 0x6b]);
/** Longer chunk ids are remembered by their hash. */
const MAX_ID_BYTES = 128;
const SAMPLE_BYTES = 64;

/**
 * Reads one message: `[tag, time, record, option?]`, `[tag, [entry, ...], option?]` or `[tag, packed entries, option?]`.
 * The option may be nil or missing. One parser serves one connection.
 */
export class ForwardParser {
  /** Where the last message that was read ends. */
  next = 0;
  #tag = "";
  #tagBytes: Buffer = Buffer.alloc(0);
  #chunk: ForwardChunk | undefined;
  #isLogs = true;
  readonly #reader = new MsgpackReader();

  /** The message at `start`; {@link NEEDS_MORE} when it is not all there, {@link NEVER_VALID} when it can be no message. */
  read(bytes: Buffer, start: number, end: number): ForwardMessage | number {
    const count = countAt(bytes, start, end);
    if (count < 0) return count;
    const tagStart = start + headSize(bytes[start] ?? 0);
    this.next = 0;
    this.#chunk = undefined;
    this.#isLogs = true;
    if (count < 2 || count > 4) return this.#strange(bytes, start, end, `an array of ${count} where [tag, entries] was expected`);
    const bodyStart = skipValue(bytes, tagStart, end);
    if (bodyStart < 0) return bodyStart;
    if (bodyStart >= end) return NEEDS_MORE;
    const tagKind = kindOf(bytes[tagStart] ?? 0);
    if (tagKind !== Kind.str && tagKind !== Kind.bin) return this.#strange(bytes, start, end, "a message without a tag");
    const body = this.#body(bytes, bodyStart, end, count);
    if (typeof body === "number") return body;
    return { tag: this.#tagOf(bytes, tagStart, bodyStart), body, chunk: this.#chunk, isLogs: this.#isLogs };
  }

  #body(bytes: Buffer, at: number, end: number, count: number): ForwardBody | number {
    const kind = kindOf(bytes[at] ?? 0);
    if (kind === Kind.array) return this.#forward(bytes, at, end, count);
    if (kind === Kind.str || kind === Kind.bin) return this.#packed(bytes, at, end, count);
    const isTime = kind === Kind.int || kind === Kind.float || kind === Kind.ext || kind === Kind.nil;
    if (isTime && count > 2) return this.#single(bytes, at, end, count);
    return this.#unreadable(bytes, at, end, count);
  }

  #single(bytes: Buffer, at: number, end: number, count: number): ForwardBody | number {
    const recordStart = skipValue(bytes, at, end);
    const recordEnd = recordStart < 0 ? recordStart : skipValue(bytes, recordStart, end);
    if (recordEnd < 0) return recordEnd;
    const rest = this.#rest(bytes, recordEnd, end, count - 3);
    return rest < 0 ? rest : { kind: "frames", bytes, bounds: [at, this.next] };
  }

  #forward(bytes: Buffer, at: number, end: number, count: number): ForwardBody | number {
    const entries = countAt(bytes, at, end);
    if (entries < 0) return entries;
    const first = at + headSize(bytes[at] ?? 0);
    const bounds: number[] = [];
    let next = first;
    let cut = entries <= MAX_CUT;
    if (cut) {
      for (let index = 0; index < entries; index += 1) {
        const start = next;
        next = skipValue(bytes, start, end);
        if (next < 0) return next;
        bounds.push(start, next);
        if (isGroupMark(bytes, start)) cut = false;
      }
    } else {
      const walk = { at: first, pending: entries };
      const state = advance(walk, bytes, end);
      if (state < 0) return state;
      next = walk.at;
    }
    const rest = this.#rest(bytes, next, end, count - 2);
    if (rest < 0) return rest;
    return cut ? { kind: "frames", bytes, bounds } : { kind: "entries", bytes, start: first, end: next };
  }

  #packed(bytes: Buffer, at: number, end: number, count: number): ForwardBody | number {
    const next = skipValue(bytes, at, end);
    if (next < 0) return next;
    const rest = this.#rest(bytes, next, end, count - 2);
    if (rest < 0) return rest;
    const start = next - lengthAt(bytes, at, end);
    // Fluent Bit's rule: what the bytes are wins over what the option says.
    if (bytes[start] === 0x1f && bytes[start + 1] === 0x8b) return { kind: "gzip", bytes: bytes.subarray(start, next) };
    if (next - start >= 4 && bytes.readUInt32BE(start) === 0x28b52ffd) {
      const reason = 'entries compressed with zstd; set the sender to "compress gzip" or to none';
      return { kind: "malformed", reason, sample: sampleOf(bytes, start, next) };
    }
    return { kind: "entries", bytes, start, end: next };
  }

  /** The option, and whatever else follows: `left` elements from `at`. Sets `next`; negative as ever. */
  #rest(bytes: Buffer, at: number, end: number, left: number): number {
    let next = at;
    for (let index = 0; index < left; index += 1) {
      const start = next;
      next = skipValue(bytes, start, end);
      if (next < 0) return next;
      if (index === 0 && kindOf(bytes[start] ?? 0) === Kind.map) this.#option(bytes, start, next);
    }
    this.next = next;
    return next;
  }

  #option(bytes: Buffer, start: number, end: number): void {
    const pairs = countAt(bytes, start, end);
    let key = start + headSize(bytes[start] ?? 0);
    for (let index = 0; index < pairs; index += 1) {
      const value = skipValue(bytes, key, end);
      const next = skipValue(bytes, value, end);
      const name = kindOf(bytes[key] ?? 0) === Kind.str && value - key <= 16 ? bytes.toString("latin1", key + 1, value) : "";
      if (name === "chunk" && bytes[value] !== 0xc0) this.#chunk = chunkOf(bytes, value, next);
      if (name === "fluent_signal") {
        this.#reader.over(bytes, value, next);
        const signal = this.#reader.read();
        this.#isLogs = typeof signal !== "number" || signal === 0;
      }
      key = next;
    }
  }

  /** A message that is msgpack and an array but no message: passed over, so that the next one can be read. */
  #strange(bytes: Buffer, start: number, end: number, reason: string): ForwardMessage | number {
    const next = skipValue(bytes, start, end);
    if (next < 0) return next;
    this.next = next;
    return { tag: "", body: { kind: "malformed", reason, sample: sampleOf(bytes, start, next) }, chunk: undefined, isLogs: true };
  }

  /** The same, with a tag and maybe a chunk, which is acknowledged: sending it again would not help. */
  #unreadable(bytes: Buffer, at: number, end: number, count: number): ForwardBody | number {
    const reason = "neither entries nor a time and a record behind the tag";
    const next = skipValue(bytes, at, end);
    if (next < 0) return next;
    const rest = this.#rest(bytes, next, end, count - 2);
    return rest < 0 ? rest : { kind: "malformed", reason, sample: sampleOf(bytes, at, next) };
  }

  /** Tags repeat from message to message, so the last one is kept. */
  #tagOf(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    const known = this.#tagBytes;
    let index = known.length === length ? 0 : length;
    while (index < length && known[index] === bytes[start + index]) index += 1;
    if (index < length || known.length !== length) {
      this.#tagBytes = Buffer.from(bytes.subarray(start, Math.min(end, start + 4_096)));
      this.#tag = trimTag(bytes.toString("utf8", start + headSize(bytes[start] ?? 0), end));
    }
    return this.#tag;
  }
}

/** Whether an entry is a group marker of Fluent Bit's: `[[EventTime ffffffff or fffffffe, {}], ...]`. */
export function isGroupMark(bytes: Buffer, at: number): boolean {
  return (
    bytes[at + 4] === 0xff &&
    bytes[at + 5] === 0xff &&
    bytes[at + 6] === 0xff &&
    (bytes[at + 7] ?? 0) >= 0xfe &&
    bytes[at] === 0x92 &&
    bytes[at + 1] === 0x92 &&
    bytes[at + 2] === 0xd7 &&
    bytes[at + 3] === 0x00
  );
}

function chunkOf(bytes: Buffer, start: number, end: number): ForwardChunk {
  const value = bytes.subarray(start, end);
  if (lengthAt(value, 0, value.length) === 0) return { id: "", answer: Buffer.concat([ACK_HEAD, value]) };
  const id = value.length > MAX_ID_BYTES ? createHash("sha256").update(value).digest("base64") : value.toString("base64");
  return { id, answer: Buffer.concat([ACK_HEAD, value]) };
}

function sampleOf(bytes: Buffer, start: number, end: number): Buffer {
  return Buffer.from(bytes.subarray(start, Math.min(end, start + SAMPLE_BYTES)));
}

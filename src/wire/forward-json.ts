import { createHash } from "node:crypto";
import { excerpt } from "../base/complaints.ts";
import { formatBytes } from "../base/units.ts";
import { packFrames } from "../record/batch.ts";
import { Carry, type CarryBudget } from "./carry.ts";
import {
  trimTag,
  type ForwardBody,
  type ForwardChunk,
  type ForwardFault,
  type ForwardMessage,
  type ForwardSource,
} from "./forward-message.ts";
import { ForwardPatience } from "./forward-patience.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SAMPLE_BYTES = 64;
const MAX_ID_LENGTH = 128;
/** Containers inside containers. Writing entries down again recurses: the depth must end it, not the stack. */
const MAX_DEPTH = 1_000;

/**
 * The JSON mode of in_forward: a connection whose first byte is `{` or `[` carries JSON texts one after the other, each
 * a message `[tag, time, record, option?]` or `[tag, [[time, record], ...], option?]`. Frames are JSON entries.
 */
export class ForwardJson implements ForwardSource {
  fault: ForwardFault | undefined = undefined;
  readonly #maxBytes: number;
  readonly #carry: Carry;
  readonly #patience = new ForwardPatience();
  /** Up to here brackets have been counted. */
  #at = 0;
  #depth = 0;
  #deepest = 0;
  #inString = false;
  #escaped = false;

  constructor(maxMessageBytes: number, budget: CarryBudget) {
    this.#maxBytes = maxMessageBytes;
    this.#carry = new Carry(budget);
  }

  push(chunk: Buffer): readonly ForwardMessage[] {
    const messages: ForwardMessage[] = [];
    if (this.fault !== undefined) return messages;
    const carry = this.#carry;
    this.#at -= carry.append(chunk);
    while (this.fault === undefined && this.#skipSpace() && this.#toEnd() && this.#at - carry.start <= this.#maxBytes) {
      const text = carry.bytes.subarray(carry.start, this.#at);
      const message = this.#deepest > MAX_DEPTH ? malformed(text, `nested deeper than ${MAX_DEPTH} levels`) : messageOf(text);
      this.#deepest = 0;
      messages.push(message);
      carry.start = this.#at;
      this.fault = this.#patience.after(message);
    }
    if (this.fault === undefined && this.#at - carry.start > this.#maxBytes) {
      const message = `a message over max_message_bytes (${formatBytes(this.#maxBytes)}); the connection was closed`;
      this.fault = { outcome: "too_large", cause: "too_large", message };
    }
    if (this.fault !== undefined) carry.release();
    else this.#keep();
    return messages;
  }

  get heldBytes(): number {
    return this.#carry.heldBytes;
  }

  forget(): void {
    this.#carry.release();
  }

  end(): void {
    const left = this.#carry.end - this.#carry.start;
    if (this.fault === undefined && left > 0) {
      const message = `the connection ended within a message, ${left} bytes after its beginning`;
      this.fault = { outcome: "malformed", cause: "cut_off", message };
    }
    this.#carry.release();
  }

  #keep(): void {
    const moved = this.#carry.settle();
    if (moved >= 0) {
      this.#at -= moved;
      return;
    }
    const message = "no room for another unfinished message (max_buffered_bytes); the connection was closed";
    this.fault = { outcome: "too_large", cause: "buffers_full", message };
  }

  /** Moves to the next message; false when none begins. */
  #skipSpace(): boolean {
    const carry = this.#carry;
    if (this.#depth > 0) return true;
    while (carry.start < carry.end && (carry.bytes[carry.start] ?? 0) <= 0x20) carry.start += 1;
    this.#at = carry.start;
    if (carry.start === carry.end) return false;
    const first = carry.bytes[carry.start];
    if (first === 0x5b || first === 0x7b) return true;
    const message = `neither an array nor an object in a JSON stream, so the connection was closed: ${excerpt(carry.bytes.subarray(carry.start, carry.end))}`;
    this.fault = { outcome: "malformed", cause: "not_forward", message };
    return false;
  }

  /** Counts brackets outside strings up to the end of the message; false when it is not there yet. */
  #toEnd(): boolean {
    const { bytes, end } = this.#carry;
    while (this.#at < end) {
      const byte = bytes[this.#at] ?? 0;
      this.#at += 1;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === QUOTE) this.#inString = true;
      else if (byte === 0x5b || byte === 0x7b) {
        this.#depth += 1;
        if (this.#depth > this.#deepest) this.#deepest = this.#depth;
      } else if (byte === 0x5d || byte === 0x7d) {
        this.#depth -= 1;
        if (this.#depth === 0) return true;
      }
    }
    return false;
  }
}

function messageOf(text: Buffer): ForwardMessage {
  try {
    return read(JSON.parse(text.toString("utf8")));
  } catch (error) {
    return malformed(text, `not JSON: ${error instanceof Error ? error.message : "unreadable"}`);
  }
}

/** A message that is passed over, so that the next one can be read. */
function malformed(text: Buffer, reason: string): ForwardMessage {
  const sample = Buffer.from(text.subarray(0, SAMPLE_BYTES));
  return { tag: "", body: { kind: "malformed", reason, sample }, chunk: undefined, isLogs: true };
}

function read(parsed: unknown): ForwardMessage {
  const [tag, second, third, fourth]: unknown[] = Array.isArray(parsed) ? parsed : [];
  if (typeof tag !== "string") throw new Error("a message without a tag");
  const isText = typeof second === "string";
  const entries = Array.isArray(second) ? second : [[second, third]];
  const option = Array.isArray(second) || isText ? third : fourth;
  const members = typeof option === "object" && option !== null ? (option as Readonly<Record<string, unknown>>) : {};
  const signal = members["fluent_signal"];
  const body: ForwardBody = isText
    ? { kind: "malformed", reason: "packed entries in a JSON stream", sample: Buffer.from(second.slice(0, SAMPLE_BYTES)) }
    : { kind: "frames", ...framesOf(entries) };
  const isLogs = typeof signal !== "number" || signal === 0;
  return { tag: trimTag(tag), body, chunk: chunkOf(members["chunk"]), isLogs };
}

function framesOf(entries: readonly unknown[]): { bytes: Buffer; bounds: number[] } {
  const { bytes, bounds } = packFrames(entries.map((entry) => Buffer.from(JSON.stringify(entry) ?? "null")));
  return { bytes, bounds: [...bounds] };
}

function chunkOf(value: unknown): ForwardChunk | undefined {
  if (value === undefined || value === null) return undefined;
  const text = JSON.stringify(value);
  if (value === "") return { id: "", answer: Buffer.from(`{"ack":${text}}`) };
  const id = text.length > MAX_ID_LENGTH ? createHash("sha256").update(text).digest("base64") : text;
  return { id, answer: Buffer.from(`{"ack":${text}}`) };
}

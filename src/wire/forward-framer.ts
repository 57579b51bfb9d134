import { excerpt } from "../base/complaints.ts";
import { formatBytes } from "../base/units.ts";
import { Kind, NEVER_VALID, advance, kindOf } from "../scan/msgpack.ts";
import { Carry, type CarryBudget } from "./carry.ts";
import type { ForwardFault, ForwardMessage, ForwardSource } from "./forward-message.ts";
import { ForwardParser } from "./forward-parser.ts";
import { ForwardPatience } from "./forward-patience.ts";

const NIL = 0xc0;

/**
 * Cuts a stream of msgpack into messages of the Fluentd forward protocol without building their records. A message that
 * spans reads is walked once however it is cut, and its declared lengths are believed only as far as the limit. A
 * stream that is no msgpack, or whose message is too large, ends in a fault: there is no way to find the next message.
 */
export class ForwardFramer implements ForwardSource {
  fault: ForwardFault | undefined = undefined;
  readonly #maxBytes: number;
  readonly #carry: Carry;
  readonly #parser = new ForwardParser();
  readonly #patience = new ForwardPatience();
  /** The walk over a message that was not all there; nothing is pending when there is none. */
  readonly #walk = { at: 0, pending: 0 };

  constructor(maxMessageBytes: number, budget: CarryBudget) {
    this.#maxBytes = maxMessageBytes;
    this.#carry = new Carry(budget);
  }

  push(chunk: Buffer): readonly ForwardMessage[] {
    const messages: ForwardMessage[] = [];
    if (this.fault !== undefined) return messages;
    const carry = this.#carry;
    const walk = this.#walk;
    walk.at -= carry.append(chunk, walk.pending === 0 ? 0 : walk.at + walk.pending - carry.start);
    let previous: ForwardMessage | undefined;
    while (carry.start < carry.end && this.fault === undefined) {
      if (carry.bytes[carry.start] === NIL) {
        carry.start += 1;
        continue;
      }
      const message = this.#message();
      if (message === undefined) break;
      if (previous === undefined || !joined(previous, message)) {
        messages.push(message);
        previous = message;
      }
      this.fault = this.#patience.after(message);
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

  /** The next message; undefined when it is not all there, or after a fault. */
  #message(): ForwardMessage | undefined {
    const { bytes, start, end } = this.#carry;
    const walk = this.#walk;
    if (walk.pending === 0) {
      if (kindOf(bytes[start] ?? 0) !== Kind.array) return this.#refuse(start);
      const message = this.#parser.read(bytes, start, end);
      if (typeof message === "object") return this.#take(message);
      if (message === NEVER_VALID) return this.#refuse(start);
      walk.at = start;
      walk.pending = 1;
    }
    const state = advance(walk, bytes, end);
    if (state === NEVER_VALID) return this.#refuse(walk.at);
    // However long the rest is, the message cannot end earlier than this.
    if (walk.at + walk.pending - start > this.#maxBytes) return this.#tooLarge(walk.at + walk.pending - start);
    if (state < 0) return undefined;
    walk.pending = 0;
    const message = this.#parser.read(bytes, start, walk.at);
    return typeof message === "object" ? this.#take(message) : this.#refuse(start);
  }

  #take(message: ForwardMessage): ForwardMessage | undefined {
    const size = this.#parser.next - this.#carry.start;
    if (size > this.#maxBytes) return this.#tooLarge(size);
    this.#carry.start = this.#parser.next;
    return message;
  }

  #keep(): void {
    const moved = this.#carry.settle();
    if (moved >= 0) this.#walk.at -= moved;
    else {
      const message = "no room for another unfinished message (max_buffered_bytes); the connection was closed";
      this.fault = { outcome: "too_large", cause: "buffers_full", message };
    }
  }

  #tooLarge(bytes: number): undefined {
    const message = `a message of at least ${bytes} bytes, over max_message_bytes (${formatBytes(this.#maxBytes)}); the connection was closed`;
    this.fault = { outcome: "too_large", cause: "too_large", message };
  }

  #refuse(at: number): undefined {
    const bytes = this.#carry.bytes.subarray(at, this.#carry.end);
    const what = bytes[0] === 0x16 && bytes[1] === 0x03 ? "TLS" : "not the Fluentd forward protocol";
    const message = `${what}, so the connection was closed: ${excerpt(bytes)}`;
    this.fault = { outcome: "malformed", cause: "not_forward", message };
  }
}

/** Lets a message join the one before it, where nothing tells them apart for the sender. */
function joined(previous: ForwardMessage, message: ForwardMessage): boolean {
  const { body } = message;
  const target = previous.body;
  if (body.kind !== "frames" || target.kind !== "frames" || target.bytes !== body.bytes || previous.tag !== message.tag)
    return false;
  if (message.chunk !== undefined || previous.chunk !== undefined || !message.isLogs || !previous.isLogs) return false;
  for (const bound of body.bounds) target.bounds.push(bound);
  return true;
}

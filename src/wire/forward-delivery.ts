import { excerpt } from "../base/complaints.ts";
import { formatBytes } from "../base/units.ts";
import { packFrames, type Frames, type Receipt } from "../record/batch.ts";
import type { Provenance } from "../record/provenance.ts";
import { DockerLines } from "./docker-lines.ts";
import type { ForwardAnswers } from "./forward-answers.ts";
import type { ForwardContext } from "./forward-context.ts";
import { ForwardEntries, type EntryCut } from "./forward-entries.ts";
import type { ForwardMessage } from "./forward-message.ts";
import { gunzipBounded } from "./gunzip.ts";

/** Entries of one message that make one batch. */
interface Part extends EntryCut {
  readonly bytes: Buffer;
  /** How many batches of this message came before. */
  readonly index: number;
}

/**
 * Hands the messages of one connection to the intake, in order, and has them answered. Entries that are no records do
 * not keep a chunk from being answered: its sender would repeat it for ever.
 */
export class ForwardDelivery {
  readonly #context: ForwardContext;
  readonly #peer: string;
  readonly #answers: ForwardAnswers;
  /** Lines of Docker's whose last part has not come; only of messages that nobody waits to see acknowledged. */
  readonly #lines: DockerLines;
  #flushing: NodeJS.Timeout | undefined;
  #receivedMs = 0;

  constructor(context: ForwardContext, peer: string, answers: ForwardAnswers) {
    this.#context = context;
    this.#peer = peer;
    this.#answers = answers;
    this.#lines = new DockerLines(context.maxMessageBytes, context.budget);
  }

  /** A promise says that the intake is not done and no more should be read. */
  deliver(messages: readonly ForwardMessage[], receivedMs: number): Promise<void> | undefined {
    this.#receivedMs = receivedMs;
    for (const [index, message] of messages.entries()) {
      const wait = this.#one(message);
      if (wait !== undefined) return this.#rest(wait, messages.slice(index + 1));
    }
    return undefined;
  }

  /** No more messages will come: hands over what still waits for its last part. */
  async end(): Promise<void> {
    clearTimeout(this.#flushing);
    await this.#flush();
  }

  async #rest(first: Promise<void>, messages: readonly ForwardMessage[]): Promise<void> {
    await first;
    for (const message of messages) await this.#one(message);
  }

  #one(message: ForwardMessage): Promise<void> | undefined {
    const { body } = message;
    if (!message.isLogs) return this.#answer(message, []);
    if (body.kind === "malformed") {
      this.#malformed(message, `${body.reason}: ${excerpt(body.sample)}`);
      return this.#answer(message, []);
    }
    if (body.kind === "gzip") return this.#context.unpacking.add(() => this.#unpack(message, body.bytes));
    if (body.kind === "entries") return this.#entries(message, body.bytes, new ForwardEntries(body.bytes, body.start, body.end));
    return this.#whole(message, { bytes: body.bytes, bounds: body.bounds, metadata: undefined, index: 0 });
  }

  async #unpack(message: ForwardMessage, packed: Buffer): Promise<void> {
    const limit = this.#context.maxDecompressedBytes;
    const unpacked = await gunzipBounded(packed, limit);
    if (unpacked.kind === "bytes") {
      if (unpacked.broken !== undefined) this.#malformed(message, unpacked.broken);
      await this.#entries(message, unpacked.bytes, new ForwardEntries(unpacked.bytes, 0, unpacked.bytes.length));
      return;
    }
    if (unpacked.kind === "malformed") this.#malformed(message, `${unpacked.reason}: ${excerpt(packed)}`);
    else {
      this.#context.host.refuse("too_large");
      const text = `${packed.length} bytes unpack to more than ${formatBytes(limit)} (max_decompressed_bytes) or to a thousand times their size`;
      this.#complain("too_large", message, text);
    }
    this.#answer(message, []);
  }

  #entries(message: ForwardMessage, bytes: Buffer, entries: ForwardEntries): Promise<void> | undefined {
    const first = entries.next();
    if (!entries.done) return this.#parts(message, bytes, { entries, first });
    if (entries.broken !== undefined) this.#malformed(message, entries.broken);
    return this.#whole(message, { bytes, ...first, index: 0 });
  }

  /** Part by part, with a turn of the event loop in between, so that one large message does not keep all others waiting. */
  async #parts(message: ForwardMessage, bytes: Buffer, cuts: { entries: ForwardEntries; first: EntryCut }): Promise<void> {
    const { entries } = cuts;
    const held: (Promise<boolean> | undefined)[] = [];
    let cut = cuts.first;
    let index = 0;
    for (;;) {
      if (cut.bounds.length > 0) {
        const receipt = await this.#take(message, { bytes, ...cut, index });
        held.push(receipt.held);
        index += 1;
      }
      if (entries.done) break;
      await turn();
      cut = entries.next();
    }
    if (entries.broken !== undefined) this.#malformed(message, entries.broken);
    this.#answer(message, held);
  }

  /** A message that is one batch. */
  #whole(message: ForwardMessage, part: Part): Promise<void> | undefined {
    if (part.bounds.length === 0) return this.#answer(message, []);
    const receipt = this.#take(message, part);
    if (!(receipt instanceof Promise)) return this.#answer(message, [receipt.held]);
    return receipt.then(({ held }) => this.#answer(message, [held]));
  }

  #take(message: ForwardMessage, part: Part): Receipt | Promise<Receipt> {
    const position = this.#answers.position(message);
    const frames = this.#joined(message, part);
    if (frames.bounds.length === 0) return NOTHING_TAKEN;
    return this.#context.host.intake({
      codec: "forward",
      from: this.#from(message.tag, part.metadata),
      frames,
      position: position === undefined || part.index === 0 ? position : `${position}\0${part.index}`,
    });
  }

  #from(tag: string, metadata: ReadonlyMap<string, string> | undefined): Provenance {
    const { host } = this.#context;
    return { input: host.name, peer: this.#peer, receivedMs: this.#receivedMs, tag, labels: host.labels, metadata };
  }

  /** Parts of a line may come in several messages, unless their sender waits to see each one acknowledged. */
  #joined(message: ForwardMessage, frames: Frames): Frames {
    const nowMs = this.#context.host.clock.tickMs();
    if (message.chunk !== undefined) {
      return new DockerLines(this.#context.maxMessageBytes, this.#context.budget).passWhole(frames, message.tag, nowMs);
    }
    const passed = this.#lines.pass(frames, message.tag, nowMs);
    if (this.#lines.size > 0) this.#flushLater();
    return passed;
  }

  #flushLater(): void {
    const { partTimeoutMs, host } = this.#context;
    this.#flushing ??= setTimeout(() => {
      this.#flushing = undefined;
      void this.#flush(host.clock.tickMs() - partTimeoutMs);
      if (this.#lines.size > 0) this.#flushLater();
    }, partTimeoutMs);
  }

  /** Hands over lines whose last part was last seen before a moment. */
  async #flush(beforeMs?: number): Promise<void> {
    for (const { tag, frame } of this.#lines.flush(beforeMs)) {
      const frames = packFrames([frame]);
      await this.#context.host.intake({ codec: "forward", from: this.#from(tag, undefined), frames, position: undefined });
    }
  }

  #answer(message: ForwardMessage, held: readonly (Promise<boolean> | undefined)[]): undefined {
    this.#answers.give(message, held);
  }

  #malformed(message: ForwardMessage, text: string): void {
    this.#context.host.refuse("malformed");
    this.#complain("malformed_message", message, text);
  }

  #complain(cause: string, message: ForwardMessage, text: string): void {
    const of = message.tag === "" ? "a message" : `a message tagged ${JSON.stringify(message.tag)}`;
    this.#context.host.complain({ cause, peer: this.#peer, message: `${of}: ${text}` });
  }
}

const NOTHING_TAKEN: Receipt = { accepted: 0, malformed: 0, safe: true, held: undefined };

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

import { excerpt } from "../base/complaints.ts";
import { formatBytes } from "../base/units.ts";
import { frameCount, packFrames, type Frames, type Receipt } from "../record/batch.ts";
import type { Provenance } from "../record/provenance.ts";
import { DockerLines } from "./docker-lines.ts";
import type { ForwardAnswers } from "./forward-answers.ts";
import type { ForwardContext } from "./forward-context.ts";
import { ForwardEntries, type EntryCut } from "./forward-entries.ts";
import type { ForwardMessage } from "./forward-message.ts";
import { gunzipBounded } from "./gunzip.ts";
import { UnpackingRoom } from "./unpacking-room.ts";

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
  /** Until when the chunks at hand have to be safe. */
  #untilMs = 0;

  constructor(context: ForwardContext, peer: string, answers: ForwardAnswers) {
    this.#context = context;
    this.#peer = peer;
    this.#answers = answers;
    this.#lines = new DockerLines(context.maxMessageBytes, context.lineBudget);
  }

  /** A promise says that the intake is not done and no more should be read. */
  deliver(messages: readonly ForwardMessage[], receivedMs: number): Promise<void> | undefined {
    this.#receivedMs = receivedMs;
    this.#untilMs = this.#context.deadline.untilMs();
    for (const [index, message] of messages.entries()) {
      const wait = this.#one(message);
      if (wait !== undefined) return this.#rest(wait, messages.slice(index));
    }
    return undefined;
  }

  /** No more messages will come: hands over what still waits for its last part. */
  async end(): Promise<void> {
    clearTimeout(this.#flushing);
    await this.#flush();
  }

  /** `messages` are that which `first` is about, and those that came with it. */
  async #rest(first: Promise<void>, messages: readonly ForwardMessage[]): Promise<void> {
    const lastChunk = messages.findLastIndex(({ chunk }) => chunk !== undefined);
    const answered = lastChunk < 0 ? undefined : this.#watch(sizeOf(messages));
    for (const [index, message] of messages.entries()) {
      await (index === 0 ? first : this.#one(message));
      if (index === lastChunk) answered?.();
    }
  }

  /** Sees to it that the sender of a chunk does not wait for ever, whatever the intake does. */
  #watch(bytes: number): () => void {
    return this.#context.deadline.watch({ untilMs: this.#untilMs, bytes, late: () => this.#answers.fail() });
  }

  #one(message: ForwardMessage): Promise<void> | undefined {
    const { body } = message;
    if (this.#isRefused(message)) return undefined;
    if (!message.isLogs) return this.#answer(message, []);
    if (body.kind === "malformed") {
      this.#malformed(message, `${body.reason}: ${excerpt(body.sample)}`);
      return this.#answer(message, []);
    }
    if (body.kind === "gzip") return this.#unpackInTurn(message, body.bytes);
    if (body.kind === "entries") return this.#entries(message, body.bytes, new ForwardEntries(body.bytes, body.start, body.end));
    return this.#whole(message, { bytes: body.bytes, bounds: body.bounds, metadata: undefined, index: 0 });
  }

  /** Whether a message is left to its sender, who will send it again. */
  #isRefused({ chunk }: ForwardMessage): boolean {
    if (chunk === undefined) return false;
    const { deadline, maxOverdueBytes } = this.#context;
    if (deadline.overdueBytes > maxOverdueBytes) this.#answers.fail();
    return this.#answers.failed;
  }

  /** A chunk whose deadline passes before its turn leaves the line, so that repetitions do not pile up in it. */
  async #unpackInTurn(message: ForwardMessage, packed: Buffer): Promise<void> {
    const { unpacking } = this.#context;
    if (message.chunk === undefined) return unpacking.add(() => this.#unpack(message, packed));
    const waiting = new AbortController();
    const hasTurn = this.#answers.onFailure(() => waiting.abort());
    const unpack = (): Promise<void> => {
      hasTurn();
      return this.#unpack(message, packed);
    };
    try {
      await unpacking.add(unpack, { signal: waiting.signal });
    } catch (thrown) {
      if (!waiting.signal.aborted) throw thrown;
    }
  }

  async #unpack(message: ForwardMessage, packed: Buffer): Promise<void> {
    const limit = this.#context.maxDecompressedBytes;
    const room = new UnpackingRoom(this.#context.host.memory, packed.length);
    let unpacked = await gunzipBounded(packed, limit, room.take);
    while (unpacked.kind === "no_room") {
      // Its connection is not read meanwhile; who waits for an answer learns in time that there is none.
      await room.wait();
      if (this.#isRefused(message)) return room.release();
      unpacked = await gunzipBounded(packed, limit, room.take);
    }
    if (unpacked.kind === "bytes") {
      if (unpacked.broken !== undefined) this.#malformed(message, unpacked.broken);
      await this.#entries(message, unpacked.bytes, new ForwardEntries(unpacked.bytes, 0, unpacked.bytes.length));
      room.release();
      return;
    }
    room.release();
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
        if (!receipt.safe) return this.#answers.fail();
        held.push(receipt.held);
        index += 1;
      }
      if (entries.done) break;
      await turn();
      if (this.#isRefused(message)) return;
      cut = entries.next();
    }
    if (entries.broken !== undefined) this.#malformed(message, entries.broken);
    this.#answer(message, held);
  }

  /** A message that is one batch. */
  #whole(message: ForwardMessage, part: Part): Promise<void> | undefined {
    if (part.bounds.length === 0) return this.#answer(message, []);
    const receipt = this.#take(message, part);
    return receipt instanceof Promise ? receipt.then((done) => this.#taken(message, done)) : this.#taken(message, receipt);
  }

  #taken(message: ForwardMessage, { safe, held }: Receipt): undefined {
    if (safe) this.#answer(message, [held]);
    else this.#answers.fail();
  }

  #take(message: ForwardMessage, part: Part): Receipt | Promise<Receipt> {
    const position = this.#answers.position(message);
    const frames = this.#joined(message, part);
    if (frames.bounds.length === 0) return NOTHING_TAKEN;
    this.#context.rates?.records(this.#peer, frameCount(frames));
    return this.#context.host.intake({
      codec: "forward",
      from: this.#from(message.tag, part.metadata),
      frames,
      position: position === undefined || part.index === 0 ? position : `${position}\0${part.index}`,
      ...(message.chunk === undefined ? NO_DEADLINE : { untilMs: this.#untilMs }),
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
      return new DockerLines(this.#context.maxMessageBytes, this.#context.lineBudget).passWhole(frames, message.tag, nowMs);
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
    this.#answers.give(message, held, this.#untilMs);
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

const NO_DEADLINE = {};
const NOTHING_TAKEN: Receipt = { accepted: 0, malformed: 0, safe: true, held: undefined };

/** Bytes of memory that messages hold; several may lie in one buffer. */
function sizeOf(messages: readonly ForwardMessage[]): number {
  const buffers = new Set(messages.map(({ body }) => (body.kind === "malformed" ? body.sample : body.bytes)));
  return [...buffers].reduce((sum, { length }) => sum + length, 0);
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

import { status, ServerInterceptingCall, type Metadata, type ServerInterceptingCallInterface } from "@grpc/grpc-js";
import type { InputHost } from "../component/host.ts";
import { frameCount, type Receipt } from "../record/batch.ts";
import { excerpt } from "../base/complaints.ts";
import type { Acknowledged } from "./acknowledged.ts";
import { encodeAck, openBatch, type OpenedBatch } from "./grpc-batch.ts";
import type { GrpcConnection } from "./grpc-connections.ts";
import { metadataBytes, requestMetadata } from "./grpc-metadata.ts";
import type { ReadBudget } from "./read-budget.ts";

/** What the calls of one server share. */
export interface CallContext {
  readonly host: InputHost;
  readonly maxMetadataBytes: number;
  readonly budget: ReadBudget;
  readonly acknowledged: Acknowledged;
  readonly open: Set<RelayCall>;
  readonly isDraining: () => boolean;
}

/** How a call ends. */
interface Ending {
  readonly code: status;
  readonly details: string;
}

/** A batch that was taken and is not yet acknowledged. */
interface Taken {
  readonly id: Buffer;
  /** The id as text of one character a byte. */
  readonly key: string;
  /** The bytes of the answer once it may be sent. */
  ack: Buffer | undefined;
}

/** Batches of one call that may wait for their Ack, or for the sender to read it, before the next is read. */
const MAX_UNACKNOWLEDGED = 1_000;
const OK: Ending = { code: status.OK, details: "OK" };
export const DRAINING: Ending = {
  code: status.UNAVAILABLE,
  details: "the relay is stopping; send what was not acknowledged again",
};

/**
 * One call of Send or Stream: batches in, an Ack for each in their order. It speaks to grpc-js on the level of single
 * messages, because the streams that grpc-js puts on top read 16 messages ahead, and a limit on memory has to hold.
 */
export class RelayCall extends ServerInterceptingCall {
  readonly #call: ServerInterceptingCallInterface;
  readonly #context: CallContext;
  readonly #connection: GrpcConnection;
  readonly #streaming: boolean;
  /** Ends the call towards the sender. */
  readonly #sendStatus: (ending: Ending) => void;
  readonly #taken: Taken[] = [];
  #metadata: ReadonlyMap<string, string> | undefined;
  #batches = 0;
  /** Acks handed to the network that it has not taken yet. */
  #unwritten = 0;
  #reading = false;
  #readAgain = false;
  #readLater = false;
  /** Set when no more batches are taken: how the call ends after the last Ack. */
  #ending: Ending | undefined;
  #over = false;

  constructor(call: ServerInterceptingCallInterface, streaming: boolean, connection: GrpcConnection, context: CallContext) {
    super(call);
    this.#call = call;
    this.#streaming = streaming;
    this.#connection = connection;
    this.#context = context;
    this.#sendStatus = call.sendStatus.bind(call);
    // grpc-js ends calls on its own account too: deadlines, messages over the limit, broken compression.
    call.sendStatus = ({ code, details }) => this.#endedByGrpc({ code: code ?? status.UNKNOWN, details: details ?? "" });
  }

  override start(): void {
    this.#call.start({
      onReceiveMetadata: (metadata) => this.#begin(metadata),
      onReceiveMessage: (message: Buffer) => this.#take(message),
      onReceiveHalfClose: () => this.#halfClosed(),
      onCancel: () => this.#gone(),
    });
  }

  /** Whether nothing more will be answered. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Takes no more batches; ends the call once those it took are answered. A Send under way is finished. */
  drain(): void {
    if (this.#streaming || this.#batches === 0) this.#endWith(DRAINING);
  }

  #begin(metadata: Metadata): void {
    const { maxMetadataBytes, open, isDraining } = this.#context;
    open.add(this);
    if (isDraining()) return this.#endWith(DRAINING);
    const bytes = metadataBytes(metadata);
    if (bytes > maxMetadataBytes) {
      return this.#endWith({
        code: status.RESOURCE_EXHAUSTED,
        details: `request metadata of ${bytes} bytes; at most ${maxMetadataBytes} are taken (max_metadata_bytes)`,
      });
    }
    this.#metadata = requestMetadata(metadata);
    this.#read();
  }

  #read(): void {
    if (this.#over || this.#ending !== undefined) return;
    if (this.#taken.length + this.#unwritten >= MAX_UNACKNOWLEDGED) {
      this.#readLater = true;
      return;
    }
    // A message that is already here is delivered within startRead: a loop, lest many small ones nest without end.
    if (this.#reading) {
      this.#readAgain = true;
      return;
    }
    this.#reading = true;
    do {
      this.#readAgain = false;
      this.#context.budget.whenRoom(() => this.#call.startRead());
    } while (this.#readAgain);
    this.#reading = false;
  }

  #take(message: Buffer): void {
    const { host, budget } = this.#context;
    this.#connection.count();
    if (this.#over || this.#ending !== undefined) return;
    if (!this.#streaming && this.#batches > 0) {
      return this.#endWith({ code: status.INVALID_ARGUMENT, details: "Send takes one Batch; use Stream for many" });
    }
    const opened = openBatch(message);
    if (typeof opened === "string") return this.#refuse(message, opened);
    this.#batches += 1;
    const taken: Taken = { id: opened.id, key: opened.id.toString("latin1"), ack: undefined };
    this.#taken.push(taken);
    if (frameCount(opened.frames) === 0) return this.#settle(taken, NOTHING_IN_IT, 0);
    budget.take(message.length);
    const receipt = host.intake(this.#batchOf(opened, taken.key));
    if (receipt instanceof Promise) void receipt.then((settled) => this.#settle(taken, settled, message.length));
    else this.#settle(taken, receipt, message.length);
  }

  #batchOf(opened: OpenedBatch, key: string) {
    const { host, acknowledged } = this.#context;
    const from = Object.freeze({
      input: host.name,
      peer: this.#connection.peer,
      receivedMs: host.clock.nowMs(),
      tag: "",
      labels: host.labels,
      metadata: this.#metadata,
    });
    return {
      codec: "grpc",
      from,
      frames: opened.frames,
      position: key === "" ? undefined : `${key}\0${acknowledged.times(key)}`,
    };
  }

  /** The relay has the batch: reads on, and answers once no record of it waits for the rest of a stack trace. */
  #settle(taken: Taken, receipt: Receipt, bytes: number): void {
    const safe = (): void => {
      taken.ack = encodeAck(taken.id, receipt.accepted, receipt.malformed);
      this.#flush();
    };
    if (receipt.held === undefined) safe();
    else void receipt.held.then(safe);
    this.#context.budget.give(bytes);
    this.#read();
  }

  #flush(): void {
    for (let next = this.#taken[0]; next?.ack !== undefined; next = this.#taken[0]) {
      const { key, ack } = next;
      this.#taken.shift();
      // Too late by the sender's own clock: grpc-js is about to end the call with DEADLINE_EXCEEDED.
      if (Number(this.#call.getDeadline()) <= this.#context.host.clock.nowMs()) this.#over = true;
      if (this.#over) continue;
      this.#unwritten += 1;
      this.#call.sendMessage(ack, () => {
        this.#unwritten -= 1;
        if (key !== "") this.#context.acknowledged.add(key);
        this.#endIfDone();
        if (!this.#readLater) return;
        this.#readLater = false;
        this.#read();
      });
    }
    this.#endIfDone();
  }

  #refuse(message: Buffer, why: string): void {
    const { host } = this.#context;
    host.refuse("malformed");
    const details = `the request is no crumbtrail.v1.Batch: ${why}`;
    host.complain({ cause: "invalid_batch", peer: this.#connection.peer, message: `${details}: ${excerpt(message)}` });
    this.#endWith({ code: status.INVALID_ARGUMENT, details });
  }

  #halfClosed(): void {
    const isEmpty = !this.#streaming && this.#batches === 0;
    this.#endWith(isEmpty ? { code: status.INVALID_ARGUMENT, details: "Send takes one Batch; there was none" } : OK);
  }

  #endWith(ending: Ending): void {
    this.#ending ??= ending;
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#over || this.#ending === undefined || this.#taken.length + this.#unwritten > 0) return;
    this.#over = true;
    this.#sendStatus(this.#ending);
  }

  #endedByGrpc(ending: Ending): void {
    if (!this.#over) this.#count(ending);
    this.#over = true;
    this.#sendStatus(ending);
  }

  #count({ code, details }: Ending): void {
    const { host } = this.#context;
    const isTooLarge = code === status.RESOURCE_EXHAUSTED;
    const isUnreadable = code === status.UNIMPLEMENTED || details.includes("decompress");
    if (!isTooLarge && !isUnreadable) return;
    host.refuse(isTooLarge ? "too_large" : "malformed");
    const advice = isTooLarge ? " (max_message_bytes); send smaller batches" : "";
    host.complain({
      cause: isTooLarge ? "too_large" : "unreadable",
      peer: this.#connection.peer,
      message: `${details}${advice}`,
    });
  }

  #gone(): void {
    this.#over = true;
    this.#context.open.delete(this);
  }
}

const NOTHING_IN_IT: Receipt = { accepted: 0, malformed: 0, safe: true, held: undefined };

import { status, ServerInterceptingCall, type Metadata, type ServerInterceptingCallInterface } from "@grpc/grpc-js";
import type { InputHost } from "../component/host.ts";
import { frameCount, type Batch, type Receipt } from "../record/batch.ts";
import { excerpt } from "../base/complaints.ts";
import type { Acknowledged } from "./acknowledged.ts";
import type { AnswerDeadline } from "./answer-deadline.ts";
import type { PeerCalls } from "./access/peer-calls.ts";
import type { PeerRates } from "./access/peer-rates.ts";
import type { GrpcAdmission } from "./grpc-admission.ts";
import { encodeAck, NOTHING_IN_IT, openBatch, type OpenedBatch, type Taken } from "./grpc-batch.ts";
import type { GrpcConnection } from "./grpc-connections.ts";
import { metadataBytes, requestMetadata } from "./grpc-metadata.ts";
import { DRAINING, OK, SEND_WITH_SEVERAL, SEND_WITHOUT_BATCH, type Ending } from "./grpc-endings.ts";
import { closeStream } from "./grpc-innards.ts";
import { GrpcReads } from "./grpc-reads.ts";
import { countRefused } from "./grpc-refusals.ts";
import { GrpcRoom, noRoom, type Full } from "./grpc-room.ts";
import type { ReadBudget } from "./read-budget.ts";

/** What the calls of one server share. */
export interface CallContext {
  readonly host: InputHost;
  readonly maxMetadataBytes: number;
  readonly budget: ReadBudget;
  readonly admission: GrpcAdmission;
  readonly calls: PeerCalls;
  /** How much each sender sends; undefined: no sender is limited. */
  readonly rates: PeerRates | undefined;
  readonly acknowledged: Acknowledged;
  /** How long a batch may take to become safe. */
  readonly deadline: AnswerDeadline;
  readonly open: Set<RelayCall>;
  readonly isDraining: () => boolean;
}

/** Batches of one call that may wait for their Ack, or for the sender to read it, before the next is read. */
const MAX_UNACKNOWLEDGED = 1_000;
/** What a batch takes of the budget beside its bytes, so that tiny ones are bounded too. */
const BATCH_OVERHEAD_BYTES = 1_024;

/**
 * One call of Send or Stream: batches in, an Ack for each in their order. It speaks to grpc-js on the level of single
 * messages, because the streams that grpc-js puts on top read 16 messages ahead, and a limit on memory has to hold.
 */
export class RelayCall extends ServerInterceptingCall {
  readonly #call: ServerInterceptingCallInterface;
  readonly #context: CallContext;
  readonly #connection: GrpcConnection;
  readonly #streaming: boolean;
  readonly #reads: GrpcReads;
  readonly #room: GrpcRoom;
  /** Ends the call towards the sender. */
  readonly #sendStatus: (ending: Ending) => void;
  readonly #taken: Taken[] = [];
  #metadata: ReadonlyMap<string, string> | undefined;
  #batches = 0;
  /** Acks handed to the network that it has not taken yet. */
  #unwritten = 0;
  #readLater = false;
  #isHalfClosed = false;
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
    const { budget, deadline, calls, host } = context;
    // In a Stream only what was read is owed an answer; in a Send, that it may be sent now was said at its beginning.
    const waitMs = (): number => context.rates?.waitMs(connection.peer) ?? 0;
    const reads = streaming ? { late: undefined, waitMs } : { late: () => this.#unread(), waitMs: () => 0 };
    this.#reads = new GrpcReads({ call, budget, deadline, ...reads });
    this.#room = new GrpcRoom({ call, peer: connection.peer, calls, memory: host.memory, evicted: (why) => this.#noRoom(why) });
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

  /** Ends the call when its batch takes too long to come in, unless it is we who do not read on. */
  endIfSlow(timeoutMs: number): void {
    const isUnfinished = !this.#over && this.#ending === undefined && (!this.#streaming || this.#room.isPartial);
    if (!this.#reads.isSlow(isUnfinished, timeoutMs, this.#context.host.clock.tickMs())) return;
    this.#endWith(this.#context.admission.slow(this.#connection.peer, timeoutMs));
  }

  #begin(metadata: Metadata): void {
    const { maxMetadataBytes, open, isDraining } = this.#context;
    open.add(this);
    if (isDraining()) return this.#endWith(DRAINING);
    const bytes = metadataBytes(metadata);
    const { admission } = this.#context;
    const { peer } = this.#connection;
    if (bytes > maxMetadataBytes) return this.#endWith(admission.tooMuchMetadata(bytes, maxMetadataBytes, peer));
    const refusal = admission.refusal(metadata, peer, this.#streaming);
    if (refusal !== undefined) return this.#endWith(refusal);
    const full = this.#room.enter(this.#streaming);
    if (full !== undefined) return this.#noRoom(full);
    this.#metadata = requestMetadata(metadata);
    this.#read();
  }

  #read(): void {
    if (this.#over || this.#ending !== undefined) return;
    if (this.#taken.length + this.#unwritten >= MAX_UNACKNOWLEDGED) {
      this.#readLater = true;
      return;
    }
    // Behind the batch of a Send there is only its end, for which the answer must not wait.
    this.#reads.next(!this.#streaming && this.#batches > 0);
  }

  #unread(): void {
    this.#reads.stop();
    this.#failWith(`not read within ${this.#context.deadline.name}, because the queue takes nothing; send it again`);
  }

  #take(message: Buffer): void {
    const { host, budget, deadline } = this.#context;
    this.#connection.brought();
    this.#room.whole();
    this.#reads.came();
    if (this.#over || this.#ending !== undefined) return;
    if (!this.#streaming && this.#batches > 0) return this.#endWith(SEND_WITH_SEVERAL);
    const opened = openBatch(message);
    if (typeof opened === "string") return this.#refuse(message, opened);
    this.#batches += 1;
    const taken: Taken = {
      id: opened.id,
      key: opened.id.toString("latin1"),
      untilMs: deadline.untilMs(Number(this.#call.getDeadline())),
      ack: undefined,
      failed: false,
    };
    this.#taken.push(taken);
    this.#context.rates?.records(this.#connection.peer, frameCount(opened.frames));
    if (frameCount(opened.frames) === 0) return this.#settle(taken, NOTHING_IN_IT, 0);
    const bytes = message.length + BATCH_OVERHEAD_BYTES;
    budget.take(bytes);
    host.memory.hold(bytes);
    const receipt = host.intake(this.#batchOf(opened, taken));
    if (!(receipt instanceof Promise)) return this.#settle(taken, receipt, bytes);
    const answered = deadline.watch({ untilMs: taken.untilMs, late: () => this.#fail(taken) });
    void receipt.then((settled) => {
      answered();
      this.#settle(taken, settled, bytes);
    });
  }

  #batchOf(opened: OpenedBatch, { key, untilMs }: Taken): Batch {
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
      untilMs,
    };
  }

  /** The relay has the batch: reads on, and answers once no record of it waits for the rest of a stack trace. */
  #settle(taken: Taken, receipt: Receipt, bytes: number): void {
    const decide = (safe: boolean): void => {
      if (!safe) return this.#fail(taken);
      taken.ack = encodeAck(taken.id, receipt.accepted, receipt.malformed);
      this.#flush();
    };
    if (receipt.held === undefined || !receipt.safe) decide(receipt.safe);
    else {
      const answered = this.#context.deadline.watch({ untilMs: taken.untilMs, late: () => this.#fail(taken) });
      void receipt.held.then((safe) => {
        answered();
        decide(safe);
      });
    }
    this.#context.host.memory.give(bytes);
    this.#context.budget.give(bytes);
    this.#read();
  }

  /** A batch was not safe in time: no Ack for it and for those behind it, and none is taken any more. */
  #fail(taken: Taken): void {
    if (taken.failed || taken.ack !== undefined || this.#over) return;
    taken.failed = true;
    // Those that came before it still have their time, and their Acks.
    this.#failWith(
      `not safe in the queue within ${this.#context.deadline.name} or the call's deadline; send what was not acknowledged again`,
    );
    this.#flush();
  }

  #failWith(details: string): void {
    if (this.#over) return;
    const message = `a batch was ${details}; the call was ended with UNAVAILABLE`;
    this.#context.host.complain({ cause: "not_safe_in_time", peer: this.#connection.peer, message });
    this.#ending = { code: status.UNAVAILABLE, details: `the batch was ${details}` };
    this.#endIfDone();
  }

  #flush(): void {
    for (let next = this.#taken[0]; next !== undefined; next = this.#taken[0]) {
      const { key, ack, failed } = next;
      if (failed) this.#taken.length = 0;
      if (failed || ack === undefined) break;
      this.#taken.shift();
      // Too late by the sender's own clock: grpc-js is about to end the call with DEADLINE_EXCEEDED.
      if (Number(this.#call.getDeadline()) <= this.#context.host.clock.nowMs()) this.#over = true;
      if (this.#over) continue;
      this.#unwritten += 1;
      this.#send(key, ack);
    }
    this.#endIfDone();
  }

  #send(key: string, ack: Buffer): void {
    if (this.#over) return;
    this.#call.sendMessage(ack, () => {
      this.#unwritten -= 1;
      if (key !== "") this.#context.acknowledged.add(key);
      this.#endIfDone();
      if (!this.#readLater) return;
      this.#readLater = false;
      this.#read();
    });
  }

  #refuse(message: Buffer, why: string): void {
    const { host } = this.#context;
    host.refuse("malformed");
    const details = `the request is no crumbtrail.v1.Batch: ${why}`;
    host.complain({ cause: "invalid_batch", peer: this.#connection.peer, message: `${details}: ${excerpt(message)}` });
    this.#endWith({ code: status.INVALID_ARGUMENT, details });
  }

  #halfClosed(): void {
    this.#isHalfClosed = true;
    const isEmpty = !this.#streaming && this.#batches === 0;
    this.#endWith(isEmpty ? SEND_WITHOUT_BATCH : OK);
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
    if (!this.#over) countRefused(ending, this.#connection.peer, this.#context.host);
    this.#over = true;
    this.#sendStatus(ending);
  }

  #noRoom(why: Full): void {
    this.#context.admission.noRoom(this.#connection.peer, why);
    this.#endWith(noRoom(why));
  }

  #gone(): void {
    this.#over = true;
    this.#reads.stop();
    this.#room.leave();
    if (!this.#isHalfClosed) closeStream(this.#call);
    this.#context.open.delete(this);
  }
}

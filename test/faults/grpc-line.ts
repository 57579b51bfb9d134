import { Client, credentials, status, type ClientDuplexStream, type ServiceError } from "@grpc/grpc-js";
import { loadLogRelay, SEND_PATH, STREAM_PATH } from "../../src/wire/grpc-proto.ts";
import type { Batch, Line, Source } from "./flow.ts";
import { grpcBatch } from "./records.ts";

const RETRY_MS = 50;
/** After these nobody knows whether the batch was taken, so it is sent again. */
const AGAIN = new Set<number>([status.UNAVAILABLE, status.CANCELLED, status.DEADLINE_EXCEEDED, status.INTERNAL, status.UNKNOWN]);

interface Ack {
  readonly id: string;
  readonly accepted: number;
}

/** Turns batches into bytes and answers into acks, by the proto file. */
export interface GrpcBytes {
  batch(batch: Batch): Buffer;
  ack(bytes: Buffer): Ack;
}

export async function grpcBytes(): Promise<GrpcBytes> {
  const { Send } = (await loadLogRelay()).service;
  if (Send === undefined) throw new Error("the proto file has no Send");
  return {
    batch: ({ fields, id }) => Send.requestSerialize(grpcBatch(fields, id)),
    ack: (bytes) => Send.responseDeserialize(bytes) as Ack,
  };
}

function clientOf(port: number): Client {
  return new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_retries": 0,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 200,
  });
}

/** Calls of Send, so many at once; one that fails is made again with the same bytes until it is answered. */
export class GrpcSendLine implements Line {
  readonly #source: Source;
  readonly #bytes: GrpcBytes;
  readonly #client: Client;
  #open = 0;

  constructor(source: Source, bytes: GrpcBytes) {
    this.#source = source;
    this.#bytes = bytes;
    this.#client = clientOf(source.plan.port);
    source.connections += 1;
  }

  get isIdle(): boolean {
    return this.#open === 0;
  }

  pump(): void {
    while (this.#open < this.#source.plan.window) {
      const batch = this.#source.next();
      if (batch === undefined) return;
      this.#open += 1;
      this.#send(batch, this.#bytes.batch(batch));
    }
  }

  async end(): Promise<void> {
    this.#client.close();
  }

  #send(batch: Batch, bytes: Buffer): void {
    const done = (error: ServiceError | null, ack?: Ack): void => {
      if (error === null && ack?.id === batch.id && ack.accepted === batch.fields.length) {
        this.#open -= 1;
        this.#source.acknowledged(batch);
        return;
      }
      if (error === null || !AGAIN.has(error.code))
        throw new Error(`batch ${batch.id}: ${error?.message ?? JSON.stringify(ack)}`);
      this.#source.resent += 1;
      setTimeout(() => this.#send(batch, bytes), RETRY_MS);
    };
    const plain = (raw: Buffer): Buffer => raw;
    this.#client.makeUnaryRequest(SEND_PATH, plain, (raw) => this.#bytes.ack(raw), bytes, done);
  }
}

/** One call of Stream; when it breaks, what has no Ack is sent again on the next one. */
export class GrpcStreamLine implements Line {
  readonly #source: Source;
  readonly #bytes: GrpcBytes;
  readonly #client: Client;
  readonly #unacknowledged = new Map<string, { readonly batch: Batch; readonly bytes: Buffer }>();
  #call: ClientDuplexStream<Buffer, Ack> | undefined;

  constructor(source: Source, bytes: GrpcBytes) {
    this.#source = source;
    this.#bytes = bytes;
    this.#client = clientOf(source.plan.port);
    this.#open();
  }

  get isIdle(): boolean {
    return this.#unacknowledged.size === 0;
  }

  pump(): void {
    while (this.#call !== undefined && this.#unacknowledged.size < this.#source.plan.window) {
      const batch = this.#source.next();
      if (batch === undefined) return;
      const bytes = this.#bytes.batch(batch);
      this.#unacknowledged.set(batch.id, { batch, bytes });
      this.#call.write(bytes);
    }
  }

  async end(): Promise<void> {
    this.#call?.cancel();
    this.#client.close();
  }

  #open(): void {
    if (this.#source.isStopping && this.isIdle) return;
    const plain = (raw: Buffer): Buffer => raw;
    const call = this.#client.makeBidiStreamRequest(STREAM_PATH, plain, (raw) => this.#bytes.ack(raw));
    this.#call = call;
    this.#source.connections += 1;
    for (const { bytes } of this.#unacknowledged.values()) {
      this.#source.resent += 1;
      call.write(bytes);
    }
    call.on("data", ({ id }: Ack) => {
      const waiting = this.#unacknowledged.get(id);
      if (waiting === undefined) throw new Error(`an Ack of ${id}, which does not wait for one`);
      this.#unacknowledged.delete(id);
      this.#source.acknowledged(waiting.batch);
    });
    call.on("error", () => {});
    call.on("status", () => {
      if (this.#call !== call) return;
      this.#call = undefined;
      setTimeout(() => this.#open(), RETRY_MS);
    });
  }
}

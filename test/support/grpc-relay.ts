import type { TestContext } from "node:test";
import {
  Client,
  credentials,
  Metadata,
  type CallOptions,
  type ClientDuplexStream,
  type ClientOptions,
  type ServiceError,
} from "@grpc/grpc-js";
import type { MethodDefinition } from "@grpc/proto-loader";
import type { Complaint } from "../../src/base/complaints.ts";
import { MemoryBudget } from "../../src/base/memory-budget.ts";
import { createLogger } from "../../src/base/log.ts";
import type { InputHost } from "../../src/component/host.ts";
import { grpc } from "../../src/inputs/grpc.ts";
import type { Batch, Intake, Receipt } from "../../src/record/batch.ts";
import { loadLogRelay } from "../../src/wire/grpc-proto.ts";

export interface Ack {
  readonly id: string;
  readonly accepted: number;
  readonly malformed: number;
}

/** What it may hold, unless a test narrows it: as good as no limit. */
export const MEMORY_BYTES = 2 ** 40;

/** What the pipeline behind an input saw. */
export class Seen implements InputHost {
  readonly name = "rpc";
  readonly clock = { nowMs: () => Date.now(), tickMs: () => performance.now() };
  readonly log = createLogger("silent");
  readonly labels = undefined;
  readonly dataDir: string | undefined = undefined;
  readonly batches: Batch[] = [];
  readonly refused: string[] = [];
  readonly complaints: Complaint[] = [];
  readonly counts: Record<string, number> = {};
  bytes = 0;
  open = 0;
  opened = 0;
  /** What becomes of a batch; by default all its records are taken at once. */
  answer: Intake = (batch) => takenAll(batch);
  readonly intake: Intake = (batch) => {
    this.batches.push(batch);
    return this.answer(batch);
  };

  complain(complaint: Complaint): void {
    this.complaints.push(complaint);
  }
  refuse(outcome: string, records = 1): void {
    for (let i = 0; i < records; i += 1) this.refused.push(outcome);
  }
  readonly memory = new MemoryBudget(MEMORY_BYTES).share();

  receivedBytes(bytes: number): void {
    this.bytes += bytes;
  }
  connections(change: 1 | -1): void {
    this.open += change;
    if (change === 1) this.opened += 1;
  }
  count(metric: string, result: string, by = 1): void {
    const key = `${metric} ${result}`;
    this.counts[key] = (this.counts[key] ?? 0) + by;
  }
  ended(): void {}
}

export function takenAll(batch: Batch, held?: Promise<boolean>): Receipt {
  return { accepted: batch.frames.bounds.length / 2, malformed: 0, safe: true, held };
}

/** A promise that is resolved from outside. */
export class Gate {
  open: () => void = () => {};
  readonly opened: Promise<boolean> = new Promise((resolve) => {
    this.open = () => resolve(true);
  });
}

/** Waits until something holds; fails the test when it never does. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 2_000; turn += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited in vain: ${what}`);
}

/** A started input, what it hands on, and a real client. Everything is let go of when the test ends. */
export class GrpcRelay {
  readonly seen = new Seen();
  readonly port: number;
  readonly client: Client;
  readonly send: MethodDefinition<object, object>;
  readonly stop: (deadline?: AbortSignal) => Promise<void>;
  readonly #stream: MethodDefinition<object, object>;
  readonly #dispose: (() => void)[] = [];

  static async start(t: TestContext, config: Parameters<typeof grpc.config.parse>[0] = {}): Promise<GrpcRelay> {
    const relay = await GrpcRelay.#start({ listen: "127.0.0.1:0", ...(config as object) });
    t.after(async () => {
      for (const dispose of relay.#dispose) dispose();
      await relay.stop(AbortSignal.abort());
    });
    return relay;
  }

  static async #start(config: object): Promise<GrpcRelay> {
    const seen = new Seen();
    const input = grpc.create(grpc.config.parse(config), seen);
    await input.start(new AbortController().signal);
    const { service } = await loadLogRelay();
    const { Send: send, Stream: stream } = service;
    if (send === undefined || stream === undefined || !("addresses" in input)) throw new Error("incomplete");
    const [address = ""] = input.addresses as readonly string[];
    return new GrpcRelay(seen, Number(address.split(":").at(-1)), [send, stream], (deadline) =>
      input.stop(deadline ?? AbortSignal.timeout(10_000)),
    );
  }

  private constructor(
    seen: Seen,
    port: number,
    [send, stream]: readonly [MethodDefinition<object, object>, MethodDefinition<object, object>],
    stop: (deadline?: AbortSignal) => Promise<void>,
  ) {
    this.seen = seen;
    this.port = port;
    this.send = send;
    this.#stream = stream;
    this.stop = stop;
    this.client = this.another();
  }

  /** A client on a connection of its own. */
  another(options: ClientOptions = {}): Client {
    const client = new Client(`127.0.0.1:${this.port}`, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_retries": 0,
      "grpc.max_send_message_length": -1,
      ...options,
    });
    this.#dispose.push(() => client.close());
    return client;
  }

  /** Calls Send; rejects with the ServiceError. */
  unary(batch: object, options: CallOptions & { metadata?: Readonly<Record<string, string>> } = {}): Promise<Ack> {
    return this.call(this.send, batch, options);
  }

  /** Any call with one answer. */
  call<Answer>(
    method: Pick<MethodDefinition<object, object>, "path" | "requestSerialize" | "responseDeserialize">,
    message: object,
    options: CallOptions & { metadata?: Readonly<Record<string, string>> } = {},
  ): Promise<Answer> {
    const { metadata = {}, ...rest } = options;
    return new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = method;
      const headers = Metadata.fromHttp2Headers(metadata);
      this.client.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, headers, rest, (error, answer) => {
        // The definition of the method says what it answers.
        if (error === null) resolve(answer as Answer);
        else reject(error);
      });
    });
  }

  /** Sends bytes as they are as the request of Send. */
  unaryBytes(bytes: Buffer): Promise<Ack> {
    return this.call({ ...this.send, requestSerialize: () => bytes }, {});
  }

  /** Opens a Stream and collects its answers. */
  stream(client: Client = this.client): StreamCall {
    const { path, requestSerialize, responseDeserialize } = this.#stream;
    const call = client.makeBidiStreamRequest(
      path,
      (batch: object) => (Buffer.isBuffer(batch) ? batch : requestSerialize(batch)),
      responseDeserialize,
    );
    return new StreamCall(call);
  }
}

/** A Stream from the side of the sender. */
export class StreamCall {
  readonly acks: Ack[] = [];
  readonly call: ClientDuplexStream<object, object>;
  /** Resolves with the status of the call. */
  readonly status: Promise<{ readonly code: number; readonly details: string }>;

  constructor(call: ClientDuplexStream<object, object>) {
    this.call = call;
    call.on("data", (ack: Ack) => this.acks.push(ack));
    this.status = new Promise((resolve) => {
      call.on("error", (error: ServiceError) => resolve({ code: error.code, details: error.details }));
      call.on("status", (status: { code: number; details: string }) => resolve({ code: status.code, details: status.details }));
    });
  }

  write(batch: object): void {
    this.call.write(batch);
  }

  end(): void {
    this.call.end();
  }

  ids(): string[] {
    return this.acks.map((ack) => ack.id);
  }
}

/** Records with nothing but a message. */
export function records(count: number, text = "record"): { message: string }[] {
  return Array.from({ length: count }, (_, index) => ({ message: `${text} ${index}` }));
}

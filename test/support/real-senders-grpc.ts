import { fileURLToPath } from "node:url";
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  type Client,
  type ClientDuplexStream,
  type ClientUnaryCall,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const PROTO = fileURLToPath(new URL("../../../protos/crumbtrail/v1/log.proto", import.meta.url));
const HEALTH = fileURLToPath(new URL("../../../node_modules/grpc-health-check/proto/health/v1/health.proto", import.meta.url));

export interface Ack {
  readonly id: string;
  readonly accepted: number;
  readonly malformed: number;
}

/** Undefined where the call failed. */
type Done<Answer> = (error: ServiceError | null, answer?: Answer) => void;

interface LogRelayClient extends Client {
  send(batch: object, metadata: Metadata, options: object, done: Done<Ack>): ClientUnaryCall;
  stream(metadata?: Metadata): ClientDuplexStream<object, Ack>;
}

interface HealthClient extends Client {
  check(request: object, done: Done<{ readonly status: string }>): ClientUnaryCall;
}

/** What an application writes that has nothing of ours but the proto file. */
export class GrpcSender {
  readonly #relay: LogRelayClient;
  readonly #health: HealthClient;

  constructor(port: number) {
    // The proto files say that these services have these methods.
    this.#relay = clientOf(PROTO, ["crumbtrail", "v1", "LogRelay"], port) as LogRelayClient;
    this.#health = clientOf(HEALTH, ["grpc", "health", "v1", "Health"], port) as HealthClient;
  }

  /** Rejects with the ServiceError. */
  send(batch: object, headers: Readonly<Record<string, string>> = {}, options: object = {}): Promise<Ack> {
    const metadata = Metadata.fromHttp2Headers(headers);
    return new Promise((resolve, reject) => {
      this.#relay.send(batch, metadata, options, settle(resolve, reject));
    });
  }

  /** Sends batches on one stream; resolves with the answers when the relay has ended it too. */
  stream(batches: readonly object[], headers: Readonly<Record<string, string>> = {}): Promise<readonly Ack[]> {
    const call = this.#relay.stream(Metadata.fromHttp2Headers(headers));
    const acks: Ack[] = [];
    return new Promise((resolve, reject) => {
      call.on("data", (ack: Ack) => acks.push(ack));
      call.on("error", reject);
      call.on("end", () => resolve(acks));
      for (const batch of batches) call.write(batch);
      call.end();
    });
  }

  health(service: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#health.check(
        { service },
        settle(({ status }) => resolve(status), reject),
      );
    });
  }

  close(): void {
    this.#relay.close();
    this.#health.close();
  }
}

function settle<Answer>(resolve: (answer: Answer) => void, reject: (error: Error) => void): Done<Answer> {
  return (error, answer) => {
    if (error === null && answer !== undefined) resolve(answer);
    else reject(error ?? new Error("no answer"));
  };
}

function clientOf(proto: string, path: readonly string[], port: number): Client {
  let found: unknown = loadPackageDefinition(loadSync(proto, { keepCase: true, defaults: true, enums: String }));
  for (const name of path) found = (found as Readonly<Record<string, unknown>>)[name];
  const Service = found as typeof Client;
  return new Service(`127.0.0.1:${port}`, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
}

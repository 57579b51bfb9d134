import { fileURLToPath } from "node:url";
import { load, type PackageDefinition, type ServiceDefinition } from "@grpc/proto-loader";

export const LOG_RELAY = "crumbtrail.v1.LogRelay";
export const SEND_PATH = `/${LOG_RELAY}/Send`;
export const STREAM_PATH = `/${LOG_RELAY}/Stream`;

export interface LogRelayDefinition {
  /** Everything the proto file defines, for reflection. */
  readonly all: PackageDefinition;
  /** The service, for clients. */
  readonly service: ServiceDefinition;
}

/** Reads the service definition from the proto file of this package. */
export async function loadLogRelay(): Promise<LogRelayDefinition> {
  const path = fileURLToPath(import.meta.resolve("#protos/crumbtrail/v1/log.proto"));
  const all = await load(path, { keepCase: true, defaults: true });
  // The file is ours: this name is its service.
  return { all, service: all[LOG_RELAY] as ServiceDefinition };
}

/** The service as the server sees it: a Batch stays the bytes it came in, an Ack is bytes already. */
export function rawService(service: ServiceDefinition): ServiceDefinition {
  const raw: ServiceDefinition = {};
  for (const [name, method] of Object.entries(service)) {
    raw[name] = { ...method, requestDeserialize: (bytes) => bytes, responseSerialize: (ack) => toBytes(ack) };
  }
  return raw;
}

function toBytes(value: object): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

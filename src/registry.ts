import { autoLine } from "./codec/auto-line.ts";
import { forward as forwardCodec } from "./codec/forward.ts";
import { gelf } from "./codec/gelf.ts";
import { grpc as grpcCodec } from "./codec/grpc.ts";
import { jsonLine } from "./codec/json-line.ts";
import { textLine } from "./codec/text-line.ts";
import type { Codec } from "./component/codec.ts";
import type { InputSpec, ProcessorSpec, QueueSpec, UpstreamSpec } from "./component/spec.ts";
import { gelfTcp } from "./inputs/gelf-tcp.ts";
import { memory } from "./queues/memory.ts";
import { console } from "./upstreams/console.ts";
import { sentry } from "./upstreams/sentry.ts";

// Everything that `type` may say in relay.yml: one import and one line per component.

export const inputs = [gelfTcp] as const satisfies readonly InputSpec[];

export const processors = [] as const satisfies readonly ProcessorSpec[];

export const queues = [memory] as const satisfies readonly QueueSpec[];

export const upstreams = [sentry, console] as const satisfies readonly UpstreamSpec[];

const codecList: readonly Codec[] = [gelf, forwardCodec, grpcCodec, autoLine, jsonLine, textLine];

export const codecs: ReadonlyMap<string, Codec> = new Map(codecList.map((codec) => [codec.name, codec]));

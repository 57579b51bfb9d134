import { autoLine } from "./codec/auto-line.ts";
import { forward as forwardCodec } from "./codec/forward.ts";
import { gelf } from "./codec/gelf.ts";
import { grpc as grpcCodec } from "./codec/grpc.ts";
import { jsonLine } from "./codec/json-line.ts";
import { textLine } from "./codec/text-line.ts";
import type { Codec } from "./component/codec.ts";
import type { InputSpec, ProcessorSpec, QueueSpec, UpstreamSpec } from "./component/spec.ts";
import { file } from "./inputs/file.ts";
import { forward } from "./inputs/forward.ts";
import { gelfHttp } from "./inputs/gelf-http.ts";
import { gelfTcp } from "./inputs/gelf-tcp.ts";
import { gelfUdp } from "./inputs/gelf-udp.ts";
import { grpc } from "./inputs/grpc.ts";
import { kubernetes as kubernetesInput } from "./inputs/kubernetes.ts";
import { stdin } from "./inputs/stdin.ts";
import { syslogTcp } from "./inputs/syslog-tcp.ts";
import { syslogUdp } from "./inputs/syslog-udp.ts";
import { enrich } from "./processors/enrich.ts";
import { filter } from "./processors/filter.ts";
import { kubernetes } from "./processors/kubernetes.ts";
import { route } from "./processors/route.ts";
import { sample } from "./processors/sample.ts";
import { scrub } from "./processors/scrub.ts";
import { disk } from "./queues/disk.ts";
import { memory } from "./queues/memory.ts";
import { console } from "./upstreams/console.ts";
import { sentry } from "./upstreams/sentry.ts";

// Everything that `type` may say in relay.yml: one import and one line per component.

export const inputs = [
  gelfUdp,
  gelfTcp,
  gelfHttp,
  file,
  forward,
  grpc,
  kubernetesInput,
  stdin,
  syslogUdp,
  syslogTcp,
] as const satisfies readonly InputSpec[];

export const processors = [enrich, kubernetes, scrub, filter, sample, route] as const satisfies readonly ProcessorSpec[];

export const queues = [memory, disk] as const satisfies readonly QueueSpec[];

export const upstreams = [sentry, console] as const satisfies readonly UpstreamSpec[];

const allCodecs: readonly Codec[] = [gelf, forwardCodec, grpcCodec, autoLine, jsonLine, textLine];

/** Codecs by the name that batches carry. */
export const codecs: ReadonlyMap<string, Codec> = new Map(allCodecs.map((codec) => [codec.name, codec]));

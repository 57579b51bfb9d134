// Senders in a process of their own; see senders.ts for what they are asked.
import { setTimeout as pause } from "node:timers/promises";
import { Source, type FlowPlan, type FlowReport, type Line } from "./flow.ts";
import { ForwardLine } from "./forward-line.ts";
import { GelfTcpLine, GelfUdpLine } from "./gelf-line.ts";
import { grpcBytes, GrpcSendLine, GrpcStreamLine } from "./grpc-line.ts";
import { answering } from "./remote.ts";

const PUMP_MS = 5;

interface Flow {
  readonly source: Source;
  readonly lines: readonly Line[];
  readonly timer: NodeJS.Timeout;
}

const flows = new Map<string, Flow>();
const bytes = await grpcBytes();

function lineOf(source: Source): Line {
  switch (source.plan.kind) {
    case "forward":
      return new ForwardLine(source);
    case "grpc_send":
      return new GrpcSendLine(source, bytes);
    case "grpc_stream":
      return new GrpcStreamLine(source, bytes);
    case "gelf_tcp":
      return new GelfTcpLine(source);
    case "gelf_udp":
      return new GelfUdpLine(source);
  }
}

function flowOf(name: string): Flow {
  const flow = flows.get(name);
  if (flow === undefined) throw new Error(`there is no flow ${name}`);
  return flow;
}

answering({
  start({ name, plan }: { readonly name: string; readonly plan: FlowPlan }): void {
    const source = new Source(plan);
    const lines = Array.from({ length: plan.connections }, () => lineOf(source));
    let turn = 0;
    const timer = setInterval(() => {
      // Another one is the first each time, or the others would starve.
      turn += 1;
      for (let i = 0; i < lines.length; i += 1) lines[(turn + i) % lines.length]?.pump();
    }, PUMP_MS);
    flows.set(name, { source, lines, timer });
  },
  /** Makes no more records; resolves when all that were made are answered, or rejects. */
  async finish({ name, timeoutMs }: { readonly name: string; readonly timeoutMs: number }): Promise<FlowReport> {
    const { source, lines, timer } = flowOf(name);
    source.isStopping = true;
    const deadline = performance.now() + timeoutMs;
    while (!lines.every((line) => line.isIdle)) {
      if (performance.now() > deadline) throw new Error(`flow ${name} still waits for answers after ${timeoutMs} ms`);
      await pause(PUMP_MS);
    }
    clearInterval(timer);
    await Promise.all(lines.map((line) => line.end()));
    return source.report();
  },
  report: (name: string): FlowReport => flowOf(name).source.report(),
});

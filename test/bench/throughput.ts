import { Daemon } from "../support/daemon.ts";
import { cpuSeconds, peakRssMiB, send, Sink } from "./processes.ts";
import type { Rate } from "./report.ts";
import type { Protocol } from "./traffic.ts";

export interface Run {
  readonly protocol: Protocol;
  /** One record in so many is an error. */
  readonly every: number;
  readonly smoke: boolean;
  /** The `queue` section of the configuration; in memory when left out. */
  readonly queue?: string;
}

/** Records of a throughput run: a few seconds' worth. */
const RECORDS: Readonly<Record<Protocol, number>> = {
  gelf_tcp: 1_500_000,
  gelf_udp: 400_000,
  gelf_http: 1_500_000,
  forward: 1_500_000,
  grpc: 1_000_000,
  stdin: 1_500_000,
  syslog_udp: 400_000,
};
export function configFor(protocol: Protocol, dsn: string, queue = "{ type: memory }"): string {
  const listen = protocol === "stdin" ? "" : ', listen: "127.0.0.1:0"';
  return `inputs: { bench: { type: ${protocol}${listen} } }
policy: { storm: "off" }
queue: ${queue}
upstreams: { default: { type: sentry, dsn: "${dsn}" } }`;
}

/** As many records as the relay takes: each of them counted in, and out at the sink. */
export async function throughput({ protocol, every, smoke, queue }: Run): Promise<Rate> {
  const records = smoke ? 20_000 : RECORDS[protocol];
  const sink = await Sink.start(false);
  const daemon = await Daemon.start({ config: configFor(protocol, sink.dsn, queue) });
  try {
    const pid = daemon.process.pid ?? 0;
    const port = protocol === "stdin" ? 0 : await daemon.port("bench");
    // The first records compile the code; they do not count.
    const warmUp = smoke ? 2_000 : 100_000;
    await send({ protocol, port, records: warmUp, every }, daemon);
    const before = (await settled(daemon, protocol, warmUp)).received;
    const [cpu, started] = [cpuSeconds(pid), performance.now()];
    await send({ protocol, port, records, every }, daemon);
    const { received } = await settled(daemon, protocol, before + records);
    const seconds = (performance.now() - started) / 1_000;
    const taken = received - before;
    const spent = Math.max(cpuSeconds(pid) - cpu, 0.01);
    const rssMiB = peakRssMiB(pid);
    return { every, perSecond: taken / seconds, perCpuSecond: taken / spent, lost: records - taken, rssMiB };
  } finally {
    await daemon.stop("SIGKILL");
    sink.stop();
  }
}

/** Everything that came in has left. UDP may lose on the way: there, what came in stops growing. */
export async function settled(daemon: Daemon, protocol: Protocol, records: number): Promise<{ received: number }> {
  if (!protocol.endsWith("_udp")) return daemon.settled(records, 120_000);
  let received = -1;
  for (;;) {
    const { ledger } = await daemon.status();
    if (ledger.received === received && ledger.in_flight === 0) return ledger;
    received = ledger.received;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

import { setTimeout as pause } from "node:timers/promises";
import { Daemon } from "../support/daemon.ts";
import type { Setting } from "./bars.ts";
import { cpuSeconds, peakRssMiB, send, Sink } from "./processes.ts";
import type { Rate } from "./results.ts";
import { median, untilSteady } from "./steady.ts";
import type { Protocol, Sendable } from "./traffic.ts";

export interface Run {
  readonly protocol: Protocol;
  /** One record in so many is an error. */
  readonly every: number;
  readonly smoke: boolean;
  /** Default: the default configuration. */
  readonly setting?: Setting;
  /** The `queue` section of the configuration; in memory when left out. */
  readonly queue?: string;
}

/** Records sent in a slice: a second's worth or two. */
const SLICE: Readonly<Record<Protocol, number>> = {
  gelf_tcp: 800_000,
  gelf_udp: 300_000,
  gelf_http: 600_000,
  forward: 800_000,
  grpc: 400_000,
  stdin: 800_000,
  syslog_udp: 300_000,
};
const SLICES = 3;
/** Of the slices above. */
const SMOKE_SHARE = 0.1;
/** Records received before a relay may count as warm. */
const WARM = { least: 400_000, most: 12 };
const SMOKE_WARM = { least: 20_000, most: 2 };
/** UDP has settled when nothing more has come for so long. */
const QUIET_MS = 300;
const LOOK_MS = 50;

interface Slice {
  readonly sent: number;
  readonly taken: number;
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

export function configFor(
  protocol: Protocol,
  dsn: string,
  { setting = "default", queue = "{ type: memory }" }: Partial<Run>,
): string {
  const listen = protocol === "stdin" ? "" : ', listen: "127.0.0.1:0"';
  const [trail, compression] = setting === "default" ? ["", ""] : [", trail: { keys: [stream] }", ", compression: none"];
  return `inputs: { bench: { type: ${protocol}${listen} } }
policy: { storm: "off"${trail} }
queue: ${queue}
upstreams: { default: { type: sentry, dsn: "${dsn}"${compression} } }`;
}

/** As many records as the relay takes: each of them counted in, and out at the sink. What was sent and never came costs nothing. */
export async function throughput(run: Run): Promise<Rate> {
  const { protocol, every, smoke } = run;
  const records = Math.round(SLICE[protocol] * (every < 1_000 ? 0.5 : 1) * (smoke ? SMOKE_SHARE : 1));
  const sink = await Sink.start(false);
  const daemon = await Daemon.start({ config: configFor(protocol, sink.dsn, run) });
  try {
    const port = protocol === "stdin" ? 0 : await daemon.port("bench");
    const work = (): Promise<Slice> => slice(daemon, { protocol, port, records, every });
    // The first records compile the code, and a lossy input gets fewer of them than were sent.
    const warmUps = await untilSteady(
      async () => {
        const { taken, perCpuSecond } = await work();
        return { done: taken, rate: perCpuSecond };
      },
      smoke ? SMOKE_WARM : WARM,
    );
    const slices: Slice[] = [];
    for (let i = 0; i < SLICES; i += 1) slices.push(await work());
    return {
      every,
      perSecond: median(slices.map(({ perSecond }) => perSecond)),
      perCpuSecond: median(slices.map(({ perCpuSecond }) => perCpuSecond)),
      lost: slices.reduce((lost, { sent, taken }) => lost + sent - taken, 0),
      rssMiB: peakRssMiB(daemon.process.pid ?? 0),
      warmUps,
    };
  } finally {
    await daemon.stop("SIGKILL");
    sink.stop();
  }
}

async function slice(daemon: Daemon, load: Parameters<typeof send>[0]): Promise<Slice> {
  const pid = daemon.process.pid ?? 0;
  const before = (await daemon.status()).ledger.received;
  const [cpu, started] = [cpuSeconds(pid), performance.now()];
  await send(load, daemon);
  const { received, atMs } = await settled(daemon, load.protocol, before + load.records);
  const taken = received - before;
  const spent = Math.max(cpuSeconds(pid) - cpu, 0.01);
  return { sent: load.records, taken, perSecond: taken / ((atMs - started) / 1_000), perCpuSecond: taken / spent };
}

/** Everything that came in has left. UDP may lose on the way: there, what came in stops growing. */
export async function settled(
  daemon: Daemon,
  protocol: Sendable,
  records: number,
): Promise<{ readonly received: number; readonly atMs: number }> {
  if (!protocol.endsWith("_udp")) {
    const { received } = await daemon.settled(records, 120_000);
    return { received, atMs: performance.now() };
  }
  let last = { received: -1, atMs: performance.now() };
  for (;;) {
    const { ledger } = await daemon.status();
    if (ledger.received !== last.received || ledger.in_flight > 0) last = { received: ledger.received, atMs: performance.now() };
    if (performance.now() - last.atMs > QUIET_MS) return last;
    await pause(LOOK_MS);
  }
}
